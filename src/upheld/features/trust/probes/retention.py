"""data.retention: nothing is kept past the end that is published for it, and what sees to it is at work."""

import datetime as dt

from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.everything import QUERIES, READS_EVERYTHING, every_row
from upheld.features.trust.scene import Scene

SWEPT_EVERY = dt.timedelta(hours=1)
"""What is over is removed every ten minutes; an hour without a turn is a standstill."""

_CLOCKS_DIFFER_BY = dt.timedelta(minutes=1)


@probe(privilege=READS_EVERYTHING, cost="a dozen counts of rows that are past their time")
async def limits(scene: Scene) -> Finding:
    """Count, rule by rule and by the machine's own clock, the rows that are older than their limit and a day."""
    async with every_row(scene) as connection:
        rows = await connection.fetch(QUERIES["past_their_limit"].sql)
    faults = [f"{row['number']} rows of {row['tab']}: {row['rule']}" for row in rows if row["number"]]
    return judged(faults, rules={str(row["tab"]): str(row["rule"]) for row in rows})


@probe(privilege=f"the role `maintenance`, for the time it sees; {READS_EVERYTHING}", cost="two queries")
async def sweeper(scene: Scene) -> Finding:
    """Look for the journal's last word of the sweeper, and at the clock it goes by."""
    async with scene.platform.database.maintenance() as tx:
        differs: dt.timedelta = await tx.value(QUERIES["clock_differs_by"])
    async with every_row(scene) as connection:
        found = await connection.fetchrow(QUERIES["last_sweep"].sql)
    assert found is not None  # noqa: S101 - the query returns one row
    faults = [f"the database's clock is wrong by {differs}"] if abs(differs) > _CLOCKS_DIFFER_BY else []
    last, first = found["swept_before"], found["here_since"]
    if first is not None and first > SWEPT_EVERY and (last is None or last > SWEPT_EVERY):
        faults.append(f"nothing that is over was removed for {last or first}")
    minutes = None if last is None else int(last.total_seconds() // 60)
    return judged(faults, minutes_since_the_last_turn=minutes, every_minutes=10)
