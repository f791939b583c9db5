"""The queries of the desk, typed."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

import msgspec

from upheld.features.applications.model import Neighbours, Stage
from upheld.platform.database import Transaction, load_queries

_Q = load_queries("upheld.features.applications.desk")


class Waiting(msgspec.Struct, frozen=True):
    """An open application that nobody has moved since."""

    id: UUID
    job_id: UUID
    stage: Stage
    since: dt.datetime


class Happening(msgspec.Struct, frozen=True):
    """Something that happened to an application: what, when, and from which side."""

    application_id: UUID
    job_id: UUID
    stage: Stage
    at: dt.datetime
    is_candidates: bool
    is_own: bool


async def longest_waiting(tx: Transaction, stages: Sequence[Stage], since: dt.datetime) -> list[Waiting]:
    """Return applications at some stages that have not moved since a moment, longest first.

    Only those that were sent first at each stage are looked at, so that it costs the same
    however many there are.
    """
    return await tx.all(_Q["longest_waiting"], stages, since, into=Waiting)


async def latest_events(tx: Transaction, at_most: int) -> list[Happening]:
    """Return what happened lately in the organisation acted for, newest first."""
    return await tx.all(_Q["latest_events"], at_most, into=Happening)


async def neighbours(tx: Transaction, application_id: UUID) -> Neighbours:
    """Return which applications stand before and after one; none of either when it is not theirs to see."""
    return await tx.one(_Q["neighbours"], application_id, into=Neighbours) or Neighbours()
