"""`kill -9` of web, worker and PostgreSQL at random moments while people hire and apply.

One deployment as `upheld run` starts it; a few people who walk the vertical over HTTPS, again
and again; somebody who kills a process, waits until the service answers, and kills the next. An
auditor looks in between and at the end. `UPHELD_KILL_ROUNDS` says how many rounds,
`UPHELD_KILL_SEED` repeats a run's choices.
"""

import os
import random
from pathlib import Path

import pytest

from tests.support.demo import running_demo, without_people
from tests.support.faults.story import Story

pytestmark = pytest.mark.anyio

ROUNDS = int(os.environ.get("UPHELD_KILL_ROUNDS", "40"))
SEED = int(os.environ.get("UPHELD_KILL_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
LOOKS = 4


async def test_nothing_acknowledged_is_lost_whatever_is_killed_and_whenever(tmp_path: Path) -> None:
    print(f"UPHELD_KILL_SEED={SEED}")  # noqa: T201 - what repeats this run
    without_people(tmp_path / "var")
    with running_demo(tmp_path / "var", UPHELD_BCRYPT_COST="10") as demo:
        story = Story(demo, SEED)
        async with story.unfolding():
            for _ in range(LOOKS):
                await story.rounds(ROUNDS // LOOKS)
                findings = await story.look()
                assert findings.faults == []
        left_over = await story.settled()
        assert left_over == []
        findings = await story.look()
        assert findings.faults == []
        assert await story.certificates() == []
        assert await story.orphans_after_the_sweep() == 0
        assert demo.process.poll() is None, "the run itself ended"
        print(story.told(findings))  # noqa: T201 - what a run was about
        # None of the above means anything unless a lot happened.
        assert len(story.killer.hits) == ROUNDS // LOOKS * LOOKS
        assert {"applied", "uploaded", "moved", "decided", "left", "exported"} <= set(story.crowd.ledger.counts())
