"""Recording: what every other slice calls in the transaction of its act."""

from uuid import UUID

from upheld.features.audit import store
from upheld.features.audit.model import Action
from upheld.kit.errors import TooSoonError
from upheld.platform.acting import Acting
from upheld.platform.database import Transaction
from upheld.platform.limits import take
from upheld.platform.limits.rules import REFUSALS_PER_PERSON
from upheld.platform.services import Platform
from upheld.platform.web.visits import Refusal


async def record(
    acting: Acting, action: Action, kind: str, target: UUID | None = None, details: dict[str, object] | None = None
) -> None:
    """Record an act in the transaction of the person acting.

    Args:
        acting: who acts; the database takes actor and organisation from the context.
        action: what was done.
        kind: of what the target is (`application`, `job` …).
        target: its id.
        details: what else an auditor needs; never personal data.
    """
    origin = await acting.platform.vault.seal_origin(acting.platform.clock.now(), acting.origin)
    await store.record_act(acting.tx, action, kind, target, details or {}, origin)


async def record_refusal(acting: Acting, refusal: Refusal) -> None:
    """Record that somebody signed in was refused something; in a transaction of its own, which lasts.

    After `REFUSALS_PER_PERSON` nothing more is written about them until its time is over.
    """
    try:
        await take(acting.tx, acting.platform, REFUSALS_PER_PERSON, str(acting.person_id))
    except TooSoonError:
        return
    details: dict[str, object] = {"route": refusal.route, "status": refusal.status}
    await record(acting, Action.ACT_REFUSED, "route", refusal.subject, details)


async def record_at_gate(
    tx: Transaction,
    platform: Platform,
    actor: UUID | None,
    action: Action,
    origin: str,
    details: dict[str, object] | None = None,
) -> None:
    """Record an act of somebody who is not signed in; `actor` is who they claim or prove to be."""
    sealed = await platform.vault.seal_origin(platform.clock.now(), origin)
    await store.record_at_the_gate(tx, actor, action, details or {}, sealed)


async def record_duty(tx: Transaction, action: Action, details: dict[str, object]) -> None:
    """Record a duty of the platform itself (keys, retention, maintenance); counts only, never whose."""
    await store.record_duty(tx, action, details)
