"""store.atrest: backups, as they lie somewhere and as whoever opened them would read them."""

import asyncio
import tempfile
from collections.abc import Iterable
from pathlib import Path

from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.atrest import live_keys
from upheld.features.trust.scene import Scene
from upheld.features.trust.search import Search, files_below
from upheld.platform.backup import streams
from upheld.platform.backup.checking import opened
from upheld.platform.backup.manifest import Kind, read
from upheld.platform.backup.programs import text_of
from upheld.platform.backup.taking import back_up_data, back_up_keyring, backups_in
from upheld.platform.backup.watching import Unwatched
from upheld.platform.stores import open_store


@probe(
    privilege="the secret of the role `backup`, the root key; an administrator of the keyring",
    cost="a whole backup in a temporary folder, written, read back and searched",
    safe_in_production=False,
)
async def backups(scene: Scene) -> Finding:
    """Back data and keyring up, and search for canaries and keys: the backups as they lie, and opened, as dumps."""
    cast = await scene.cast()
    keys, known = await live_keys(scene, cast)
    search = Search({**cast.canaries.spellings(), **keys})
    with tempfile.TemporaryDirectory(prefix="upheld-verify-") as folder:
        await _take(scene, Path(folder))
        await asyncio.to_thread(_look, scene, Path(folder), search)
    # A piece of work that waits carries the secret of its own context; that is no session's.
    return judged(search.faults, files=search.files, bytes=search.size, **known)


async def _take(scene: Scene, place: Path) -> None:
    settings, keys = scene.settings, scene.platform.keys
    await back_up_data(settings, keys, open_store(settings), place / "data", Unwatched())
    await back_up_keyring(settings, keys, place / "keyring", Unwatched())


def _look(scene: Scene, place: Path, search: Search) -> None:
    for path in files_below(place):
        search.look_through(path, f"backup/{path.name}")
    keys = scene.platform.keys
    for kind in Kind:
        for folder in backups_in(place / kind, kind):
            manifest = read(folder, keys)
            dump = opened(folder, manifest, keys, streams.DATABASE, Unwatched())
            _look_along(search, text_of(dump), f"dump of the {kind}")
            if manifest.stored is not None:
                files = opened(folder, manifest, keys, streams.OBJECTS, Unwatched())
                _look_along(search, files, "files in the backup")


def _look_along(search: Search, parts: Iterable[bytes], where: str) -> None:
    """Search a stream; a word across two parts is found too."""
    overlap = max(map(len, search.wanted.values())) - 1
    tail = b""
    for part in parts:
        search.look_into(tail + part, where)
        tail = (tail + part)[-overlap:]
