"""Reading rows as they are stored, in order to count them, and the queries that probes share.

The role `backup` reads every row and can write nothing; no process of the application holds
it. Whoever runs a probe on this machine does.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from upheld.features.trust.scene import Scene
from upheld.platform.database import load_queries
from upheld.platform.install import url
from upheld.platform.reach import tls_for

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

QUERIES = load_queries("upheld.features.trust.probes")

READS_EVERYTHING = "the role `backup`, which reads every row and writes none"


@asynccontextmanager
async def every_row(scene: Scene) -> AsyncGenerator["Connection"]:
    """Connect to the data as the role that sees every row; what is asked should be how many."""
    base = scene.settings.database
    connection = await asyncpg.connect(
        url(base, "backup", scene.settings.secret("backup")), ssl=tls_for(base), command_timeout=300
    )
    try:
        yield connection
    finally:
        await connection.close()
