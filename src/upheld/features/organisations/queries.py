"""Reading organisations, and whether their members may see candidates."""

import datetime as dt
from uuid import UUID

from upheld.features.consents.model import Kind
from upheld.features.consents.queries import wordings_in_force
from upheld.features.organisations import store
from upheld.features.organisations.model import Membership, Organisation
from upheld.kit.errors import NotFoundError
from upheld.platform.acting import Acting
from upheld.platform.database import Transaction


async def organisation(tx: Transaction, organisation_id: UUID) -> Organisation:
    """Return one organisation.

    Raises:
        NotFoundError: there is none with this id.
    """
    found = await store.organisation(tx, organisation_id)
    if found is None:
        raise NotFoundError
    return found


async def own_organisation(acting: Acting) -> Organisation:
    """Return the organisation that this session acts for.

    Raises:
        NotFoundError: it acts for none.
    """
    if acting.organisation_id is None:
        raise NotFoundError
    return await organisation(acting.tx, acting.organisation_id)


async def may_see_candidates(acting: Acting) -> bool:
    """Whether the person may see candidates' data: an owner or manager who accepted the fair-use policy."""
    return await store.may_see_candidates(acting.tx)


async def own_acceptance(acting: Acting) -> dt.datetime | None:
    """Return when the person accepted the fair-use policy in force, in whatever language, or None."""
    return await store.own_acceptance(acting.tx, await wordings_in_force(acting.tx, Kind.FAIR_USE))


async def own_membership(acting: Acting) -> Membership:
    """Return what the person is in the organisation that their session acts for.

    Raises:
        NotFoundError: it acts for none.
    """
    found = await store.own_membership(acting.tx)
    if found is None:
        raise NotFoundError
    return found
