"""A crowd for a demo: as many applications as one asks for, to one invented employer with sixty jobs.

People by the hundred thousand are not admitted one by one: their rows are copied in, a thousand
people a transaction, by as many processes as there are cores. That takes the administrator of the
database, whom only a demo's own embedded server has, and it is refused everywhere else. Nobody in
a crowd has a password. What is asked of the crowd afterwards meets every policy and trigger that
there is: they were not lifted, and the counts by stage were kept by the same triggers.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from typing import Any

import asyncpg

from upheld.features.accounts.actions import admit_invented, open_session_for
from upheld.features.consents.model import Kind
from upheld.features.consents.queries import notice_in_force
from upheld.features.jobs.actions import post_job
from upheld.features.jobs.model import Employment, JobText
from upheld.features.organisations.actions import accept_fair_use, found_organisation
from upheld.kit.errors import RefusedError
from upheld.main.demo.bulk import COLUMNS, Maker, Rows, Where
from upheld.main.demo.trades import TRADES
from upheld.platform.acting import Acting
from upheld.platform.database import load_queries
from upheld.platform.install import DATABASE, KEYRING
from upheld.platform.services import Platform, open_platform
from upheld.platform.settings import Settings
from upheld.platform.web.visits import open_context

BATCH = 1000
JOBS = 60
NAME, OWNER = "Metropolis Works", "owner@metropolis.example"
TEXT = "Metropolis Works makes whatever a city needs. You do your part of it, and go home on time.\n\n- Come as you are"

_HOLD_EPOCH = load_queries("upheld.platform.keyring")["hold_epoch"].sql
_ENTRIES = """
insert into upheld.audit_entries
(at, actor_id, organisation_id, action, target_kind, target_id, details, origin_sealed, salt, leaf)
select
    e.at, e.actor_id, e.organisation_id, e.action, e.target_kind, e.target_id, e.details, e.origin_sealed, e.salt,
    sha256(e.salt || upheld.audit_content(
        e.at, e.actor_id, e.organisation_id, e.action, e.target_kind, e.target_id, e.details, e.origin_sealed))
from unnest(
    $1::timestamptz[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::jsonb[], $8::bytea[], $9::bytea[]
) as e (at, actor_id, organisation_id, action, target_kind, target_id, details, origin_sealed, salt)
"""


@dataclass(frozen=True)
class Door:
    """The way in: the deployment, and the URL of its administrator with `{database}` for the name.

    `databases` are the names of the data and of the keyring.
    """

    settings: Settings
    administrator: str
    databases: tuple[str, str] = (DATABASE, KEYRING)


def bring(door: Door, where: Where, first: int, count: int, progress: Callable[[int], object]) -> None:
    """Let `count` people apply, numbered from `first` on.

    Args:
        door: the way in.
        where: who employs them.
        first: the number of the first; a number comes once.
        count: how many.
        progress: told how many more are there.

    Raises:
        RefusedError: this is not a demo.
    """
    if not door.settings.demo:
        msg = "Only a demo takes an invented crowd."
        raise RefusedError(msg)
    batches = [(start, min(BATCH, first + count - start)) for start in range(first, first + count, BATCH)]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as processes:
        for done in as_completed(processes.submit(_copy_batch, door, where, *batch) for batch in batches):
            progress(done.result())
    asyncio.run(_settle(door))


def _copy_batch(door: Door, where: Where, first: int, count: int) -> int:
    """Make and copy one batch, in a process of its own; return how many people it has."""
    asyncio.run(_copied(door, where, first, count))
    return count


async def _copied(door: Door, where: Where, first: int, count: int) -> None:
    async with open_platform(door.settings, []) as platform:
        now = platform.clock.now()
        maker = Maker(platform, where, await platform.vault.seal_origin(now, "demo"), now)
        data, keyring = [await _connected(door, name) for name in door.databases]
        try:
            async with keyring.transaction(), data.transaction():
                # No key is born under a dying epoch, nor does one protect data before it is there.
                await keyring.execute(_HOLD_EPOCH)
                await _copy(data, keyring, maker.people(first, count))
        finally:
            await data.close()
            await keyring.close()


async def _connected(door: Door, database: str) -> Any:  # noqa: ANN401 - asyncpg's own object
    # A crowd that is lost when the machine fails is brought again.
    return await asyncpg.connect(
        door.administrator.format(database=database), server_settings={"synchronous_commit": "off"}
    )


async def _copy(data: Any, keyring: Any, rows: Rows) -> None:  # noqa: ANN401 - asyncpg's own objects
    for table, columns in COLUMNS.items():
        records = rows.tables[table]
        if table == "entries":
            await data.execute(_ENTRIES, *(list(column) for column in zip(*records, strict=True)))
        else:
            schema, to = ("keyring", keyring) if table == "data_keys" else ("upheld", data)
            await to.copy_records_to_table(table, schema_name=schema, columns=columns, records=records)


async def _settle(door: Door) -> None:
    """Let the planner know what is there now."""
    for database in door.databases:
        connection = await _connected(door, database)
        await connection.execute("vacuum analyze")
        await connection.close()


async def employ(platform: Platform, password: str | None, jobs: int = JOBS) -> Where:
    """Found the employer of the crowd with its jobs, through the product's own actions.

    Raises:
        RefusedError: this is not a demo.
        ConflictError: it is there already.
    """
    async with platform.database.transaction("gate") as tx:
        notices = {kind: (await notice_in_force(tx, kind, "en")).id for kind in Kind}
    owner = await admit_invented(platform, OWNER, password, notices[Kind.ACCOUNT])
    secret = await open_session_for(platform, owner, timedelta(minutes=5))
    await _act(platform, secret, lambda acting: found_organisation(acting, NAME, "https://metropolis.example"))
    await _act(platform, secret, lambda acting: accept_fair_use(acting, notices[Kind.FAIR_USE]))
    posted = [
        await _act(platform, secret, lambda acting, text=text: post_job(acting, text, publish=True))
        for text in _texts(jobs)
    ]
    async with platform.database.transaction("web") as tx:
        who = await open_context(tx, secret)
    assert who is not None and who.organisation_id is not None  # noqa: S101, PT018 - it was founded a moment ago
    return Where(who.organisation_id, owner, tuple(posted), notices[Kind.ACCOUNT], notices[Kind.APPLICATION])


async def _act(platform: Platform, secret: bytes, do: Callable[[Acting], Any]) -> Any:  # noqa: ANN401 - the action decides
    async with platform.database.transaction("web") as tx:
        who = await open_context(tx, secret)
        assert who is not None  # noqa: S101 - the session was opened a moment ago
        return await do(who.acting(tx, platform, "demo"))


def _texts(jobs: int) -> list[JobText]:
    titles = [title for trade in TRADES.values() for title in trade.titles]
    return [
        JobText(
            title=f"{titles[number % len(titles)]}, district {number + 1}",
            employment_type=Employment.FULL_TIME,
            description=TEXT,
            location="Metropolis",
            country="IN",
        )
        for number in range(jobs)
    ]
