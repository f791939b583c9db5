"""Visits: the session check and the one transaction of every request, HTTP and socket alike.

Private is the default. A route that is open to everyone says `opt={"public": True}`; a
route that must not hold a transaction of its own (it hashes a password; static files)
says `opt={"no_transaction": True}`. Everything else runs inside the context of the person
whose session secret the cookie carries, as the database itself has established it. A route for
programs names a scope instead, `opt={"scope": …}`, and runs inside the context of a token (`bearer`).

A route that is both, such as those of signing in, does not look at who is signed in, unless it says
`opt={"shows_who": True}`: then the frame of its page says so, and nothing else of it depends on that.

A route says `opt={"fresh": True}` when what it does takes everything along, cannot be undone or
gives others power. Whoever has not proved who they are within `UPHELD_FRESH_FOR` is asked
for it there, and what they had typed goes on from there. The database refuses such acts by
itself as well (`upheld.freshly_proven`).

An organisation may ask its members for a factor. Whoever has none by then acts for it no more, as the
database says, and is told what to do in the place of every page of its desk.

A change is read from the network as a whole before its transaction begins (`arrivals`).

A transaction is committed before the first byte of a good answer leaves, and undone when
the answer is an error: what was journaled for a page is on disk before the page is seen. What
somebody signed in was refused is written down as an attempt, which lasts (ADR 0003). A socket or
a stream that is still open then ends with the session it was opened in (`channels`).
With the same commit the session gets another secret, if rights have changed (`rotation`).
"""

import datetime as dt
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias, cast
from uuid import UUID

import msgspec
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from upheld.kit.errors import FactorNeededError, ProofNeededError, SignInNeededError
from upheld.platform.acting import Acting
from upheld.platform.database import Query, RequestTransaction, Transaction
from upheld.platform.services import Platform
from upheld.platform.web import bearer
from upheld.platform.web.arrivals import Arrivals
from upheld.platform.web.channels import Channel
from upheld.platform.web.cookies import SESSION_COOKIE, read_session, write_session
from upheld.platform.web.rotation import is_due, renewed

OPEN_CONTEXT = Query(
    "open_context",
    "select person_id, session_id, organisation_id, role, permissions, seats, proven_at, expires_at, strength,"
    " factor_by, is_outdated from upheld.open_context($1)",
    "Opens the context of the session whose secret is presented.",
)
_VISIT = "upheld.visit"
_DESK = "/hiring"
"""Where the pages of whoever acts for an organisation are."""

_BEYOND = 416
"""A part beyond the end of a file was asked for. The answer tells its name and size: a look like any other."""

_REFUSALS = frozenset({403, 404, 429})
"""What tells somebody that they may not: missing and forbidden look alike, here as well."""


class Seat(msgspec.Struct, frozen=True):
    """An organisation that somebody belongs to, and can act for."""

    organisation_id: str
    name: str


class Who(msgspec.Struct, frozen=True):
    """The signed-in person, as the database says."""

    person_id: UUID
    session_id: UUID
    organisation_id: UUID | None
    role: str | None
    permissions: frozenset[str] | None
    """What they may do in the organisation they act for; None without one."""

    seats: tuple[Seat, ...]
    proven_at: dt.datetime | None
    """When they last proved who they are; None in a session that a provider opened without asking anew."""

    expires_at: dt.datetime
    strength: str
    """How the session was opened: `accounts.model.Strength`."""

    factor_by: dt.datetime | None
    """From when on the organisation that the session was set to act for asks for a factor, where none was shown."""

    is_outdated: bool = False
    """Whether the secret that was presented is older than what they may do by now, and is to be replaced."""

    @property
    def is_kept_out(self) -> bool:
        """Whether that day has come: the session acts for no organisation until a factor is added."""
        return self.factor_by is not None and self.organisation_id is None

    @property
    def showed_factor(self) -> bool:
        """Whether the session was opened with a factor, or has had one shown in it."""
        return self.strength in {"two-factor", "passkey"}

    def acting(self, tx: Transaction, platform: Platform, origin: str) -> Acting:
        """Return them acting, inside the transaction whose context is theirs."""
        return Acting(
            tx=tx,
            platform=platform,
            person_id=self.person_id,
            organisation_id=self.organisation_id,
            role=self.role,
            permissions=self.permissions or frozenset(),
            origin=origin,
        )


