"""store.audit: the log is only ever appended to, and every act that must be in it is."""

import re
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import asyncpg

from upheld.features.trust import store
from upheld.features.trust.cast import Cast
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.paper import pdf
from upheld.features.trust.people import FORM, Actor, session_in, sign_in
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.attempts import OPENING
from upheld.features.trust.probes.catalog import RUNTIME_ROLES
from upheld.features.trust.probes.powers import undone
from upheld.features.trust.scene import Scene

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

# What would change, remove or forge an entry; none of it asks first whether there is one.
_CHANGES: Mapping[str, str] = {
    "change entries": "update upheld.audit_entries set action = 'session.opened'",
    "change what an entry commits to": "update upheld.audit_entries set leaf = salt",
    "remove entries": "delete from upheld.audit_entries",
    "remove all entries": "truncate upheld.audit_entries",
    "write an entry past the functions": (
        "insert into upheld.audit_entries (action, salt, leaf)"
        " values ('session.opened', decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'))"
    ),
    "write an entry in another's name": (
        "select upheld.append_entry(gen_random_uuid(), null, 'session.opened', null, null, '{}', null)"
    ),
    "take the guard away": "alter table upheld.audit_entries disable trigger all",
    "replace the guard": (
        "create or replace function upheld.refuse_change() returns trigger language plpgsql as 'begin return null; end'"
    ),
}


@probe(privilege="logs in as every role; reads the catalog", cost="a short transaction for each role and act")
async def append_only(scene: Scene) -> Finding:
    """Try, as every role and in every context of ours, to change, remove or forge an entry of the log."""
    cast = await scene.cast()
    faults: list[str] = []
    for role in RUNTIME_ROLES:
        if role != "vault":
            faults += await _changed_as(
                scene, role, {"web": cast.employer.secret, "worker": cast.strangers_work}.get(role)
            )
    async with scene.platform.database.maintenance() as tx:
        guarded = await store.guarded_acts(tx)
    faults += [f"no trigger keeps whoever may from this: {act}" for act in _GUARDED if act not in guarded]
    if scene.administrator is not None:
        faults += await _changed_as_administrator(scene)
    return judged(
        faults,
        acts=list(_CHANGES),
        roles=len(RUNTIME_ROLES) - 1,
        guarded_from_everyone=guarded,
        tried_by_administrator=bool(scene.administrator),
    )


async def _changed_as(scene: Scene, role: str, secret: bytes | None) -> list[str]:
    """Return what a role is not kept from trying, without a context and in one of ours."""
    faults: list[str] = []
    async with scene.connected(role) as connection:  # pyright: ignore[reportArgumentType] - the names of `Role`
        for what, statement in _CHANGES.items():
            for context in dict.fromkeys((None, secret)):
                state = await _state_of(connection, role, context, statement)
                if state != "42501":
                    faults.append(f"{role} is not kept from trying to {what} ({state or 'done'})")
    return faults


async def _changed_as_administrator(scene: Scene) -> list[str]:
    async with scene.as_administrator() as connection:
        return [
            f"not even the guard keeps the administrator from this: {statement}"
            for statement in _BY_THE_ADMINISTRATOR
            if await _state_of(connection, "administrator", None, statement) != "42501"
        ]


_GUARDED = ("delete", "truncate", "update")
# The guard is asked before any row is: these touch none, even should it be gone.
_BY_THE_ADMINISTRATOR = (
    "update upheld.audit_entries set leaf = salt where false",
    "delete from upheld.audit_entries where false",
)


async def _state_of(connection: "Connection", role: str, secret: bytes | None, statement: str) -> str | None:
    """Return the SQLSTATE with which a statement is refused, or None when it is not; it is undone."""
    try:
        async with undone(connection):
            await connection.execute("select set_config('lock_timeout', '2s', true)")
            if secret is not None:
                await connection.fetchval(OPENING[role], secret)
            await connection.execute(statement)
    except asyncpg.PostgresError as error:
        return error.sqlstate or "XX000"
    return None


