"""The queries of the log, typed."""

from uuid import UUID

from upheld.features.audit.model import Action, Entry
from upheld.platform.database import Transaction, load_queries

_Q = load_queries("upheld.features.audit")


async def record_act(
    tx: Transaction, action: Action, target_kind: str, target_id: UUID | None, details: dict[str, object], origin: bytes
) -> None:
    """Record an act of the person whose context is open."""
    await tx.value(_Q["record_act"], action, target_kind, target_id, details, origin)


async def record_at_the_gate(
    tx: Transaction, actor: UUID | None, action: Action, details: dict[str, object], origin: bytes
) -> None:
    """Record what happens before anybody is signed in."""
    await tx.value(_Q["record_at_the_gate"], actor, action, details, origin)


async def record_duty(tx: Transaction, action: Action, details: dict[str, object]) -> None:
    """Record a duty of the platform itself."""
    await tx.value(_Q["record_duty"], action, details)


async def own_entries(tx: Transaction, at_most: int) -> list[Entry]:
    """Return what the person asking has done, newest first."""
    return await tx.all(_Q["own_entries"], at_most, into=Entry)