@dataclass(kw_only=True)
class OpenVisit:
    """One request: who comes, from where, and the transaction it runs in."""

    platform: Platform
    origin: str
    address: str
    who: Who | None = None
    token: bearer.Bearer | None = None
    """What asks instead of a session; on routes that name a scope, and there only."""
    transaction: Transaction | None = None
    secret: bytes | None = None
    """The secret of the session; from a fresh proof on, the one that the browser is about to be given."""
    cookie: str = ""
    """The cookie of a session that goes on under another secret; whatever is answered sets it, errors included."""

    def goes_on_under(self, secret: bytes, expires_at: dt.datetime) -> None:
        """Have the browser keep the session's new secret, whatever becomes of the page."""
        self.secret = secret
        self.cookie = write_session(self.platform.keys.platform_key("cookie"), secret, expires_at)

    @property
    def tx(self) -> Transaction:
        """The transaction of this request; routes marked `no_transaction` have none."""
        assert self.transaction is not None, "this route was declared without a transaction"  # noqa: S101 - a mistake in the code, not in the request
        return self.transaction

    @property
    def known(self) -> Who:
        """Who is signed in; for routes without a transaction, in which nobody can be acting.

        Raises:
            SignInNeededError: nobody is.
        """
        if self.who is None:
            raise SignInNeededError
        return self.who

    @property
    def is_fresh(self) -> bool:
        """Whether whoever is signed in has proved who they are not long ago."""
        settings, clock = self.platform.settings, self.platform.clock
        proven_at = self.who.proven_at if self.who else None
        return proven_at is not None and proven_at > clock.now() - settings.fresh_for

    def acting(self) -> Acting:
        """Return the person acting: signed in, or through a token of theirs.

        Raises:
            SignInNeededError: nobody is.
        """
        asking = self.who or self.token
        if asking is None:
            raise SignInNeededError
        return Acting(
            tx=self.tx,
            platform=self.platform,
            person_id=asking.person_id,
            organisation_id=asking.organisation_id,
            role=asking.role,
            permissions=asking.permissions or frozenset(),
            origin=self.origin,
        )


@dataclass(frozen=True)
class Refusal:
    """What was refused: the route by its name, what it was asked about, and how it answered."""

    route: str
    subject: UUID | None
    status: int


Reopen: TypeAlias = Callable[[Transaction], Awaitable[object]]
"""Opens the same context once more, in another transaction; None when it has ended."""
NoteRefusal: TypeAlias = Callable[[Acting, Refusal], Awaitable[None]]
Visit: TypeAlias = NamedDependency[OpenVisit]
"""What a route declares to be given its visit."""


