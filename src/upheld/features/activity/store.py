"""The queries of activity, typed."""

from collections.abc import Collection
from uuid import UUID

import msgspec

from upheld.features.activity.model import EntryRow, Place, Wanted
from upheld.platform.database import Transaction, load_queries

_Q = load_queries("upheld.features.activity")


class _Title(msgspec.Struct, frozen=True):
    id: UUID
    title: str


async def look_at_activity(tx: Transaction, origin: bytes) -> bool:
    """Have the person asking look, which is written down; False when they may not."""
    return await tx.value(_Q["look_at_activity"], origin)


async def entries(tx: Transaction, wanted: Wanted, after: Place, at_most: int) -> list[EntryRow]:
    """Return what concerns the organisation acted for, newest first.

    Every bound is a value: the index is not looked into with anything that is worked out first.
    """
    return await tx.all(
        _Q["entries"], wanted.group, wanted.person, wanted.since, wanted.until,
        after.at, after.id, at_most, into=EntryRow,
    )  # fmt: skip


async def departed(tx: Transaction, people: Collection[UUID]) -> set[UUID]:
    """Return who of these people left the organisation acted for, or was removed from it."""
    return set(await tx.column(_Q["departed"], list(people)))


async def titles(tx: Transaction, jobs: Collection[UUID]) -> dict[UUID, str]:
    """Return what some of the jobs of the organisation acted for are called."""
    return {one.id: one.title for one in await tx.all(_Q["titles"], list(jobs), into=_Title)}
