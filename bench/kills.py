"""kill -9 of web, worker and PostgreSQL while people hire and apply: what is lost, and how soon it is back.

`UPHELD_KILL_ROUNDS` says how many (1,000 unless told otherwise), `UPHELD_KILL_SEED` repeats a run.
"""

import os
import random
import tempfile
from pathlib import Path
from statistics import mean

import click

from bench.figures import Figure
from tests.support.demo import running_demo, without_people
from tests.support.faults.story import Story

_LOOK_EVERY = 100


async def measure() -> list[Figure]:
    """Kill, recover, look; then wait until all work is done and look at everything once more."""
    rounds = int(os.environ.get("UPHELD_KILL_ROUNDS", "1000"))
    seed = int(os.environ.get("UPHELD_KILL_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    faults: list[str] = []
    with tempfile.TemporaryDirectory(prefix="upheld-kills-") as folder:
        var = Path(folder) / "var"
        without_people(var)
        with running_demo(var, UPHELD_BCRYPT_COST="10") as demo:
            story = Story(demo, seed)
            async with story.unfolding():
                for _ in range(0, rounds, _LOOK_EVERY):
                    await story.rounds(min(_LOOK_EVERY, rounds - len(story.killer.hits)))
                    faults += (await story.look()).faults
            faults += await story.settled()
            findings = await story.look()
            faults += findings.faults + await story.certificates()
            left = await story.orphans_after_the_sweep()
    click.echo(f"  UPHELD_KILL_SEED={seed}; {story.told(findings)}")
    for fault in faults:
        click.echo(f"  {fault}")
    return [
        Figure("rounds of kill -9", len(story.killer.hits)),
        Figure("acknowledged acts", sum(story.crowd.ledger.counts().values())),
        Figure("lost, half done, unreadable or unfinished", len(faults), at_most=0),
        Figure("files without a row after the sweep", left, at_most=0),
        Figure("back after, on average", mean(story.killer.recoveries), "s"),
        Figure("back after, at most", max(story.killer.recoveries), "s"),
    ]