# Every kind of act that has to be in the log, and what probe people do of it.
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "getting in and out": (
        "account.registered", "account.verified", "session.opened", "session.ended", "attempt.sign_in_failed",
        "attempt.proof_failed",
    ),
    "access to personal data": (
        "application.listed", "application.opened", "contact.opened", "resume.opened", "data.exported",
    ),
    "what is added, changed and decided": (
        "profile.changed", "document.added", "job.posted", "application.submitted", "application.decided",
    ),
    "deletion, asked for and called off": ("document.removed", "erasure.requested", "erasure.cancelled"),
    "consent": ("consent.given", "consent.withdrawn"),
    "permission and settings": (
        "permission.organisation_founded", "permission.fair_use_accepted", "permission.visibility_changed",
    ),
    "what was refused": ("attempt.refused",),
}  # fmt: skip


@probe(
    privilege="sessions of probe people; reads the log as its auditor",
    cost="some forty requests and two passwords checked",
)
async def complete(scene: Scene) -> Finding:
    """Let probe people do one act of every kind, and look for each in the log, with who, from where and its seal."""
    cast = await scene.cast()
    await _live(cast)
    people = [cast.candidate.person, cast.employer.person, cast.stranger.person]
    async with scene.connected("auditor") as connection:
        rows = await connection.fetch(store.QUERIES["entries_of"].sql, people)
    found = {str(row["action"]) for row in rows}
    faults = [
        f"{action} left no entry ({kind})" for kind, actions in _REQUIRED.items() for action in actions
        if action not in found
    ]  # fmt: skip
    faults += sorted(
        {f"{row['action']}: an entry that does not say from where" for row in rows if not row["has_origin"]}
    )
    faults += sorted(
        {f"{row['action']}: an entry that is not what its leaf commits to" for row in rows if not row["agrees"]}
    )
    return judged(faults, entries=len(rows), kinds=sorted(_REQUIRED), acts=sorted(found))


async def _live(cast: Cast) -> None:
    """Do what the cast has not done yet; the stranger does what others could not go on after."""
    someone = cast.stranger
    await cast.employer.open(f"/hiring/jobs/{cast.job}")
    await _post(someone, f"/hiring/jobs/{cast.job}/close", {}, HTTPStatus.NOT_FOUND)
    await someone.send("/profile/visibility", {"visibility": "open"})
    uploaded = await someone.upload("/documents", "file", "probe.pdf", pdf("A probe"))
    found = re.search(r"[0-9a-f-]{36}", uploaded)
    await someone.send(f"/documents/{found[0] if found else uploaded}/remove", {})
    await someone.send("/privacy/consents", {"purpose": "resume-reading"})
    await _post(someone, "/privacy/export", {"password": "not the password"}, HTTPStatus.UNPROCESSABLE_ENTITY)
    await _post(someone, "/privacy/export", {"password": someone.password}, HTTPStatus.OK)
    await someone.send("/privacy/leave", {"word": "LEAVE", "password": someone.password})
    await _post(someone, "/privacy/leave/call-off", {}, HTTPStatus.SEE_OTHER)
    await sign_in(someone.site, someone.email, "not the password")
    again = await sign_in(someone.site, someone.email, someone.password)
    await replace(someone, token=session_in(again)).send("/sign-out", {})


async def _post(actor: Actor, path: str, fields: Mapping[str, str], status: int) -> None:
    """Send a form whose answer is known beforehand.

    Raises:
        CannotLookError: it was answered otherwise.
    """
    answer = await actor.site.ask("POST", path, {**actor.cookie, **FORM}, urlencode(fields).encode())
    if answer.status != status:
        msg = f"A probe person could not go on: POST {path} answered {answer.status} and not {status}."
        raise CannotLookError(msg)
