"""What row security and the sealed context cost a statement: the same one with both and with neither.

Inside one transaction, one row by its index, as the application issues it. "Without any" is the
administrator, whom row security does not hold. Both take turns, so that whatever else the
machine does meets both. The context is verified, and its session looked up, by every statement
anew: that is what lets somebody who is signed out see nothing from the next statement on.
"""

import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from bench.figures import Figure
from bench.stage import Stage, staged
from upheld.platform.database import Query, Transaction

ROUNDS, STATEMENTS = 60, 50


class _Stage(msgspec.Struct, frozen=True):
    stage: str


_APPLICATION = Query("application", "select stage from upheld.applications where id = $1", "One application.")
_JOB = Query("job", "select status as stage from upheld.jobs where id = $1", "One job.")


@dataclass(frozen=True)
class _Case:
    """A statement, and whose it is."""

    name: str
    query: Query
    whose: Callable[[Stage], bytes]
    which: Callable[[Stage], object]
    at_most: float | None = None


_CASES = (
    _Case("an open job, which asks nothing of the context", _JOB,
          lambda s: s.deployment.secret_of(s.application.candidate), lambda s: s.application.job_id),
    _Case("a candidate's own application", _APPLICATION, lambda s: s.deployment.secret_of(s.application.candidate),
          lambda s: s.application.id, at_most=1.25),
    _Case("an application, for a member of its organisation", _APPLICATION,
          lambda s: s.deployment.secret_of(s.application.owner), lambda s: s.application.id),
)  # fmt: skip


async def measure() -> list[Figure]:
    """Measure each case in turn."""
    async with staged() as stage:
        return [figure for case in _CASES for figure in await _measured(stage, case)]


async def _measured(stage: Stage, case: _Case) -> list[Figure]:
    which = case.which(stage)
    async with (
        stage.deployment.connected("web") as guarded,
        stage.administering() as bare,
        guarded.transaction(),
        bare.transaction(),
    ):
        await guarded.fetch("select upheld.open_context($1)", case.whose(stage))
        with_all, without = Transaction(guarded), Transaction(bare)
        pairs = await in_turns(lambda: _read(with_all, case.query, which), lambda: _read(without, case.query, which))
        issued = await in_turns(_prepared(await guarded.prepare(case.query.sql), which),
                                    _prepared(await bare.prepare(case.query.sql), which))  # fmt: skip
    return [
        Figure(f"{case.name}: as the application reads it", _ratio(pairs), "x", at_most=case.at_most),
        Figure("    the same, prepared, by the bare driver", _ratio(issued), "x"),
        Figure("    what is added, of the bare driver's", _added(issued), "µs"),
    ]


async def _read(tx: Transaction, query: Query, which: object) -> None:
    row = await tx.one(query, which, into=_Stage)
    assert row is not None


def _prepared(statement: Any, which: object) -> Callable[[], Awaitable[object]]:  # noqa: ANN401 - asyncpg's own object
    return lambda: statement.fetchrow(which)


async def in_turns(
    first: Callable[[], Awaitable[object]], second: Callable[[], Awaitable[object]], statements: int = STATEMENTS
) -> list[tuple[float, float]]:
    """Return the seconds that one call of each takes, measured in rounds that alternate."""
    return [(await _seconds(first, statements), await _seconds(second, statements)) for _ in range(ROUNDS)]


async def _seconds(act: Callable[[], Awaitable[object]], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        await act()
    return (time.perf_counter() - began) / times


def _ratio(pairs: list[tuple[float, float]]) -> float:
    return statistics.median(one / other for one, other in pairs)


def _added(pairs: list[tuple[float, float]]) -> float:
    return statistics.median(one - other for one, other in pairs) * 1e6
