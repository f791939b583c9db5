"""Limits, counted in each of the stores there are: both keep the same promises."""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.deployment import Deployment
from tests.support.redis import running_redis
from upheld.kit.errors import AwayError, TooSoonError
from upheld.platform.counters import By, Limit, RedisCounters
from upheld.platform.database import Query
from upheld.platform.limits import count, look, take
from upheld.platform.services import Platform
from upheld.platform.settings import Settings, SettingsError

pytestmark = pytest.mark.anyio

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THREE = Limit("three", 3, HOUR)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(params=["table", "redis"])
async def platform(request: pytest.FixtureRequest, deployment: Deployment, redis: str) -> AsyncGenerator[Platform]:
    """Yield a platform that counts in each store in turn."""
    if request.param == "table":
        yield deployment.platform
        return
    counters = RedisCounters.named(replace(deployment.settings, limits=redis))
    yield replace(deployment.platform, counters=counters)
    await counters.aclose()


async def tried(platform: Platform, limit: Limit, subject: str) -> int:
    """Try once; return the seconds to wait, zero when it was let through."""
    async with platform.database.attempt() as tx:
        return await count(tx, platform, limit, subject)


async def test_as_many_as_the_limit_says_are_let_through_and_no_more(platform: Platform) -> None:
    assert [await tried(platform, THREE, "ada") for _ in range(3)] == [0, 0, 0]
    assert 3500 < await tried(platform, THREE, "ada") <= 3600
    assert await tried(platform, THREE, "ben") == 0


async def test_whoever_tries_too_often_is_told_when_to_come_again(platform: Platform) -> None:
    async with platform.database.attempt() as tx:
        for _ in range(3):
            await take(tx, platform, THREE, "cai")
        with pytest.raises(TooSoonError) as refused:
            await take(tx, platform, THREE, "cai")
        assert 3500 < refused.value.wait_seconds <= 3600


async def test_looking_takes_nothing(platform: Platform) -> None:
    async with platform.database.attempt() as tx:
        for _ in range(5):
            await look(tx, platform, THREE, "dee")
        for _ in range(3):
            await take(tx, platform, THREE, "dee")
        with pytest.raises(TooSoonError):
            await look(tx, platform, THREE, "dee")


async def test_what_was_refused_was_not_counted(platform: Platform) -> None:
    """Whoever goes on trying does not wait longer for it: a limit is no punishment."""
    brief = Limit("brief", 2, timedelta(seconds=3))
    for _ in range(2):
        assert await tried(platform, brief, "eve") == 0
    until = time.monotonic() + 20
    while await tried(platform, brief, "eve"):
        assert time.monotonic() < until, "refused tries kept the limit spent"
        await asyncio.sleep(0.1)


async def test_every_figure_of_a_limit_holds(platform: Platform) -> None:
    both = Limit("both", 5, timedelta(seconds=2), more=((6, DAY),))
    assert [await tried(platform, both, "flo") for _ in range(5)] == [0] * 5
    assert 1 <= await tried(platform, both, "flo") <= 2
    until = time.monotonic() + 20
    while await tried(platform, both, "flo"):
        assert time.monotonic() < until
        await asyncio.sleep(0.1)
    assert await tried(platform, both, "flo") > 80_000, "the sixth of the day was the last"


async def test_many_at_once_are_counted_one_by_one(platform: Platform) -> None:
    ten = Limit("ten", 10, HOUR)
    waits = await asyncio.gather(*(tried(platform, ten, "gus") for _ in range(60)))
    assert waits.count(0) == 10


