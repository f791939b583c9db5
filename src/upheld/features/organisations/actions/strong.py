"""Asking the members of an organisation for a passkey or an app, and asking no longer.

What the rule does is done by the database, at every statement (`076_factor_rules.sql`).
"""

from datetime import datetime, timedelta

from upheld.features.audit.actions import record
from upheld.features.audit.model import Action
from upheld.features.organisations import store
from upheld.features.organisations.errors import NotPermittedError, OwnFactorFirstError
from upheld.features.organisations.model import Role
from upheld.features.organisations.queries import own_organisation
from upheld.kit.errors import ConflictError, InvalidError
from upheld.platform.acting import Acting
from upheld.platform.i18n import mark
from upheld.platform.outbox import queue_mail_about_factors

LONGEST_GRACE = 30
"""In days; the database has the same bound."""


async def require_factor(acting: Acting, grace: int) -> datetime:
    """Ask the members of the organisation acted for for a factor; return from when on.

    Those who have none are told by mail. Asked again, the newer answer counts.

    Args:
        acting: an owner, in a session in which a factor was shown.
        grace: how many days they have.

    Raises:
        NotPermittedError: the person is no owner.
        InvalidError: the days are too few or too many.
        OwnFactorFirstError: the owner has none themselves.
    """
    if acting.role != Role.OWNER:
        raise NotPermittedError
    if not 0 <= grace <= LONGEST_GRACE:
        raise InvalidError({"grace": mark("Choose a number of days from 0 to 30.")})
    organisation = await own_organisation(acting)
    starts_at = await store.require_factor(acting.tx, timedelta(days=grace))
    if starts_at is None:
        raise OwnFactorFirstError
    await record(acting, Action.FACTOR_REQUIRED, "organisation", organisation.id, {"days": grace})
    have_one = await store.members_with_factor(acting.tx)
    told = {"organisation": organisation.name, "starts": starts_at.isoformat() if grace else ""}
    for one in await store.colleagues(acting.tx):
        if one.person_id not in have_one:
            await queue_mail_about_factors(acting.tx, acting.platform.vault, one.person_id, told)
    return starts_at


async def lift_factor_rule(acting: Acting) -> None:
    """Ask for it no longer, from the next statement on.

    Raises:
        NotPermittedError: the person is no owner.
        ConflictError: nobody asks for it any more.
    """
    if acting.role != Role.OWNER:
        raise NotPermittedError
    if not await store.lift_factor_rule(acting.tx):
        raise ConflictError
    await record(acting, Action.FACTOR_RULE_LIFTED, "organisation", acting.organisation_id)
