"""access.context: forging, replaying and tampering with the sealed context, as injected SQL would."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import asyncpg

from upheld.features.trust import store
from upheld.features.trust.cast import Cast
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.powers import undone
from upheld.features.trust.scene import Scene

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

# What a candidate sees of themselves, counted; everything here must stay at nothing for others.
_OWN_ROWS = """
    (select count(*) from upheld.people where id = $1)
    + (select count(*) from upheld.sessions where person_id = $1)
    + (select count(*) from upheld.consents where person_id = $1)
    + (select count(*) from upheld.applications where person_id = $1)
    + (select count(*) from upheld.own_profile())
    + (select count(*) from upheld.own_snapshots())
"""
_INJECTED = f"""
    with x as materialized (select set_config('upheld.context', $2, true) as said)
    select {_OWN_ROWS} from x where x.said is not null
"""  # noqa: S608 - made of the constant above
_COUNT = f"select {_OWN_ROWS}"

# Settings that frameworks trust; ours must not.
_PLAIN_NAMES = (
    "upheld.person", "upheld.person_id", "upheld.current_person", "upheld.user_id", "upheld.session",
    "app.user_id", "app.current_user", "app.current_user_id", "request.jwt.claim.sub", "jwt.claims.user_id",
)  # fmt: skip

_NEEDS = "logs in as `web`; sessions of probe people"


@probe(privilege=_NEEDS, cost="some forty short transactions")
async def forged(scene: Scene) -> Finding:
    """Forge contexts, in every way that injected SQL could: none may open anything."""
    cast = await scene.cast()
    faults: list[str] = []
    async with scene.connected("web") as connection:
        faults += await _control(connection, cast)
        own = await _captured(connection, cast.stranger.secret)
        attempts = _forgeries(cast, own, await _session_of(connection, cast.candidate.secret))
        for what, text in attempts:
            faults += await _seen(connection, f"{what}, injected", _INJECTED, cast, text)
            faults += await _seen_with_setting(connection, what, cast, {"upheld.context": text})
        plain = {name: str(cast.candidate.person) for name in _PLAIN_NAMES}
        faults += await _seen_with_setting(connection, "plain settings", cast, plain)
    return judged(faults, forgeries=len(attempts), ways=2, plain_settings=len(_PLAIN_NAMES))


@probe(privilege=_NEEDS, cost="ten short transactions")
async def replayed(scene: Scene) -> Finding:
    """Take a valid context elsewhere: another transaction, another connection, another role."""
    cast = await scene.cast()
    faults: list[str] = []
    async with scene.connected("web") as first, scene.connected("web") as second, scene.connected("worker") as third:
        async with first.transaction():
            await first.fetchval("select upheld.open_context($1)", cast.candidate.secret)
            captured: str = await first.fetchval("select current_setting('upheld.context')")
            # While it is alive where it belongs, elsewhere.
            faults += await _seen(second, "on another connection", _INJECTED, cast, captured)
            count = "select count(*) from upheld.people where id = $1"
            faults += await _seen_with_setting(third, "as another role", cast, {"upheld.context": captured}, count)
        left = await first.fetchval("select current_setting('upheld.context', true)")
        faults += ["the context outlives its transaction"] if left else []
        faults += await _seen(first, "in a later transaction", _INJECTED, cast, captured)
        faults += await _seen_with_setting(first, "in a later transaction", cast, {"upheld.context": captured})
        async with first.transaction():
            await first.fetchval("select upheld.open_context($1)", cast.stranger.secret)
            faults += await _seen(first, "over another context", _INJECTED, cast, captured)
    return judged(faults, places=5)


@probe(privilege=_NEEDS, cost="ten short transactions")
async def tampered(scene: Scene) -> Finding:
    """Change a valid context, part by part: each change must be refused."""
    cast = await scene.cast()
    faults: list[str] = []
    async with scene.connected("web") as connection:
        changes = _changes(await _session_of(connection, cast.candidate.secret))
        for what, place, value in changes:
            async with undone(connection):
                await connection.fetchval("select upheld.open_context($1)", cast.stranger.secret)
                parts = (await connection.fetchval("select current_setting('upheld.context')")).split("|")
                parts[place] = value
                said = await _accepted(connection, "|".join(parts))
                faults += [f"a context with another {what} was accepted"] if said else []
    return judged(faults, parts=[what for what, _, _ in changes])


@probe(privilege=_NEEDS, cost="ten short transactions")
async def ended(scene: Scene) -> Finding:
    """Present secrets that are unknown, revoked, expired or idle for too long: none may open a context."""
    cast = await scene.cast()
    secrets_by_kind = {
        "unknown": secrets.token_bytes(32),
        "empty": b"",
        "expired": await minted(scene, cast, timedelta(hours=1), timedelta(seconds=-1)),
        "idle": await minted(scene, cast, timedelta(seconds=-1), timedelta(hours=1)),
        "revoked": await minted(scene, cast, timedelta(hours=1), timedelta(hours=1)),
    }
    faults: list[str] = []
    async with scene.connected("web") as connection:
        async with connection.transaction():
            await connection.fetchval("select upheld.open_context($1)", secrets_by_kind["revoked"])
            await connection.execute(
                "update upheld.sessions set revoked_at = upheld.clock_now() where id = upheld.current_session()"
            )
        faults += await _control(connection, cast)
        for kind, secret in secrets_by_kind.items():
            async with undone(connection):
                opened = await connection.fetch("select person_id from upheld.open_context($1)", secret)
                visible = await connection.fetchval(_COUNT, cast.candidate.person)
                faults += (
                    [f"a secret that is {kind} (or whose session is) opened a context"] if opened or visible else []
                )
    return judged(faults, secrets=list(secrets_by_kind))


async def minted(scene: Scene, cast: Cast, idle: timedelta, lives: timedelta) -> bytes:
    """Return the secret of a new session of the probe candidate, with the ages it should have."""
    secret = secrets.token_bytes(32)
    async with scene.platform.database.transaction("gate") as tx:
        await store.mint_session(tx, cast.candidate.person, hashlib.sha256(secret).digest(), idle, lives)
    return secret


def _forgeries(cast: Cast, own: str, session: UUID) -> list[tuple[str, str]]:
    """Return contexts that claim a candidate's session; `own` is a valid one of a stranger's, for its shape."""
    generation, *_, seal = own.split("|")
    who = f"session|{session}"
    content = f"{generation}|{who}"
    return [
        ("the bare id", str(cast.candidate.person)),
        ("the bare session", str(session)),
        ("a session that is no id", f"{generation}|session|x|{seal}"),
        ("work instead of a session", f"{generation}|duty|{hashlib.sha256(cast.candidate.secret).hexdigest()}|{seal}"),
        ("no seal", content),
        ("an empty seal", f"{content}|"),
        ("a seal of zeros", f"{content}|{'0' * 64}"),
        ("somebody else's seal", f"{content}|{seal}"),
        ("a plain hash as seal", f"{content}|{hashlib.sha256(content.encode()).hexdigest()}"),
        ("a generation that never was", f"999999|{who}|{'0' * 64}"),
        ("a generation that is no number", f"x|{who}|{'0' * 64}"),
        ("a fifth part", f"{content}|{seal}|{seal}"),
        ("JSON", f'{{"person_id": "{cast.candidate.person}"}}'),
    ]


def _changes(session: UUID) -> Sequence[tuple[str, int, str]]:
    return (
        ("generation", 0, "0"),
        ("kind", 1, "duty"),
        ("session", 2, str(session)),
        ("session of nobody", 2, str(uuid4())),
        ("work", 2, "0" * 64),
        ("seal", 3, "0" * 64),
    )


async def _control(connection: "Connection", cast: Cast) -> list[str]:
    """Show that the probe is not blind: with the true secret it does see the candidate's rows."""
    async with undone(connection):
        await connection.fetchval("select upheld.open_context($1)", cast.candidate.secret)
        visible = await connection.fetchval(_COUNT, cast.candidate.person)
    return [] if visible else ["the candidate's own secret shows nothing: this probe is blind"]


