"""Turns and arrivals: few at a time, fewer of each person, and a clear word to the others."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest
from litestar.types import Scope

from upheld.platform.documents.turns import BusyError, OneByOneError, Turns
from upheld.platform.web import arrivals
from upheld.platform.web.arrivals import PLACES, PLACES_EACH, PLACES_NEAR, Arrivals, CrowdedError, SlowError
from upheld.platform.web.forms import LARGEST_BODY, LARGEST_TEXT, TooLargeError

pytestmark = pytest.mark.anyio

PIECE = 64 * 1024


async def test_a_full_line_is_busy_and_a_free_turn_is_taken() -> None:
    turns = Turns(at_once=1, most_waiting=1, most_each=9, patience=5)
    async with turns.one("ada"):
        waiting = asyncio.create_task(_take(turns, "grace"))
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await _take(turns, "linus")
    await waiting
    await _take(turns, "linus")


async def test_nobody_holds_more_than_their_share() -> None:
    turns = Turns(at_once=5, most_waiting=5, most_each=2, patience=5)
    async with turns.one("mallory"), turns.one("mallory"):
        with pytest.raises(OneByOneError):
            await _take(turns, "mallory")
        await _take(turns, "ada")
    await _take(turns, "mallory")


async def test_whoever_waits_too_long_is_told_and_leaves_the_line() -> None:
    turns = Turns(at_once=1, most_waiting=1, most_each=9, patience=0.05)
    async with turns.one("ada"):
        for _ in range(3):
            with pytest.raises(BusyError):
                await _take(turns, "grace")
    await _take(turns, "grace")


async def test_whoever_goes_away_while_waiting_leaves_the_line() -> None:
    turns = Turns(at_once=1, most_waiting=1, most_each=9, patience=5)
    async with turns.one("ada"):
        waiting = asyncio.create_task(_take(turns, "grace"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        again = asyncio.create_task(_take(turns, "grace"))
        await asyncio.sleep(0)
    await again


@pytest.mark.parametrize(("sessions", "most"), [(5, PLACES), (1, PLACES_EACH)], ids=["of many", "of one"])
async def test_few_large_bodies_are_there_at_once_and_fewer_of_one_session(sessions: int, most: int) -> None:
    door, inside, seen = Arrivals(), Counter[bytes](), list[int]()

    async def send(session: bytes) -> None:
        async with door.whole(_scope(address=f"192.0.2.{session[0]}"), _body(LARGEST_TEXT * 3), session):
            inside[session] += 1
            seen.append(inside.total())
            await asyncio.sleep(0.01)
            inside[session] -= 1

    await asyncio.gather(*(send(bytes((number % sessions,))) for number in range(40)))
    assert len(seen) == 40
    assert max(seen) == most


async def test_small_bodies_need_no_place_and_come_out_as_they_went_in() -> None:
    door = Arrivals()
    async with AsyncExitStack() as stack:
        for _ in range(PLACES * 3):
            receive = await stack.enter_async_context(door.whole(_scope(), _body(1000), b"ada"))
            assert (await receive())["body"] == b"x" * 1000  # pyright: ignore[reportGeneralTypeIssues] - of a request


async def test_without_a_place_the_sender_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "PATIENCE", 0.05)
    door = Arrivals()
    async with AsyncExitStack() as stack:
        for number in range(PLACES):
            scope = _scope(address=f"192.0.2.{number}")
            await stack.enter_async_context(door.whole(scope, _body(LARGEST_TEXT * 2), bytes((number,))))
        with pytest.raises(CrowdedError):
            await _arrive(door, _body(LARGEST_TEXT * 2), b"ada")
    await _arrive(door, _body(LARGEST_TEXT * 2), b"ada")


@pytest.mark.parametrize(
    ("crowd", "other"),
    [
        ("192.0.2.7", "192.0.2.8"),
        ("2001:db8::{}", "2001:db8:1::1"),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.8"),
        ("fe80::{}%eth0", "2001:db8::1"),
        ("a socket", "192.0.2.7"),
    ],
)
async def test_one_address_never_holds_the_last_place_however_many_sessions_it_has(
    crowd: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "PATIENCE", 0.05)
    door = Arrivals()
    async with AsyncExitStack() as stack:
        for number in range(PLACES_NEAR):
            scope = _scope(address=crowd.format(number))
            await stack.enter_async_context(door.whole(scope, _body(LARGEST_TEXT * 2), bytes((number,))))
        with pytest.raises(CrowdedError):
            async with door.whole(_scope(address=crowd.format(9)), _body(LARGEST_TEXT * 2), b"mallory"):
                pass
        async with door.whole(_scope(address=other), _body(LARGEST_TEXT * 2), b"ada"):
            pass


async def test_a_stranger_sends_little() -> None:
    await _arrive(Arrivals(), _body(LARGEST_TEXT), None)
    with pytest.raises(TooLargeError):
        await _arrive(Arrivals(), _body(LARGEST_TEXT + 1), None)


async def test_a_sender_who_stops_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "PATIENCE", 0.05)

    async def stops() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    with pytest.raises(SlowError):
        await _arrive(Arrivals(), stops, b"ada")


async def test_what_is_larger_than_any_form_is_not_read_at_all() -> None:
    async def never() -> dict[str, Any]:
        msg = "read"
        raise AssertionError(msg)

    async with Arrivals().whole(_scope(LARGEST_BODY + 1), cast("Any", never), b"ada") as receive:
        assert receive is never


async def _take(turns: Turns, subject: str) -> None:
    async with turns.one(subject):
        pass


async def _arrive(door: Arrivals, body: Callable[[], Awaitable[dict[str, Any]]], session: bytes | None) -> None:
    async with door.whole(_scope(), cast("Any", body), session):
        pass


def _scope(length: int = 0, address: str = "192.0.2.1") -> Scope:
    headers = [(b"content-length", str(length).encode())] if length else []
    return cast("Scope", {"type": "http", "method": "POST", "headers": headers, "client": (address, 443)})


def _body(size: int) -> Any:
    left = size

    async def receive() -> dict[str, Any]:
        nonlocal left
        await asyncio.sleep(0)
        part = min(PIECE, left)
        left -= part
        return {"type": "http.request", "body": b"x" * part, "more_body": left > 0}

    return receive
