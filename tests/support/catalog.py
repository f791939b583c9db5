"""A look into PostgreSQL's own catalogs, as the administrator of the test's cluster."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from tests.support.cluster import Cluster


@asynccontextmanager
async def connected(cluster: Cluster, database: str) -> AsyncGenerator[Any]:
    """Yield a connection of the administrator to a database, named as it is or by its URL."""
    name = urlsplit(database).path.lstrip("/") or database
    connection = await asyncpg.connect(cluster.administrator.format(database=name))
    try:
        yield connection
    finally:
        await connection.close()
