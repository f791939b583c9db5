"""The key that seals contexts: it lives inside the database, and is replaced from outside."""

from upheld.platform.database import Query
from upheld.platform.services import Platform

_ROTATE = Query("rotate_context_key", "select upheld.rotate_context_key()", "Replaces the sealing key.")


async def rotate_context_key(platform: Platform) -> int:
    """Replace the key that seals contexts; return the number of the new generation.

    Requests that are running go on under the one they began with. Two generations exist, so
    let a minute pass before the next rotation; a request that is older than both is refused,
    and its sender asked to sign in again.
    """
    async with platform.database.maintenance() as tx:
        return await tx.value(_ROTATE)
