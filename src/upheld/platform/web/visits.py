"""Visits: the session check and the one transaction of every request, HTTP and socket alike.

Private is the default. A route that is open to everyone says `opt={"public": True}`; a
route that must not hold a transaction of its own (signing in: it hashes; static files)
says `opt={"no_transaction": True}`. Everything else runs inside the context of the person
whose session secret the cookie carries, as the database itself has established it.

A change is read from the network as a whole before its transaction begins (`arrivals`).

A transaction is committed before the first byte of a good answer leaves, and undone when
the answer is an error: what was journaled for a page is on disk before the page is seen. What
somebody signed in was refused is written down as an attempt, which lasts (ADR 0003).
"""

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast
from uuid import UUID

import msgspec
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from upheld.kit.errors import SignInNeededError
from upheld.platform.acting import Acting
from upheld.platform.database import Query, RequestTransaction, Transaction
from upheld.platform.services import Platform
from upheld.platform.web.arrivals import Arrivals
from upheld.platform.web.cookies import SESSION_COOKIE, read_session

OPEN_CONTEXT = Query(
    "open_context",
    "select person_id, session_id, organisation_id, role, proven_at, expires_at, strength from upheld.open_context($1)",
    "Opens the context of the session whose secret is presented.",
)
_VISIT = "upheld.visit"
_BEYOND = 416
"""A part beyond the end of a file was asked for. The answer tells its name and size: a look like any other."""

_REFUSALS = frozenset({403, 404, 429})
"""What tells somebody that they may not: missing and forbidden look alike, here as well."""


class Who(msgspec.Struct, frozen=True):
    """The signed-in person, as the database says."""

    person_id: UUID
    session_id: UUID
    organisation_id: UUID | None
    role: str | None
    proven_at: dt.datetime
    expires_at: dt.datetime
    strength: str
    """How the session was opened: `accounts.model.Strength`."""


@dataclass(kw_only=True)
class OpenVisit:
    """One request: who comes, from where, and the transaction it runs in."""

    platform: Platform
    origin: str
    address: str
    who: Who | None = None
    transaction: Transaction | None = None

    @property
    def tx(self) -> Transaction:
        """The transaction of this request; routes marked `no_transaction` have none."""
        assert self.transaction is not None, "this route was declared without a transaction"  # noqa: S101 - a mistake in the code, not in the request
        return self.transaction

    def acting(self) -> Acting:
        """Return the signed-in person acting.

        Raises:
            SignInNeededError: nobody is signed in.
        """
        if self.who is None:
            raise SignInNeededError
        return Acting(
            tx=self.tx,
            platform=self.platform,
            person_id=self.who.person_id,
            organisation_id=self.who.organisation_id,
            role=self.who.role,
            origin=self.origin,
        )


@dataclass(frozen=True)
class Refusal:
    """What was refused: the route by its name, what it was asked about, and how it answered."""

    route: str
    subject: UUID | None
    status: int


NoteRefusal: TypeAlias = Callable[[Acting, Refusal], Awaitable[None]]
Visit: TypeAlias = NamedDependency[OpenVisit]
"""What a route declares to be given its visit."""


class Visits:
    """The one middleware. It sees every route the application has, sockets included."""

    def __init__(self, app: ASGIApp, platform: Platform, note_refusal: NoteRefusal) -> None:
        """Wrap a route of the application; `note_refusal` writes down what somebody was refused."""
        self._app = app
        self._platform = platform
        self._note_refusal = note_refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open the context, run the route, commit before its answer leaves."""
        visit = OpenVisit(platform=self._platform, origin=_origin(scope), address=_address(scope))
        cast("dict[str, Any]", scope)[_VISIT] = visit
        opt: dict[str, Any] = scope["route_handler"].opt  # pyright: ignore[reportTypedDictNotRequiredAccess] - set by the router
        if opt.get("no_transaction"):
            # Without a transaction nobody can be signed in: such a route is for everyone.
            if not opt.get("public"):
                raise SignInNeededError
            async with Arrivals.of_this_loop().whole(scope, receive, None) as body:
                await self._app(scope, body, send)
            return
        secret = self._secret(scope)
        if secret is None and not opt.get("public"):
            raise SignInNeededError
        async with (
            Arrivals.of_this_loop().whole(scope, receive, secret) as body,
            self._platform.database.request() as tx,
        ):
            visit.transaction = tx
            visit.who = None if secret is None else await open_context(tx, secret)
            if visit.who is None and not opt.get("public"):
                raise SignInNeededError
            await self._app(scope, body, self._ending(scope, send, tx, secret))

    def _secret(self, scope: Scope) -> bytes | None:
        token = ASGIConnection[Any, Any, Any, Any](scope).cookies.get(SESSION_COOKIE)
        keys = self._platform.keys.platform_keys("cookie") if token else []
        return next((secret for key in keys if (secret := read_session(key, token or ""))), None)

    def _ending(self, scope: Scope, send: Send, tx: RequestTransaction, secret: bytes | None) -> Send:
        """Return what sends an answer on, once the transaction has ended as the answer says."""

        async def outgoing(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] < 400 or message["status"] == _BEYOND:  # noqa: PLR2004 - errors begin here
                    await tx.commit()
                else:
                    await tx.undo()
                    await self._note(scope, message["status"], tx, secret)
            elif message["type"] == "websocket.accept":
                await tx.commit()
            await send(message)

        return outgoing

    async def _note(self, scope: Scope, status: int, tx: RequestTransaction, secret: bytes | None) -> None:
        """Write down what somebody signed in was refused, in a transaction of its own."""
        visit = current_visit(scope)
        if visit.who is None or secret is None or status not in _REFUSALS:
            return
        async with tx.attempt() as own:
            # The context ended with the request's transaction; so may have the session.
            if await open_context(own, secret) is not None:
                acting = replace(visit, transaction=own).acting()
                await self._note_refusal(acting, Refusal(_route(scope), _subject(scope), status))


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


def _route(scope: Scope) -> str:
    handler = scope["route_handler"]  # pyright: ignore[reportTypedDictNotRequiredAccess] - set by the router
    return handler.name or handler.handler_name


def _subject(scope: Scope) -> UUID | None:
    """Return the id that the path names, when it names one."""
    parts = cast("dict[str, Any]", scope).get("path_params", {}).values()
    named = [part for part in parts if isinstance(part, UUID)]
    return named[0] if len(named) == 1 else None


def _origin(scope: Scope) -> str:
    agent = next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == b"user-agent"), "")
    return f"{_address(scope)} {agent[:200]}"
