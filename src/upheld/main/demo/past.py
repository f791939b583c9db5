"""The past of a demo: its clock stands some days back while its story is told.

What happens then is dated as it would have been, the audit log's leaves included. Both clocks are
set, the application's and the database's, and the database's is put right again before anybody is
served; `upheld verify` is red wherever it finds another.
"""

import datetime as dt
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg

from upheld.platform import naming

_KNOWN_LINK = "update upheld.invitations set token_hash = sha256($2) where id = $1"


class Past:
    """A clock that can be set back; `Clock` for the application, and the administrator's hand on the database's."""

    def __init__(self, administrator: Any) -> None:  # noqa: ANN401 - asyncpg's own object
        """Take the administrator's connection to the demo's database."""
        self._administrator = administrator
        self._ago = dt.timedelta(0)

    def now(self) -> dt.datetime:
        """Return the instant that it is in the demo's story."""
        return dt.datetime.now(dt.UTC) - self._ago

    async def go(self, days: float) -> None:
        """Set both clocks so many days back."""
        self._ago = dt.timedelta(seconds=round(days * 86400))
        await self._administrator.execute(naming.set_clock(int(self._ago.total_seconds())))

    async def known_link(self, invitation: UUID) -> UUID:
        """Put a link that we know in the place of one that would be mailed; return its token."""
        token = UUID(bytes=secrets.token_bytes(16))
        await self._administrator.execute(_KNOWN_LINK, invitation, token.bytes)
        return token

    async def end(self) -> None:
        """Put the clocks right."""
        self._ago = dt.timedelta(0)
        await self._administrator.execute(naming.set_clock(0))


@asynccontextmanager
async def past(administrator: str) -> AsyncGenerator[Past]:
    """Yield the demo's past; afterwards the clocks are right.

    Nothing is worth waiting for the disk until the story is told: a demo that is interrupted begins anew.
    """
    connection: Any = await asyncpg.connect(administrator)
    story = Past(connection)
    try:
        await connection.execute("alter system set synchronous_commit = off")
        await connection.execute("select pg_reload_conf()")
        yield story
    finally:
        await story.end()
        await connection.execute("alter system reset synchronous_commit")
        await connection.execute("select pg_reload_conf()")
        await connection.execute("checkpoint")
        await connection.close()
