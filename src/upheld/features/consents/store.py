"""The queries of notices and consents, typed."""

from uuid import UUID

from upheld.features.consents.model import Consent, Kind, Notice, Purpose
from upheld.features.consents.receipts import Shown
from upheld.platform.database import Transaction, load_queries

_Q = load_queries("upheld.features.consents")


async def publish_notice(tx: Transaction, notice_id: UUID, kind: Kind, version: str, language: str, body: str) -> None:
    """Publish a wording, unless it is published already."""
    await tx.run(_Q["publish_notice"], notice_id, kind, version, language, body)


async def latest_notice(tx: Transaction, kind: Kind, language: str) -> Notice | None:
    """Return the wording in force."""
    return await tx.one(_Q["latest_notice"], kind, language, into=Notice)


async def notice(tx: Transaction, notice_id: UUID) -> Notice | None:
    """Return one wording."""
    return await tx.one(_Q["notice"], notice_id, into=Notice)


async def add_consent(
    tx: Transaction, purpose: Purpose, organisation: UUID | None, notice_id: UUID, origin: bytes, *, given: bool
) -> None:
    """Record a consent given or withdrawn."""
    await tx.run(_Q["add_consent"], purpose, organisation, notice_id, given, origin)


async def own_consents(tx: Transaction) -> list[Consent]:
    """Return every consent of the person asking, newest first."""
    return await tx.all(_Q["own_consents"], into=Consent)


async def own_standing(tx: Transaction, purpose: Purpose, organisation: UUID | None) -> bool:
    """Return whether the last word about a purpose was yes."""
    return bool(await tx.value(_Q["own_standing"], purpose, organisation))


async def shown_to_person(tx: Transaction) -> list[Shown]:
    """Return every consent of the person asking with the notice that was shown, newest first."""
    return await tx.all(_Q["shown_to_person"], into=Shown)
