"""Ending sessions, one's own."""

from uuid import UUID

from upheld.features.accounts import store
from upheld.features.accounts.actions.finding import normalised
from upheld.features.accounts.errors import NobodyError
from upheld.features.audit.actions import record
from upheld.features.audit.model import Action
from upheld.kit.errors import NotFoundError
from upheld.platform.acting import Acting
from upheld.platform.services import Platform


async def sign_out(acting: Acting) -> None:
    """End the session; its cookie is worth nothing from this statement on."""
    await record(acting, Action.SESSION_ENDED, "session")
    await store.end_session(acting.tx)


async def end_own_session(acting: Acting, session: UUID) -> None:
    """End one of the person's sessions, wherever it is open.

    Raises:
        NotFoundError: it is not theirs, or has ended already.
    """
    # Recorded first: whoever ends the session they are in can do nothing more in it.
    await record(acting, Action.SESSION_ENDED, "session", session)
    if not await store.end_own_session(acting.tx, session):
        raise NotFoundError


async def end_sessions_of(platform: Platform, person: UUID | None, email: str | None) -> int:
    """End every session of somebody, on the word of whoever operates the deployment.

    Their access tokens end as well, and sign-ins that wait for a factor.

    Returns:
        how many sessions there were.

    Raises:
        NobodyError: there is no such account.
    """
    indexes = platform.blind_indexes("email", normalised(email)) if email else []
    async with platform.database.maintenance() as tx:
        ended = await store.end_sessions_of(tx, person, indexes)
    if ended is None:
        raise NobodyError
    return ended


async def end_other_sessions(acting: Acting) -> int:
    """End every session of the person but the one that asks; return how many there were."""
    ended = await store.end_other_sessions(acting.tx)
    if ended:
        await record(acting, Action.SESSION_ENDED, "session", details={"others": ended})
    return ended