class Visits:
    """The one middleware. It sees every route the application has, sockets included."""

    def __init__(self, app: ASGIApp, platform: Platform, note_refusal: NoteRefusal, ask_proof: ASGIApp) -> None:
        """Wrap a route of the application.

        `note_refusal` writes down what somebody was refused; `ask_proof` answers in the place of a
        page that needs a fresh proof.
        """
        self._app = app
        self._platform = platform
        self._note_refusal = note_refusal
        self._ask_proof = ask_proof

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open the context, run the route, commit before its answer leaves."""
        visit = OpenVisit(platform=self._platform, origin=_origin(scope), address=_address(scope))
        cast("dict[str, Any]", scope)[_VISIT] = visit
        if "scope" in _declared(scope):
            await self._serve_program(scope, receive, send, visit)
            return
        if bearer.presented(scope) is not None and not cast("dict[str, str]", scope)["path"].startswith("/api/"):
            raise bearer.TokenElsewhereError
        opt, alone = _declared(scope), _declared(scope).get("no_transaction")
        # Without a transaction of the route's own, whoever is signed in is of no account at a public one.
        unasked = alone and opt.get("public")
        secret = None if unasked and not opt.get("shows_who") else self._secret(scope)
        if secret is None and not opt.get("public"):
            raise SignInNeededError
        again = None if secret is None or unasked else partial(open_context, secret=secret)
        visit.secret = None if unasked else secret
        async with Arrivals.of_this_loop().whole(scope, receive, secret) as body:
            if secret is None and alone:
                await self._app(scope, body, self._ending(scope, send, None, None))
                return
            async with self._platform.database.request() as tx:
                visit.transaction = tx
                visit.who = None if secret is None else await open_context(tx, secret)
                if visit.who is None and not opt.get("public"):
                    raise SignInNeededError
                if visit.who is not None and visit.who.is_kept_out and _is_at_desk(scope):
                    raise FactorNeededError
                if not alone:
                    await self._serve(self._route(scope), scope, body, self._ending(scope, send, tx, again), tx, again)
                    return
                visit.transaction = None
                await tx.commit()
            await self._route(scope)(scope, body, self._ending(scope, send, None, again))

    async def _serve_program(self, scope: Scope, receive: Receive, send: Send, visit: OpenVisit) -> None:
        """Run a route for programs inside the context of the token that came; nobody looks at cookies."""
        secret = await bearer.checked(self._platform, bearer.presented(scope))
        again = partial(bearer.open_token_context, secret=secret, needed=_declared(scope)["scope"])
        async with self._platform.database.request() as tx:
            visit.transaction = tx
            visit.token = await again(tx)
            if visit.token is None:
                await tx.undo()
                await bearer.count_failure(self._platform, visit.address)
                raise bearer.TokenSpentError
            if not visit.token.holds:
                raise bearer.ScopeNeededError
            if visit.token.is_kept_out:
                raise FactorNeededError
            await self._serve(self._app, scope, receive, self._ending(scope, send, tx, again), tx, again)

    async def _serve(
        self, route: ASGIApp, scope: Scope, receive: Receive, send: Send, tx: RequestTransaction, again: Reopen | None
    ) -> None:
        """Run a route; what stays open after its answer has begun ends with who it was opened for."""
        if again is None:
            await route(scope, receive, send)
            return
        visit = current_visit(scope)

        async def is_unchanged() -> bool:
            async with tx.afterwards() as own:
                return _lasting(await again(own)) == _lasting(visit.who or visit.token)

        channel = Channel(scope, receive, send, is_unchanged)
        await route(scope, channel.receive, channel.send)

    def _route(self, scope: Scope) -> ASGIApp:
        """Return the route, or what answers in its place when it needs a fresh proof and there is none.

        Raises:
            ProofNeededError: there is none, and who asks is a program or a socket.
        """
        if not _declared(scope).get("fresh") or current_visit(scope).is_fresh:
            return self._app
        if scope["type"] != "http" or cast("dict[str, str]", scope)["path"].startswith("/api/"):
            raise ProofNeededError
        return self._ask_proof

    def _secret(self, scope: Scope) -> bytes | None:
        token = ASGIConnection[Any, Any, Any, Any](scope).cookies.get(SESSION_COOKIE)
        keys = self._platform.keys.platform_keys("cookie") if token else []
        return next((secret for key in keys if (secret := read_session(key, token or ""))), None)

    def _ending(self, scope: Scope, send: Send, tx: RequestTransaction | None, again: Reopen | None) -> Send:
        """Return what sends an answer on, once the transaction has ended as the answer says."""

        async def outgoing(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] < 400 or message["status"] == _BEYOND:  # noqa: PLR2004 - errors begin here
                    await self._commit(scope, message, tx)
                else:
                    await self._note(scope, message["status"], tx, again)
            elif message["type"] == "websocket.accept" and tx is not None:
                await tx.commit()
            await send(_keeping(current_visit(scope).cookie, message))

        return outgoing

    async def _commit(self, scope: Scope, message: Message, tx: RequestTransaction | None) -> None:
        """Commit, and with it another secret for the session, if one is due."""
        visit, gone_on = current_visit(scope), None
        async with AsyncExitStack() as stack:
            if visit.secret and is_due(scope, message, is_outdated=bool(visit.who and visit.who.is_outdated)):
                tx = tx or await stack.enter_async_context(self._platform.database.request())
                gone_on = await renewed(tx, visit.secret)
            if tx is not None:
                await tx.commit()
        if gone_on is not None:
            visit.goes_on_under(*gone_on)

    async def _note(self, scope: Scope, status: int, tx: RequestTransaction | None, again: Reopen | None) -> None:
        """Undo, and write down what somebody we know was refused, in a transaction of its own."""
        async with AsyncExitStack() as stack:
            if tx is not None:
                await tx.undo()
            visit = current_visit(scope)
            if (visit.who or visit.token) is None or again is None or status not in _REFUSALS:
                return
            tx = tx or await stack.enter_async_context(self._platform.database.request())
            own = await stack.enter_async_context(tx.attempt())
            # The context ended with the request's transaction; so may have the session.
            if await again(own) is not None:
                acting = replace(visit, transaction=own).acting()
                await self._note_refusal(acting, Refusal(_name(scope), _subject(scope), status))


async def open_context(tx: Transaction, secret: bytes) -> Who | None:
    """Present a session's secret to the database; return who it says is asking, or None."""
    return await tx.one(OPEN_CONTEXT, secret, into=Who)


