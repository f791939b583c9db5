"""A crowd, a killer and an inspector in one deployment: what a run of faults is made of."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from statistics import mean

from tests.support.demo import Demo
from tests.support.faults.crowd import Crowd, check, living
from tests.support.faults.inspection import Findings, inspecting, is_genuine
from tests.support.faults.killing import Killer, client_of, until_ready


class Story:
    """One run: people live, processes die, somebody looks."""

    def __init__(self, demo: Demo, seed: int, *, candidates: int = 3, most_lives: int = 90) -> None:
        """Take a running demo and the seed of everything that is left to chance."""
        self.demo = demo
        self.crowd = Crowd(demo, random.Random(seed), most_lives=most_lives)  # noqa: S311 - repeatable on purpose
        self.killer = Killer(demo, random.Random(seed + 1))  # noqa: S311 - repeatable on purpose
        self._candidates = candidates
        self._people: list[asyncio.Task[None]] = []
        self._stack = AsyncExitStack()

    @asynccontextmanager
    async def unfolding(self) -> AsyncGenerator[None]:
        """Let people live for as long as the block runs."""
        async with living(self.crowd, self._candidates) as self._people:
            yield
            await self.crowd.pause()
            check(self._people)

    async def rounds(self, number: int) -> None:
        """Kill and recover so many times."""
        self.crowd.going.set()
        async with client_of(self.demo) as client:
            for _ in range(number):
                await self.killer.round(client)
                check(self._people)

    async def look(self) -> Findings:
        """Let everybody finish what they are doing, and look at everything."""
        await self.crowd.pause()
        async with client_of(self.demo) as client:
            await until_ready(client)
        async with inspecting(self.demo.var) as inspector:
            return await inspector.inspect(self.crowd.ledger)

    async def settled(self, at_most: float = 240) -> list[str]:
        """Wait until all background work is done; return what is not."""
        limit = time.monotonic() + at_most
        async with inspecting(self.demo.var) as inspector:
            while (waiting := await inspector.settle()) and time.monotonic() < limit:  # noqa: ASYNC110 - the queue tells nobody
                await asyncio.sleep(0.5)
            return waiting

    async def certificates(self) -> list[str]:
        """Return which acknowledged requests to leave have no genuine certificate or contradict the register."""
        wrong: list[str] = []
        async with client_of(self.demo) as client:
            for act in self.crowd.ledger.done("left"):
                answer = await client.get(f"/erasure/{act.what}/certificate.json")
                if answer.status_code != 200 or not is_genuine(answer.content):
                    wrong.append(f"no certificate for {act.who}: {answer.status_code}")
        async with inspecting(self.demo.var) as inspector:
            registered = await inspector.registered_erasures()
            if registered != Counter(await inspector.finished_erasures()):
                wrong.append("the register holds other erasures than the database, or one twice")
        return wrong

    async def orphans_after_the_sweep(self) -> int:
        """Return how many files belong to no row after the sweep for what crashes left behind."""
        async with inspecting(self.demo.var) as inspector:
            return await inspector.sweep()

    def told(self, findings: Findings) -> str:
        """Return a run in a few lines."""
        counts = self.crowd.ledger.counts()
        hits = ", ".join(f"{name} {number}" for name, number in sorted(Counter(self.killer.hits).items()))
        acts = ", ".join(f"{kind} {number}" for kind, number in sorted(counts.items()))
        back = self.killer.recoveries
        return (
            f"{len(back)} kills ({hits}); back after {mean(back):.2f} s on average, {max(back):.2f} s at most\n"
            f"{sum(counts.values())} of {len(self.crowd.ledger.acts)} acts acknowledged ({acts})\n"
            f"opened {findings.values} values and {findings.files} files; "
            f"{findings.orphans} files without a row before the sweep"
        )
