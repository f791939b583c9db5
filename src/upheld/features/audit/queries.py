"""Reading the log, for the person it is about."""

from upheld.features.audit import store
from upheld.features.audit.model import Entry
from upheld.platform.acting import Acting


async def own_history(acting: Acting, at_most: int = 500) -> list[Entry]:
    """Return what the person has done, newest first."""
    return await store.own_entries(acting.tx, at_most)
