"""What happens in the demo, and how many days ago: drawn once, the same for the same seed. Nothing is done here."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from upheld.features.applications.model import Stage
from upheld.main.demo.cast import SEED, Role
from upheld.main.demo.openings import EMPLOYERS, Employer, Opening, State

REASONS = (
    "We chose somebody who has worked with this kind of device before. Your test rig impressed us; apply again.",
    "The distance would have been too far for the hours we can offer. Everything else spoke for you.",
    "We looked for more years in a team of this size. Two of us would like to hear from you next spring.",
    "Another candidate knew this very software. Your letter was the best of all that we read.",
)
WELCOME = "You showed us how you work, and we would like more of it. Welcome."


class Deed(StrEnum):
    """What a candidate does beside applying."""

    WITHDRAWS = "withdraws"
    LEAVES = "leaves"
    STAYS_AFTER_ALL = "stays after all"


@dataclass(frozen=True)
class Step:
    """An employer's step with one application: where it goes, and whether contact and résumé are looked at."""

    number: int
    to: Stage
    reason: str = ""
    looks_closer: bool = False


@dataclass
class Day:
    """What happens on one day: candidates apply or change their minds, employers post, work and close."""

    posts: list[tuple[Employer, Opening]] = field(default_factory=list[tuple[Employer, Opening]])
    applies: list[int] = field(default_factory=list[int])
    deeds: list[tuple[int, Deed]] = field(default_factory=list[tuple[int, Deed]])
    steps: dict[str, list[Step]] = field(default_factory=lambda: defaultdict(list))
    closes: list[tuple[Employer, Opening]] = field(default_factory=list[tuple[Employer, Opening]])


# Where an application ends up, with how many of a hundred do, when there is time for it.
_PATHS: dict[tuple[Stage, ...], int] = {
    (): 14,
    (Stage.REVIEW,): 22,
    (Stage.REVIEW, Stage.INTERVIEW): 18,
    (Stage.REVIEW, Stage.INTERVIEW, Stage.OFFER): 7,
    (Stage.REVIEW, Stage.INTERVIEW, Stage.OFFER, Stage.HIRED): 7,
    (Stage.REVIEW, Stage.REJECTED): 20,
    (Stage.REVIEW, Stage.INTERVIEW, Stage.REJECTED): 7,
    (Stage.REVIEW, Stage.WITHDRAWN): 5,
}
_FIRST = (Stage.REVIEW, Stage.INTERVIEW)
"""How far the first candidate has come, whom a visitor can be."""


def script(roles: list[Role], seed: int = SEED) -> dict[float, Day]:
    """Return what happens by how many days ago, the oldest first."""
    dice = Random(seed + 1)  # noqa: S311 - invented lives, not secrets
    days: dict[int, Day] = defaultdict(Day)
    for employer in EMPLOYERS:
        for opening in employer.openings:
            days[opening.posted_ago].posts.append((employer, opening))
            if opening.state is State.CLOSED:
                days[1].closes.append((employer, opening))
    for number, role in enumerate(roles):
        _life(dice, days, number, role)
    leaving = [number for number in range(len(roles)) if number % 90 == 2]  # noqa: PLR2004 - the third, and one of ninety
    for number in leaving:
        days[2].deeds.append((number, Deed.LEAVES))
    days[1].deeds += [(number, Deed.STAYS_AFTER_ALL) for number in leaving[1:2]]
    # No two days at the same hour, and today an hour ago.
    return {max(ago - dice.random() * 0.8, 0.04): days[ago] for ago in sorted(days, reverse=True)}


def _life(dice: Random, days: dict[int, Day], number: int, role: Role) -> None:
    """Let one candidate apply, and let what follows happen as far as there is time for it."""
    posted, is_over = role.opening.posted_ago, role.opening.state is State.CLOSED
    ago = dice.randint(posted - 14, posted - 2) if is_over else dice.randint(1, posted - 2)
    path = dice.choices(list(_PATHS), list(_PATHS.values()))[0]
    if number < 3:  # noqa: PLR2004 - those whom a visitor can be
        ago, path = posted - 6, _FIRST
    days[ago].applies.append(number)
    for step in _in_time(dice, ago, path):
        ago, to = step
        if to is Stage.WITHDRAWN:
            days[ago].deeds.append((number, Deed.WITHDRAWS))
        else:
            reason = WELCOME if to is Stage.HIRED else dice.choice(REASONS) if to is Stage.REJECTED else ""
            closer = to in {Stage.INTERVIEW, Stage.HIRED} or dice.random() < 0.2  # noqa: PLR2004 - one of five
            days[ago].steps[role.employer.name].append(Step(number, to, reason, closer))


def _in_time(dice: Random, ago: int, path: tuple[Stage, ...]) -> Iterator[tuple[int, Stage]]:
    for stage in path:
        ago -= dice.randint(1, 6)
        if ago < 1:
            return
        yield ago, stage
