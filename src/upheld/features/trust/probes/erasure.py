"""data.erase: a probe person leaves, and nothing of them is left; nor does a backup bring them back."""

import json
import secrets
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from upheld.features.privacy.queries import check_register
from upheld.features.trust.canaries import Canaries
from upheld.features.trust.cast import introduce, queue_mail
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.people import Actor, enter
from upheld.features.trust.probe import Finding, judged, probe
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

STAYS = {
    "upheld.audit_entries.actor_id": "pseudonymous, for as long as security needs it",
    "upheld.audit_entries.target_id": "the same",
    "upheld.consents.person_id": "that a consent to an employer was given, with the employer's own record",
    "upheld.erasures.person_id": "the request itself and its certificate",
}
"""Where the random id of a person who left may still stand."""


@dataclass(frozen=True)
class Leaver:
    """A probe person about to leave, and what they have."""

    actor: Actor
    password: str
    canaries: Canaries
    objects: list[UUID]


@probe(
    privilege="the roles `worker` and `maintenance`; an administrator of both databases; reads every file",
    cost="a probe person erased, an entry in the register of erasures for good, everything searched once",
    safe_in_production=False,
)
async def complete(scene: Scene) -> Finding:
    """Let a probe person leave through the product, and look for any word, row, file, key or index entry of theirs."""
    erasures = _erasures(scene)
    began = (await scene.cast()).planted_at
    leaver = await _arrive(scene)
    certificate = await _leave(scene, erasures, leaver)
    search = Search(leaver.canaries.spellings())
    tables = await read_every_table(scene, search)
    await search_files(scene, search, began)
    faults = [*search.faults, *await _left(scene, leaver), *_faults_of(certificate, scene)]
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
    leaver = await _arrive(scene)
    with tempfile.TemporaryDirectory(prefix="upheld-verify-") as folder:
        place = Path(folder)
        live = open_store(scene.settings)
        keys = scene.platform.keys
        data = await back_up_data(scene.settings, keys, live, place / "data", Unwatched())
        keyring = await back_up_keyring(scene.settings, keys, place / "keyring", Unwatched())
        await _leave(scene, erasures, leaver)
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


async def _arrive(scene: Scene) -> Leaver:
    """Let a probe person register and leave canaries wherever people leave data."""
    canaries, password = Canaries(), secrets.token_urlsafe(24)
    email = f"{canaries.word('email').replace(' ', '.')}@probe.example"
    actor = await enter(scene.platform, scene.site, email, password)
    await introduce(actor, canaries)
    await queue_mail(scene.platform, actor, canaries)
    async with scene.as_administrator() as connection:
        rows = await connection.fetch("select object_id from upheld.documents where person_id = $1", actor.person)
    return Leaver(actor, password, canaries, [row["object_id"] for row in rows])


async def _leave(scene: Scene, erasures: Erasures, leaver: Leaver) -> dict[str, Any]:
    """Ask to leave on the page, have it carried out, and fetch the certificate as a stranger with the receipt."""
    asked = await leaver.actor.send("/privacy/leave", {"word": "LEAVE", "password": leaver.password})
    if not urlsplit(asked).path.startswith("/erasure/"):
        msg = "A probe person could not ask to leave."
        raise CannotLookError(msg)
    receipt = secrets.token_bytes(32)
    await erasures.at_once(scene.settings, leaver.actor.person, receipt)
    # The product's own receipt has one where no time to reconsider is set and the worker was quicker.
    for page in (urlsplit(asked).path, f"/erasure/{receipt.hex()}"):
        answer = await scene.site.ask("GET", f"{page}/certificate.json")
        if answer.status == HTTPStatus.OK:
            return json.loads(answer.body)
    return {}


async def _left(scene: Scene, leaver: Leaver) -> list[str]:
    """Return what of the leaver is left: rows, keys, files, or a way in."""
    person = leaver.actor.person
    faults = [f"{place} names the person" for place in await _rows_naming(scene, person) if place not in STAYS]
    if await scene.platform.vault.key_ids(person, PLATFORM):
        faults.append("the keyring holds a key of the person")
    faults += ["a file of the person is stored" for one in leaver.objects if await scene.platform.objects.exists(one)]
    index = scene.platform.blind_index("email", leaver.actor.email)
    async with scene.as_administrator() as connection:
        if await connection.fetchval("select exists(select from upheld.people where email_index = $1)", index):
            faults.append("the address is still in the index")
    answer = await scene.site.ask("GET", "/profile", leaver.actor.cookie)
    if answer.status == HTTPStatus.OK:
        faults.append("the session still opens")
    return faults


async def _rows_naming(scene: Scene, person: UUID) -> list[str]:
    """Return the columns, of whatever name, in which the person's id stands."""
    async with scene.as_administrator() as connection:
        columns = await connection.fetch(
            "select c.oid::regclass::text as tab, quote_ident(a.attname) as col from pg_catalog.pg_class as c"
            " inner join pg_catalog.pg_attribute as a on a.attrelid = c.oid"
            " where c.relkind = 'r' and c.relnamespace::regnamespace::text in ('upheld', 'queue')"
            " and a.atttypid = 'uuid'::regtype and a.attnum > 0 and not a.attisdropped order by 1, 2"
        )
        return [
            f"{tab}.{col}"
            for tab, col in columns
            if await connection.fetchval(f"select exists(select from {tab} where {col} = $1)", person)  # noqa: S608 - as the catalog spells them
        ]


def _faults_of(certificate: dict[str, Any], scene: Scene) -> list[str]:
    """Check the certificate as a stranger would, with nothing but the published key."""
    content = {name: value for name, value in certificate.items() if name != "signature"}
    published = scene.platform.keys.public_keys()[0]
    try:
        Ed25519PublicKey.from_public_bytes(published).verify(
            bytes.fromhex(certificate["signature"]), rfc8785.dumps(content)
        )
    except (KeyError, ValueError, InvalidSignature):
        return ["there is no certificate, or its signature does not fit"]
    return [] if certificate["rows_removed"].get("people") == 1 else ["the certificate certifies something else"]


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
