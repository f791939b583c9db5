"""data.erase: a probe person leaves, and nothing of them is left; nor does a backup bring them back."""

import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from upheld.features.privacy.queries import check_register
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.leaving import STAYS, Leaver, arrive, faults_of_certificate, leave, what_is_left
from upheld.features.trust.scene import Erasures, Scene
from upheld.features.trust.search import Search, read_every_table, search_files
from upheld.platform.backup.entries import brought_back, stored_entries
from upheld.platform.backup.restoring import Target, restore_data, restore_keyring
from upheld.platform.backup.taking import back_up_data, back_up_keyring
from upheld.platform.backup.watching import Unwatched
from upheld.platform.install import database_name, renamed
from upheld.platform.naming import drop_database
from upheld.platform.register import RegisterError
from upheld.platform.services import open_platform
from upheld.platform.settings import Settings
from upheld.platform.stores import open_store
from upheld.platform.vault import PLATFORM


@probe(
    privilege="the roles `worker` and `maintenance`; an administrator of both databases; reads every file",
    cost="a probe person erased, an entry in the register of erasures for good, everything searched once",
    safe_in_production=False,
)
async def complete(scene: Scene) -> Finding:
    """Let a probe person leave through the product, and look for any word, row, file, key or index entry of theirs."""
    erasures = _erasures(scene)
    began = (await scene.cast()).planted_at
    leaver = await arrive(scene)
    certificate = await leave(scene, erasures, leaver)
    search = Search(leaver.canaries.spellings())
    tables = await read_every_table(scene, search)
    await search_files(scene, search, began)
    faults = [*search.faults, *await what_is_left(scene, leaver), *faults_of_certificate(certificate, scene)]
    planted = sorted(leaver.canaries.planted)
    return judged(faults, planted=planted, tables=tables, files=search.files, bytes=search.size, stays=STAYS)


@probe(
    privilege="the roles `backup`, `worker` and `maintenance`; an administrator who may make databases",
    cost="a whole backup, restored into two databases of its own beside the live ones and dropped again",
    safe_in_production=False,
)
async def restore(scene: Scene) -> Finding:
    """Back up, let a probe person leave, restore the backup beside the deployment, and see them erased again."""
    erasures = _erasures(scene)
    leaver = await arrive(scene)
    with tempfile.TemporaryDirectory(prefix="upheld-verify-") as folder:
        place = Path(folder)
        live = open_store(scene.settings)
        keys = scene.platform.keys
        data = await back_up_data(scene.settings, keys, live, place / "data", Unwatched())
        keyring = await back_up_keyring(scene.settings, keys, place / "keyring", Unwatched())
        await leave(scene, erasures, leaver)
        async with _beside(scene, place / "objects") as beside:
            store = open_store(beside)
            target = Target(beside, keys, store, _administrator(scene))
            await restore_data(target, data, Unwatched())
            await restore_keyring(target, keyring, Unwatched())
            faults = await _brought_back(scene, beside, leaver)
            brought_back(store, stored_entries(live))
            faults += await _serves(beside, "before its erasures are replayed")
            repeated = await erasures.replay(beside)
            faults += await _still_there(scene, beside, leaver)
    return judged(faults, entries_replayed=len(repeated))


def _erasures(scene: Scene) -> Erasures:
    if scene.erasures is None:
        msg = "Nobody here can carry an erasure out."
        raise CannotLookError(msg)
    return scene.erasures


def _administrator(scene: Scene) -> str:
    if scene.administrator is None:
        msg = "This needs an administrator of the database; see `upheld verify --help`."
        raise CannotLookError(msg)
    return scene.administrator


@asynccontextmanager
async def _beside(scene: Scene, objects: Path) -> AsyncGenerator[Settings]:
    """Yield settings of databases beside the live ones, which do not exist yet and go afterwards."""
    live = scene.settings
    names = [f"{database_name(base)[:50]}_verify" for base in (live.database, live.keyring_database)]
    try:
        yield replace(
            live,
            database=renamed(live.database, names[0]),
            keyring_database=renamed(live.keyring_database, names[1]),
            objects=objects.as_uri(),
        )
    finally:
        async with scene.as_administrator() as connection:
            for name in names:
                await connection.execute(drop_database(name, force=True))


async def _brought_back(scene: Scene, beside: Settings, leaver: Leaver) -> list[str]:
    """Make sure that the restore brought the leaver back: else nothing would be proven."""
    if leaver.actor.person in await _people(scene, beside):
        return []
    msg = "The backup did not hold the probe person."
    raise CannotLookError(msg)


async def _serves(beside: Settings, when: str) -> list[str]:
    async with open_platform(beside, ["maintenance"]) as platform:
        try:
            await check_register(platform)
        except RegisterError:
            return []
    return [f"a restored deployment serves {when}"]


async def _still_there(scene: Scene, beside: Settings, leaver: Leaver) -> list[str]:
    person = leaver.actor.person
    faults = ["the restored person was not erased again"] if person in await _people(scene, beside) else []
    async with open_platform(beside, ["maintenance"]) as platform:
        if await platform.vault.key_ids(person, PLATFORM):
            faults.append("the restored keyring opens what was erased")
        left = [one for one in leaver.objects if await platform.objects.exists(one)]
        faults += ["a restored file was not erased again" for _ in left]
        try:
            await check_register(platform)
        except RegisterError:
            faults.append("the restored deployment does not serve after its erasures were replayed")
    return faults


async def _people(scene: Scene, beside: Settings) -> set[UUID]:
    async with replace(scene, platform=replace(scene.platform, settings=beside)).as_administrator() as connection:
        return {row["id"] for row in await connection.fetch("select id from upheld.people where is_probe")}
