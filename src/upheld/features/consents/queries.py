"""Reading notices and consents."""

from typing import Any
from uuid import UUID

from upheld.features.consents import store
from upheld.features.consents.model import Consent, Kind, Notice, Purpose
from upheld.features.consents.receipts import Issuer, receipt
from upheld.kit.errors import NotFoundError, UnavailableError
from upheld.platform.acting import Acting
from upheld.platform.database import Transaction
from upheld.platform.i18n import LANGUAGES, SOURCE


async def notice_in_force(tx: Transaction, kind: Kind, language: str) -> Notice:
    """Return the wording in force.

    Raises:
        UnavailableError: none has been published; nothing can be agreed to.
    """
    found = await store.latest_notice(tx, kind, language) or await store.latest_notice(tx, kind, SOURCE)
    if found is None:
        raise UnavailableError
    return found


async def wordings_in_force(tx: Transaction, kind: Kind) -> list[UUID]:
    """Return the wording in force in each language: who has agreed to one of them has agreed.

    Raises:
        UnavailableError: none has been published; nothing can be agreed to.
    """
    return [(await notice_in_force(tx, kind, language)).id for language in LANGUAGES]


async def one_notice(tx: Transaction, notice_id: UUID) -> Notice:
    """Return one wording.

    Raises:
        NotFoundError: there is none with this id.
    """
    found = await store.notice(tx, notice_id)
    if found is None:
        raise NotFoundError
    return found


async def own_consents(acting: Acting) -> list[Consent]:
    """Return every consent the person has given or withdrawn, newest first."""
    return await store.own_consents(acting.tx)


async def has_consented(acting: Acting, purpose: Purpose, organisation: UUID | None = None) -> bool:
    """Whether the person's last word about a purpose was yes."""
    return await store.own_standing(acting.tx, purpose, organisation)


async def own_receipts(acting: Acting) -> list[dict[str, Any]]:
    """Return a signed receipt for every consent the person has given or withdrawn, newest first."""
    platform = acting.platform
    settings = platform.settings
    issuer = Issuer(settings.controller, settings.contact, settings.address, platform.keys.signing_key())
    return [receipt(shown, issuer) for shown in await store.shown_to_person(acting.tx)]
