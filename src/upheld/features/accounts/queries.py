"""Reading one's own account."""

import datetime as dt

from upheld.features.accounts import store
from upheld.features.accounts.model import AddressChange, OpenSession, SessionRow
from upheld.kit.addresses import is_inside, neighbourhood
from upheld.kit.browsers import named
from upheld.kit.errors import NotFoundError
from upheld.platform.acting import Acting
from upheld.platform.places import country_of


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


async def own_sessions(acting: Acting) -> list[OpenSession]:
    """Return the sessions of the person asking that still open something, the last used first."""
    rows = await store.own_sessions(acting.tx)
    cells = [(row.id, {"origin_sealed": row.origin_sealed}) for row in rows]
    opened = await acting.platform.vault.open_rows("sessions", cells)
    now = neighbourhood(acting.origin.partition(" ")[0])
    return [_told(row, texts["origin_sealed"] or "", now) for row, texts in zip(rows, opened, strict=True)]


async def own_changes(acting: Acting) -> list[AddressChange]:
    """Return the change of address that waits to be confirmed, and those that can be taken back."""
    rows = await store.own_links(acting.tx)
    cells = [(acting.person_id, {"email_sealed": row.email_sealed}) for row in rows]
    opened = await acting.platform.vault.open_rows("people", cells)
    return [
        AddressChange(row.purpose, texts["email_sealed"] or "", row.expires_at)
        for row, texts in zip(rows, opened, strict=True)
    ]


async def password_changed_at(acting: Acting) -> dt.datetime | None:
    """Return when the person asking last changed their password; None when they have none."""
    return await store.password_changed_at(acting.tx)


def _told(row: SessionRow, origin: str, now: str) -> OpenSession:
    """Say where a session was opened: its country and network address, no guess at a town."""
    address, _, agent = origin.partition(" ")
    browser, system = named(agent)
    return OpenSession(
        row.id, row.created_at, row.last_seen_at, row.ends_at, row.strength,
        address, country_of(address), is_inside(address), neighbourhood(address) == now, browser, system,
    )  # fmt: skip
