"""The queries of organisations, typed."""

import datetime as dt
from uuid import UUID

from upheld.features.organisations.model import Membership, Organisation
from upheld.platform.database import Transaction, load_queries

_Q = load_queries("upheld.features.organisations")


async def found_organisation(tx: Transaction, organisation_id: UUID, name: str, website: str | None) -> None:
    """Found an organisation, with the person asking as its owner."""
    await tx.value(_Q["found_organisation"], organisation_id, name, website)


async def organisation(tx: Transaction, organisation_id: UUID) -> Organisation | None:
    """Return one organisation, as everyone may see it."""
    return await tx.one(_Q["organisation"], organisation_id, into=Organisation)


async def may_see_candidates(tx: Transaction) -> bool:
    """Whether the person asking may see candidates' data in the role and organisation of this session."""
    return await tx.value(_Q["may_see_candidates"])


async def accept_fair_use(tx: Transaction, notice_id: UUID) -> bool:
    """Record an acceptance; False when it was recorded before."""
    return await tx.run(_Q["accept_fair_use"], notice_id) > 0


async def own_acceptance(tx: Transaction, wordings: list[UUID]) -> dt.datetime | None:
    """Return when the person asking last accepted one of these wordings."""
    return await tx.value(_Q["own_acceptance"], wordings)


async def own_membership(tx: Transaction) -> Membership | None:
    """Return what the person asking is in the organisation they act for."""
    return await tx.one(_Q["own_membership"], into=Membership)


async def change_organisation(tx: Transaction, name: str, website: str | None) -> bool:
    """Change what everyone reads about the organisation acted for; False when it is not theirs to change."""
    return await tx.run(_Q["change_organisation"], name, website) == 1
