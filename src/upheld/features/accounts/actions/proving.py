"""Proving again who one is, before something that cannot be undone."""

from datetime import timedelta
from uuid import UUID

from upheld.features.accounts import store
from upheld.features.accounts.errors import ProofNeededError
from upheld.features.audit.actions import record_at_gate
from upheld.features.audit.model import Action
from upheld.platform.acting import Acting
from upheld.platform.limits import Limit, take
from upheld.platform.passwords import verify_password

PROOFS_PER_ACCOUNT = Limit("proof account", 10, timedelta(minutes=5))


async def prove_again(acting: Acting, session: UUID, password: str) -> None:
    """Check the password of a signed-in person once more, before something that cannot be undone.

    Raises:
        ProofNeededError: it is not their password.
        TooSoonError: too many tries.
    """
    platform = acting.platform
    async with platform.database.attempt() as tx:
        await take(tx, platform, PROOFS_PER_ACCOUNT, str(acting.person_id))
        known_hash = await store.credential_of(tx, acting.person_id)
    if not await verify_password(password, known_hash, platform.settings.bcrypt_cost):
        async with platform.database.attempt() as tx:
            await record_at_gate(tx, platform, acting.person_id, Action.PROOF_FAILED, acting.origin)
        raise ProofNeededError

    async def freshen() -> None:
        async with platform.database.transaction("gate") as tx:
            await store.freshen_session(tx, acting.person_id, session)

    # Afterwards, since the request may itself have noted in the session's row that it was used:
    # another connection would wait for that row until it gave up.
    acting.tx.once_committed(freshen)
