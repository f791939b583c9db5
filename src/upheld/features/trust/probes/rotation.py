"""Whether keys are replaced without a loss (promise store.rotation).

A run replaces no key of the operator's. The key that seals who is asking is nobody's and is
replaced in earnest, while probe people work. Every other key is replaced in a rehearsal: on
a copy of the wrapped files, with a root key that is never written down.
"""

import asyncio
import datetime as dt
import secrets
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidSignature

from upheld.features.accounts.actions import device_of, known_from_now_on
from upheld.features.accounts.model import Credential
from upheld.features.trust.people import Actor
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.scene import Scene
from upheld.platform.context import rotate_context_key
from upheld.platform.keyfiles import KeyFileError, KeyFiles
from upheld.platform.services import Platform
from upheld.platform.vault import Vault
from upheld.platform.web.cookies import read_session

_PATIENCE = dt.timedelta(hours=2)
"""The worker looks every hour whether the epoch is over."""
_SAMPLE = 500
_REQUESTS_BESIDE = 4
_ADDED = ("blind", "cookie", "device", "limits", "backup", "epoch")


@probe(
    privilege="a session of a probe person; the roles `web` and `maintenance`",
    cost="two replacements of the context key, with four people asking all the while",
    safe_in_production=False,
)
async def load(scene: Scene) -> Finding:
    """Replace the key that seals who is asking, with transactions open and requests under way."""
    cast = await scene.cast()
    done = asyncio.Event()
    requests = [asyncio.create_task(_working(cast.candidate, done)) for _ in range(_REQUESTS_BESIDE)]
    try:
        faults = await _across_a_replacement(scene, cast.candidate)
    finally:
        done.set()
        answers = [status for statuses in await asyncio.gather(*requests) for status in statuses]
    faults += [f"a request was answered {status}" for status in answers if status != HTTPStatus.OK]
    return judged(faults, requests=len(answers))


@probe(
    privilege="the root key, opened; a session of a probe person; the role `vault`",
    cost="copies the wrapped key files to a private temporary folder; unwraps at most 500 data keys",
)
async def rehearsal(scene: Scene) -> Finding:
    """Replace every key of a copy, and look whether what the live ones made is still good there."""
    cast = await scene.cast()
    live = scene.platform
    with tempfile.TemporaryDirectory(prefix="upheld-rehearsal-") as folder:
        for path in live.keys.folder.glob("*.wrapped"):
            shutil.copy2(path, folder)
        copied = type(live.keys)(Path(folder), _InMemory(live.keys.roots()))
        before = {key.id for key in copied.all()}
        there = replace(live, keys=copied)
        made = _made(live, cast.candidate)
        for name in _ADDED:
            copied.add(name)
        copied.replace_signing_key()
        copied.replace_root()
        faults = [what for what, is_good in made if not is_good(there)]
        unread = await Vault(live.database, copied).check_keys(_SAMPLE)
        replaced = len({key.id for key in copied.all()} - before)
    return judged([*faults, *unread], keys=len(before), replaced=replaced, data_keys=_SAMPLE)


@probe(privilege="the root key, opened", cost="reads the names of the key files")
async def due(scene: Scene) -> Finding:
    """Look whether the epoch is as young as the certificates say, and its predecessors are gone."""
    keys, settings, now = scene.platform.keys, scene.settings, scene.platform.clock.now()
    epochs = keys.generations("epoch")
    faults = [f"{stem} does not open under the root key" for stem in keys.broken()]
    if epochs[0].made_at + dt.timedelta(days=settings.epoch_days) + _PATIENCE < now:
        faults.append(f"the epoch began at {epochs[0].made_at:%Y-%m-%d %H:%M} and was not replaced")
    # A replacement that is under way, or was interrupted a moment ago, has two for a while.
    if epochs[1:] and epochs[0].made_at + _PATIENCE < now:
        faults += [f"epoch {old.id} was replaced, but its key is still there" for old in epochs[1:]]
    return judged(faults, epoch_since=epochs[0].made_at.isoformat(timespec="minutes"))


async def _across_a_replacement(scene: Scene, actor: Actor) -> list[str]:
    """Replace the key twice in the middle of a transaction, which must end as it began."""
    async with scene.connected("web") as connection, connection.transaction():
        await connection.fetchval("select upheld.open_context($1)", actor.secret)
        for _ in range(2):
            await rotate_context_key(scene.platform)
        try:
            person = await connection.fetchval("select upheld.current_person()")
        except asyncpg.PostgresError as error:
            return [f"a transaction under way was ended ({error.sqlstate})"]
    return [] if person == actor.person else ["a transaction under way forgot who is asking"]


async def _working(actor: Actor, done: asyncio.Event) -> list[int]:
    statuses: list[int] = []
    while not done.is_set() or not statuses:
        statuses.append((await actor.site.ask("GET", "/privacy", actor.cookie)).status)
    return statuses


def _made(live: Platform, actor: Actor) -> list[tuple[str, Callable[[Platform], bool]]]:
    """Make something with every live key; return how to tell, elsewhere, whether it is still good."""
    backup = live.keys.platform_key("backup")
    index, counted = live.blind_index("email", actor.email), live.limit_names("probe", actor.email).now
    epoch, epoch_key = live.keys.current_epoch()
    credential = Credential(actor.person, "a hash", verified=True)
    device = known_from_now_on(live, "", credential)
    message = b"upheld rehearsal"
    signature = live.keys.signing_key().sign(message)
    return [
        ("a session's cookie is refused", lambda there: _reads(there.keys, actor)),
        ("an address is not found any longer", lambda there: index in there.blind_indexes("email", actor.email)),
        ("an index is not moved to the new key", lambda there: _is_moved(there, index, actor.email)),
        ("a browser is not known any longer", lambda there: device_of(there, device, credential) is not None),
        ("a count begins anew", lambda there: counted in there.limit_names("probe", actor.email).before),
        ("a signature is not checked any longer", lambda there: _checks(there.keys, signature, message)),
        ("a backup does not open any longer", lambda there: backup in there.keys.platform_keys("backup")),
        ("the former epoch does not open any longer", lambda there: _opens(there.keys, epoch, epoch_key)),
        ("nothing was replaced", lambda there: there.keys.current_epoch()[0] != epoch),
        ("the former root key still opens", lambda there: there.keys.roots() != live.keys.roots()),
    ]


def _reads(keys: KeyFiles, actor: Actor) -> bool:
    return any(read_session(key, actor.token) == actor.secret for key in keys.platform_keys("cookie"))


def _is_moved(there: Platform, index: bytes, email: str) -> bool:
    return there.raised_index(index) == there.blind_index("email", email) != index


def _checks(keys: KeyFiles, signature: bytes, message: bytes) -> bool:
    for verifier in keys.verifiers():
        with suppress(InvalidSignature):
            verifier.verify(signature, message)
            return True
    return False


def _opens(keys: KeyFiles, epoch: UUID, secret: bytes) -> bool:
    try:
        return keys.epoch(epoch) == secret
    except KeyFileError:
        return False


@dataclass
class _InMemory:
    """A root key that is nowhere but in this process (`RootKeys`)."""

    roots: list[bytes]
    custody = "memory"
    since = None

    def read(self) -> list[bytes]:
        return list(self.roots)

    def exists(self) -> bool:
        return True

    def begin(self) -> bytes:
        self.roots.insert(0, secrets.token_bytes(32))
        return self.roots[0]

    def finish(self) -> None:
        del self.roots[1:]

    def restore(self, roots: Sequence[bytes]) -> str:
        self.roots = list(roots)
        return ""
