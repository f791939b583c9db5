"""How many rows every table has: written down when a backup is taken, held against it when it is restored."""

from typing import Any

from upheld.platform import naming
from upheld.platform.database import load_queries

_Q = load_queries("upheld.platform.backup")


async def counted(connection: Any) -> dict[str, int]:  # noqa: ANN401 - asyncpg's own connection
    """Return the number of rows of every table, named with its schema, for as long as the transaction lasts."""
    await connection.execute(_Q["qualified_names"].sql)
    names = [row["name"] for row in await connection.fetch(_Q["tables"].sql)]
    return {name: await connection.fetchval(naming.count_rows(name)) for name in names}
