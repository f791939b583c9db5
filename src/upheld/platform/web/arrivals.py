"""Arrivals: the body of a change, read from the network before anything is opened for it.

Somebody who sends slowly holds no connection to the database. Somebody who sends much holds
one of a few places from the first megabytes until the answer: at most that many large
bodies are in memory, whoever sends them, and the others wait on the wire. Sessions are
cheap, so one network address never holds the last place, however many it brings.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast
from weakref import WeakKeyDictionary, WeakValueDictionary

from litestar.types import Receive, Scope

from upheld.kit.addresses import neighbourhood
from upheld.kit.errors import UnavailableError, UpheldError
from upheld.platform.web.forms import LARGEST_BODY, LARGEST_TEXT, TooLargeError

PLACES, PLACES_EACH, PLACES_NEAR = 4, 2, 3
"""Large bodies in memory at once in one process, of one session, and from one network address."""

PATIENCE = 60.0
"""Seconds for a body to arrive, and seconds to wait for a place."""

_READS = {"GET", "HEAD", "OPTIONS"}


class SlowError(UpheldError):
    """It took too long to arrive. Send it again, over a faster connection if you can."""

    code = "slow"
    status = 408


class CrowdedError(UnavailableError):
    """Many files are arriving at the moment. Nothing was stored; send yours again in a minute."""

    code = "crowded"


class Arrivals:
    """The places of one process."""

    def __init__(self) -> None:
        """Start with every place free."""
        self._places = asyncio.Semaphore(PLACES)
        self._shares: WeakValueDictionary[bytes | str, asyncio.Semaphore] = WeakValueDictionary()

    @classmethod
    def of_this_loop(cls) -> "Arrivals":
        """Return the one that every route of this process shares."""
        return _arrivals.setdefault(asyncio.get_running_loop(), cls())

    @asynccontextmanager
    async def whole(self, scope: Scope, receive: Receive, session: bytes | None) -> AsyncGenerator[Receive]:
        """Wait until the body is here; yield what hands it out again. The place is held until the block ends.

        Args:
            scope: the request's.
            receive: where the body comes from. What is larger than any form is left there,
                for forms to refuse.
            session: whoever sends it; a stranger may send little.

        Raises:
            SlowError: it does not arrive in time.
            CrowdedError: no place becomes free.
            TooLargeError: a stranger sends much.
        """
        if (
            scope["type"] != "http"
            or cast("dict[str, str]", scope)["method"] in _READS
            or _declared(scope) > LARGEST_BODY
        ):
            yield receive
            return
        async with AsyncExitStack() as stack:
            arrived, is_all = await _some(receive, LARGEST_TEXT)
            if _size(arrived) > LARGEST_TEXT:
                if session is None:
                    raise TooLargeError
                await stack.enter_async_context(self._place(session, _near(scope)))
                arrived += [] if is_all else (await _some(receive, LARGEST_BODY))[0]

            async def again() -> Any:  # noqa: ANN401 - ASGI's messages
                return arrived.pop(0) if arrived else await receive()

            yield again

    @asynccontextmanager
    async def _place(self, session: bytes, near: str) -> AsyncGenerator[None]:
        each = self._shares.setdefault(session, asyncio.Semaphore(PLACES_EACH))
        others = self._shares.setdefault(near, asyncio.Semaphore(PLACES_NEAR))
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(PATIENCE):
                    for share in (each, others, self._places):
                        await stack.enter_async_context(share)
            except TimeoutError:
                raise CrowdedError from None
            yield


_arrivals: WeakKeyDictionary[asyncio.AbstractEventLoop, Arrivals] = WeakKeyDictionary()


async def _some(receive: Receive, at_most: int) -> tuple[list[Any], bool]:
    """Receive until the end, or until it is more than `at_most`; return it, and whether that was the end."""
    arrived: list[Any] = []
    size, more = 0, True
    try:
        async with asyncio.timeout(PATIENCE):
            while more and size <= at_most:
                message: Any = await receive()
                arrived.append(message)
                size += len(message.get("body", b""))
                more = message.get("more_body", False)
    except TimeoutError:
        raise SlowError from None
    return arrived, not more


def _size(arrived: list[Any]) -> int:
    return sum(len(message.get("body", b"")) for message in arrived)


def _near(scope: Scope) -> str:
    """Return where a request comes from, as far as its sender cannot choose: of IPv6, the network."""
    client = cast("dict[str, Any]", scope).get("client")
    return neighbourhood(str(client[0])) if client else ""


def _declared(scope: Scope) -> int:
    """Return the length that the request claims for its body; 0 when it claims none."""
    said = next((value for key, value in scope["headers"] if key.lower() == b"content-length"), b"")
    return int(said) if said.isdigit() and len(said) < 20 else 0  # noqa: PLR2004 - no length is longer
