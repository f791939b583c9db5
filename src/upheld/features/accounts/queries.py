"""Reading one's own account."""

from upheld.features.accounts import store
from upheld.features.accounts.model import SessionRow
from upheld.kit.errors import NotFoundError
from upheld.platform.acting import Acting


async def own_email(acting: Acting) -> str:
    """Return the address of the person asking.

    Raises:
        NotFoundError: the account is gone.
    """
    account = await store.own_account(acting.tx)
    if account is None:
        raise NotFoundError
    opened = await acting.platform.vault.open("people", account.id, {"email_sealed": account.email_sealed})
    return opened["email_sealed"] or ""


async def own_sessions(acting: Acting) -> list[SessionRow]:
    """Return the sessions of the person asking that still open something, the last used first."""
    return await store.own_sessions(acting.tx)