async def test_no_stretch_of_time_holds_more_than_the_limit_wherever_it_begins(platform: Platform) -> None:
    """A count that begins anew at fixed times lets twice as many through around each of them."""
    limit, let_through = Limit("brisk", 4, timedelta(seconds=1)), list[tuple[float, float]]()
    until = time.monotonic() + 3

    async def keep_trying() -> None:
        while time.monotonic() < until:
            began = time.monotonic()
            if not await tried(platform, limit, "hal"):
                let_through.append((began, time.monotonic()))
            await asyncio.sleep(0.02)

    await asyncio.gather(keep_trying(), keep_trying())
    assert len(let_through) > 8
    ordered = sorted(let_through, key=lambda one: one[1])
    for first in range(len(ordered) - 4):
        five = ordered[first : first + 5]
        # All five happened after the first began to ask, and before the last was answered.
        assert max(end for _, end in five) - min(began for began, _ in five) >= 1


async def test_a_network_counts_as_one_address_of_ipv6(platform: Platform) -> None:
    limit = Limit("by address", 2, HOUR, By.ADDRESS)
    assert await tried(platform, limit, "2001:db8:1:2::1") == 0
    assert await tried(platform, limit, "2001:db8:1:2:ffff::9%eth0") == 0
    assert await tried(platform, limit, "2001:db8:1:2:3:4:5:6") > 0
    assert await tried(platform, limit, "2001:db8:1:3::1") == 0
    assert [await tried(platform, limit, one) for one in ("192.0.2.9", "::ffff:192.0.2.9")] == [0, 0]
    assert await tried(platform, limit, "192.0.2.9") > 0
    assert await tried(platform, limit, "192.0.2.8") == 0


async def test_a_count_goes_along_when_its_key_is_replaced_even_twice(platform: Platform) -> None:
    assert [await tried(platform, THREE, "ida") for _ in range(2)] == [0, 0]
    platform.keys.add("limits")
    assert await tried(platform, THREE, "ida") == 0
    platform.keys.add("limits")
    platform.keys.add("limits")
    async with platform.database.attempt() as tx:
        with pytest.raises(TooSoonError):
            await look(tx, platform, THREE, "ida")
    assert await tried(platform, THREE, "ida") > 0


async def test_nobody_guesses_while_the_store_is_away_and_what_is_no_guess_goes_on(
    deployment: Deployment, tmp_path: Path
) -> None:
    with running_redis(tmp_path) as url:
        counters = RedisCounters.named(replace(deployment.settings, limits=url))
        platform = replace(deployment.platform, counters=counters)
        assert await tried(platform, THREE, "jon") == 0
    flood = Limit("flood", 1, HOUR, is_against_guessing=False)
    with pytest.raises(AwayError):
        await tried(platform, THREE, "jon")
    assert [await tried(platform, flood, "jon") for _ in range(3)] == [0, 0, 0]
    with running_redis(tmp_path, int(url.rsplit(":", 1)[1].split("/")[0])):
        assert await tried(platform, THREE, "jon") == 0, "it is back, and nobody had to start anything again"
    await counters.aclose()


@pytest.mark.parametrize(
    "limits",
    [
        "redis://counts.example:6379/0",
        "rediss://:secret@counts.example",
        "http://127.0.0.1",
        "rediss://a?ssl_cert_reqs=none",
    ],
)
def test_a_store_elsewhere_is_reached_over_verified_tls_or_not_at_all(limits: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        RedisCounters.named(Settings(var=tmp_path, limits=limits))


async def test_a_row_that_somebody_else_holds_for_too_long_is_told_as_such(deployment: Deployment) -> None:
    """Not as a fault of ours: it is over in a moment, and nothing was changed."""
    impatient = Query("impatient", "select set_config('lock_timeout', '100ms', true)", "Waits a tenth of a second.")
    assert await tried(deployment.platform, THREE, "kim") == 0

    async def hurry() -> None:
        async with deployment.platform.database.attempt() as other:
            await other.value(impatient)
            await count(other, deployment.platform, THREE, "kim")

    async with deployment.platform.database.attempt() as holder:
        assert await count(holder, deployment.platform, THREE, "kim") == 0
        with pytest.raises(AwayError):
            await hurry()
