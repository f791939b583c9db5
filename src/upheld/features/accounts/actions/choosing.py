"""Choosing a password: what somebody may not choose, and changing the one they have."""

from uuid import UUID

from upheld.features.accounts import store
from upheld.features.accounts.actions.proving import check_password, freshened
from upheld.features.accounts.model import Ticket
from upheld.features.audit.actions import record_at_gate
from upheld.features.audit.model import Action
from upheld.kit.errors import InvalidError
from upheld.platform.outbox import queue_mail_at_gate
from upheld.platform.password_rules import judge
from upheld.platform.passwords import hash_password
from upheld.platform.services import Platform


async def change_password(
    platform: Platform, person: UUID, session: UUID, current: str, chosen: str, origin: str, *, ends_others: bool
) -> Ticket:
    """Change the password of a signed-in person, who shows that they know the current one.

    The session goes on under another secret; the others end when they are asked to.

    Raises:
        InvalidError: the new one does not do.
        WrongProofError: the current one is another.
        TooSoonError: too many tries.
    """
    refuse_weak(chosen, await own_words(platform, person), "new-password")
    await check_password(platform, person, current, origin)
    new_hash = await hash_password(chosen, platform.settings.bcrypt_cost)
    async with platform.database.transaction("gate") as tx:
        ticket = await freshened(tx, platform, person, session, origin)
        ended = await store.change_password(tx, session, new_hash, ends_others=ends_others)
        await record_at_gate(tx, platform, person, Action.PASSWORD_CHANGED, origin)
        if ended:
            await record_at_gate(tx, platform, person, Action.SESSION_ENDED, origin, {"others": ended})
        await queue_mail_at_gate(tx, platform.vault, person, "accounts/password-changed", {})
    return ticket


def refuse_weak(password: str, own: list[str], field: str = "password") -> None:
    """Refuse a password that is too short, easy to guess, known from breaches or made of somebody's own data.

    Raises:
        InvalidError: with what to do about it, at the field.
    """
    judgement = judge(password, own)
    if judgement.is_refused:
        raise InvalidError({field: judgement.said})


async def own_words(platform: Platform, person: UUID) -> list[str]:
    """Return what a person's password may not be made of: their address, and the names of their organisations."""
    async with platform.database.transaction("gate") as tx:
        stored = await store.own_words(tx, person)
    if stored is None:
        return []
    opened = await platform.vault.open("people", person, {"email_sealed": stored.email_sealed})
    return [opened["email_sealed"] or "", *stored.organisations]
