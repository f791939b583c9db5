"""What a deployment asks of its databases, as the server itself writes it down."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from tests.support.cluster import Cluster

_SAID = re.compile(r"LOG:  (?:execute [^:]+|statement): (.*)")
# What holds a transaction together asks nothing: beginning, ending, and the driver's tidying of a
# connection that goes back to its pool.
_FRAME = re.compile(r"(?:begin|commit|rollback|savepoint|release|select pg_advisory_unlock_all)", re.IGNORECASE)


@dataclass
class Counter:
    """The statements that were issued while it was looked, in both databases."""

    statements: list[str] = field(default_factory=list[str])


@asynccontextmanager
async def counted(cluster: Cluster) -> AsyncGenerator[Counter]:
    """Let the server write down every statement for as long as the block lasts; they are there afterwards."""
    administrator: Any = await asyncpg.connect(cluster.administrator.format(database="postgres"))
    counter = Counter()
    try:
        await _write_down(administrator, "all")
        size = cluster.server.log.stat().st_size
        yield counter
        said = cluster.server.log.read_bytes()[size:].decode(errors="replace")
        counter.statements += [one for one in _SAID.findall(said) if not _FRAME.match(one)]
    finally:
        await _write_down(administrator, "none")
        await administrator.close()


async def _write_down(administrator: Any, what: str) -> None:
    await administrator.execute(f"alter system set log_statement = '{what}'")
    await administrator.execute("select pg_reload_conf()")
    for _ in range(100):
        if await administrator.fetchval("select setting from pg_settings where name = 'log_statement'") == what:
            break
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)  # the others are told at the same moment, and look before their next statement