async def _session_of(connection: "Connection", secret: bytes) -> UUID:
    async with undone(connection):
        await connection.fetchval("select upheld.open_context($1)", secret)
        return await connection.fetchval("select upheld.current_session()")


async def _captured(connection: "Connection", secret: bytes) -> str:
    async with undone(connection):
        await connection.fetchval("select upheld.open_context($1)", secret)
        return await connection.fetchval("select current_setting('upheld.context')")


async def _seen(connection: "Connection", what: str, statement: str, cast: Cast, text: str) -> list[str]:
    """Run one injected statement; a fault when it shows a row of the candidate's."""
    try:
        async with undone(connection):
            visible = await connection.fetchval(statement, cast.candidate.person, text)
    except asyncpg.PostgresError as error:
        return _unless_refused(what, error)
    return [f"{what}: {visible} rows of another person"] if visible else []


async def _seen_with_setting(
    connection: "Connection", what: str, cast: Cast, settings: dict[str, str], statement: str = _COUNT
) -> list[str]:
    """Write settings for the whole connection, then ask in a transaction of its own."""
    for name, value in settings.items():
        await connection.execute("select set_config($1, $2, false)", name, value)
    try:
        async with undone(connection):
            visible = await connection.fetchval(statement, cast.candidate.person)
    except asyncpg.PostgresError as error:
        return _unless_refused(what, error)
    finally:
        for name in settings:
            await connection.execute("select set_config($1, '', false)", name)
    return [f"{what}, as a setting of the connection: {visible} rows of another person"] if visible else []


async def _accepted(connection: "Connection", text: str) -> bool:
    await connection.execute("select set_config('upheld.context', $1, true)", text)
    try:
        await connection.fetchval("select upheld.current_person()")
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.DataError):
        return False
    return True


def _unless_refused(what: str, error: asyncpg.PostgresError) -> list[str]:
    # What is not even shaped like a context is refused as the wrong kind of data.
    refused = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InsufficientPrivilegeError, asyncpg.DataError)
    return [] if isinstance(error, refused) else [f"{what}: answered {error.sqlstate}"]
