"""A probe person who leaves: what they leave behind everywhere, how they go, and what is left of them."""

import json
import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from upheld.features.trust import store
from upheld.features.trust.canaries import Canaries
from upheld.features.trust.cast import Cast, apply, introduce, post_job, queue_mail
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.people import Actor, enter
from upheld.features.trust.scene import Erasures, Scene
from upheld.platform.vault import PLATFORM

_RECORD = "the employer's own record of an application, until the day that the certificate names"
STAYS = {
    "upheld.application_events.actor_id": _RECORD,
    "upheld.application_events.person_id": _RECORD,
    "upheld.application_snapshots.person_id": _RECORD,
    "upheld.applications.person_id": _RECORD,
    "upheld.audit_entries.actor_id": "pseudonymous, for as long as security needs it",
    "upheld.audit_entries.target_id": "the same",
    "upheld.consents.person_id": "that a consent to an employer was given, with the employer's own record",
    "upheld.erasures.person_id": "the request itself and its certificate",
}
"""Where the random id of a person who left may still stand."""

_LEFT_BEHIND = frozenset({
    "upheld.access_journal.person_id", "upheld.application_snapshots.person_id", "upheld.applications.person_id",
    "upheld.consents.person_id", "upheld.credentials.person_id", "upheld.disclosures.person_id",
    "upheld.documents.person_id", "upheld.people.id", "upheld.profiles.person_id",
    "upheld.sessions.person_id",
})  # fmt: skip
"""Where they must stand beforehand: an erasure that has nothing to remove would prove nothing."""


@dataclass(frozen=True)
class Leaver:
    """A probe person about to leave, and what they have."""

    actor: Actor
    canaries: Canaries
    application: UUID
    objects: list[UUID]


async def arrive(scene: Scene) -> Leaver:
    """Let a probe person register, leave canaries wherever people leave data, apply, and be looked at.

    Raises:
        CannotLookError: they are not everywhere that they should be.
    """
    cast, canaries = await scene.cast(), Canaries()
    email = f"{canaries.word('email').replace(' ', '.')}@probe.example"
    actor = await enter(scene.platform, scene.site, email, secrets.token_urlsafe(24))
    document = await introduce(actor, canaries)
    application = await apply(actor, canaries, await post_job(cast.employer), document)
    await _look_at(cast, application)
    await queue_mail(scene.platform, actor, canaries)
    if missing := _LEFT_BEHIND - set(await rows_naming(scene, actor.person)):
        msg = f"A probe person who is to leave is not in {', '.join(sorted(missing))}."
        raise CannotLookError(msg)
    async with scene.as_administrator() as connection:
        rows = await connection.fetch("select object_id from upheld.documents where person_id = $1", actor.person)
    return Leaver(actor, canaries, application, [row["object_id"] for row in rows])


async def _look_at(cast: Cast, application: UUID) -> None:
    """Look at an application as its employer, so that its candidate's journal says so."""
    for part in ("", "/contact"):
        await cast.employer.open(f"/hiring/applications/{application}{part}")


async def leave(scene: Scene, erasures: Erasures, leaver: Leaver) -> dict[str, Any]:
    """Ask to leave on the page, have it carried out, and fetch the certificate as a stranger with the receipt."""
    await leaver.actor.prove()
    asked = await leaver.actor.send("/privacy/leave", {"word": "LEAVE"})
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


async def what_is_left(scene: Scene, leaver: Leaver) -> list[str]:
    """Return what of the leaver is left: rows, keys, files, a way in, or an application that goes on."""
    person = leaver.actor.person
    faults = [f"{place} names the person" for place in await rows_naming(scene, person) if place not in STAYS]
    if await scene.platform.vault.key_ids(person, PLATFORM):
        faults.append("the keyring holds a key of the person")
    faults += ["a file of the person is stored" for one in leaver.objects if await scene.platform.objects.exists(one)]
    index = scene.platform.blind_index("email", leaver.actor.email)
    async with scene.as_administrator() as connection:
        if await connection.fetchval("select exists(select from upheld.people where email_index = $1)", index):
            faults.append("the address is still in the index")
        open_or_endless = "select exists(select from upheld.applications where id = $1 and keep_until is null)"
        if await connection.fetchval(open_or_endless, leaver.application):
            faults.append("their application goes on, or has no day on which it goes")
    async with scene.connected("auditor") as connection:
        written = {str(row["action"]) for row in await connection.fetch(store.QUERIES["entries_of"].sql, [person])}
    faults += [] if "erasure.completed" in written else ["the log does not say that they left"]
    answer = await scene.site.ask("GET", "/profile", leaver.actor.cookie)
    if answer.status == HTTPStatus.OK:
        faults.append("the session still opens")
    return faults


async def rows_naming(scene: Scene, person: UUID) -> list[str]:
    """Return the columns, of whatever name, in which a person's id stands."""
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


def faults_of_certificate(certificate: dict[str, Any], scene: Scene) -> list[str]:
    """Check the certificate as a stranger would, with nothing but the published key."""
    content = {name: value for name, value in certificate.items() if name != "signature"}
    published = scene.platform.keys.public_keys()[0]
    try:
        Ed25519PublicKey.from_public_bytes(published).verify(
            bytes.fromhex(certificate["signature"]), rfc8785.dumps(content)
        )
    except (KeyError, ValueError, InvalidSignature):
        return ["there is no certificate, or its signature does not fit"]
    removed, held = certificate["rows_removed"], certificate["held"]
    wanted = {
        "the certificate certifies something else": removed.get("people") == 1,
        "the certificate says of no document that it went": removed.get("documents") == 1,
        "the certificate says of no look that its entry went": removed.get("access_journal", 0) > 0,
        "the certificate does not say what stays with an employer": [one["applications"] for one in held] == [1],
    }
    return [fault for fault, is_so in wanted.items() if not is_so]
