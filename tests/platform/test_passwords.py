"""Passwords: the same work for everybody, and turns that nobody can take from all others."""

import asyncio
from collections.abc import Callable

import bcrypt
import pytest

from upheld.kit.errors import UnavailableError
from upheld.platform import passwords
from upheld.platform.passwords import Lane, hash_password, verify_password

pytestmark = pytest.mark.anyio
RIGHT, WRONG = "seven green lanterns", "seven grey lanterns"
COST = 6


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Return what tells how much work bcrypt has done since it was last asked."""
    done: list[int] = []
    check = bcrypt.checkpw

    def counting(password: bytes, known: bytes) -> bool:
        done.append(2 ** int(known.split(b"$")[2]))
        return check(password, known)

    def told() -> int:
        total = sum(done)
        done.clear()
        return total

    monkeypatch.setattr(passwords.bcrypt, "checkpw", counting)
    return told


async def test_the_same_work_is_done_for_a_right_a_wrong_and_nobodys_password(rounds: Callable[[], int]) -> None:
    known = await hash_password(RIGHT, COST)
    assert (await verify_password(RIGHT, known, COST), rounds()) == (True, 2**COST)
    assert (await verify_password(WRONG, known, COST), rounds()) == (False, 2**COST)
    assert (await verify_password(RIGHT, None, COST), rounds()) == (False, 2**COST)


async def test_a_hash_from_cheaper_times_takes_as_long_as_those_of_today(rounds: Callable[[], int]) -> None:
    """Otherwise a quick answer says that there is an account, and an old one."""
    older = await hash_password(RIGHT, COST - 2)
    assert (await verify_password(RIGHT, older, COST), rounds()) == (True, 2**COST)
    assert (await verify_password(WRONG, older, COST), rounds()) == (False, 2**COST)


async def test_who_is_known_goes_first_and_strangers_get_their_share() -> None:
    turns, order = passwords._Turns(1), list[Lane]()  # noqa: SLF001 - a machine of its own, so that the test decides who waits  # pyright: ignore[reportPrivateUsage]

    async def go(lane: Lane) -> None:
        async with turns.turn(lane):
            order.append(lane)

    async with turns.turn(Lane.STRANGER):
        waiting = [asyncio.create_task(go(Lane.STRANGER)) for _ in range(3)]
        waiting += [asyncio.create_task(go(Lane.KNOWN)) for _ in range(7)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    known, stranger = Lane.KNOWN, Lane.STRANGER
    assert order == [known] * 3 + [stranger] + [known] * 3 + [stranger, known, stranger]


async def test_a_full_lane_turns_away_its_own_and_nobody_else() -> None:
    turns = passwords._Turns(1)  # noqa: SLF001 - as above  # pyright: ignore[reportPrivateUsage]

    async def go(lane: Lane) -> bool:
        try:
            async with turns.turn(lane):
                return True
        except UnavailableError:
            return False

    async with turns.turn(Lane.KNOWN):
        strangers = [asyncio.create_task(go(Lane.STRANGER)) for _ in range(100)]
        await asyncio.sleep(0)
        known = asyncio.create_task(go(Lane.KNOWN))
        await asyncio.sleep(0)
        strangers[0].cancel()
        known_too = asyncio.create_task(go(Lane.KNOWN))
        await asyncio.sleep(0)
        known_too.cancel()
    assert await known
    assert sum(await asyncio.gather(*strangers[1:])) == 63
    assert turns._free == 1, "whoever went away has taken no turn along"  # noqa: SLF001 - as above  # pyright: ignore[reportPrivateUsage]