def current_visit(scope: Scope) -> OpenVisit:
    """Return the visit that the middleware has opened; injected into routes as `visit`."""
    return cast("dict[str, OpenVisit]", scope)[_VISIT]


def visit_of(scope: Scope) -> OpenVisit | None:
    """Return the visit, or None for a request that never reached a route."""
    return cast("dict[str, OpenVisit]", scope).get(_VISIT)


def _address(scope: Scope) -> str:
    client = cast("dict[str, Any]", scope).get("client")
    return client[0] if client else "unknown"


def _keeping(cookie: str, message: Message) -> Message:
    if cookie and message["type"] == "http.response.start":
        message["headers"] = [*message["headers"], (b"set-cookie", cookie.encode())]
    return message


def _lasting(who: object) -> object:
    """Return who asks without what passes: that another secret is due ends no channel."""
    return msgspec.structs.replace(who, is_outdated=False) if isinstance(who, Who) else who


def _declared(scope: Scope) -> dict[str, Any]:
    return scope["route_handler"].opt  # pyright: ignore[reportTypedDictNotRequiredAccess] - set by the router


def _is_at_desk(scope: Scope) -> bool:
    path = cast("dict[str, str]", scope)["path"]
    return path == _DESK or path.startswith(f"{_DESK}/")


def _name(scope: Scope) -> str:
    handler = scope["route_handler"]  # pyright: ignore[reportTypedDictNotRequiredAccess] - set by the router
    return handler.name or handler.handler_name


def _subject(scope: Scope) -> UUID | None:
    """Return the id that the path names, when it names one; a secret in a path is no id, and is not written down."""
    parts: dict[str, Any] = cast("dict[str, Any]", scope).get("path_params", {})
    named = [part for name, part in parts.items() if isinstance(part, UUID) and name.endswith("_id")]
    return named[0] if len(named) == 1 else None


def _origin(scope: Scope) -> str:
    agent = next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == b"user-agent"), "")
    return f"{_address(scope)} {agent[:200]}"
