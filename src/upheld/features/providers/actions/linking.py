"""Linking an identity to one's account, and unlinking it: only by whoever has just proven that it is theirs."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from upheld.features.audit.actions import record_at_gate
from upheld.features.audit.model import Action
from upheld.features.providers import store
from upheld.features.providers.actions.entering import identity_indexes
from upheld.features.providers.errors import LastWayInError, LinkedElsewhereError, NotExpectedError
from upheld.features.providers.model import LinkedProvider, Linking
from upheld.kit.errors import NotFoundError
from upheld.platform.openid.client import Proof
from upheld.platform.outbox import queue_mail_at_gate
from upheld.platform.services import Platform
from upheld.platform.vault import PLATFORM, KeyRef


@dataclass(frozen=True)
class InSession:
    """A person in a session of theirs, as the database has established them."""

    person_id: UUID
    session: UUID
    origin: str


async def link(platform: Platform, linking: Linking, who: InSession, label: str) -> None:
    """Make an identity a way in to the account of whoever said yes, in the session that asked for it.

    Raises:
        NotExpectedError: another session asked for it.
        ProofNeededError: the session was not proven just now.
        LinkedElsewhereError: the identity opens an account already.
    """
    if linking.session != who.session:
        raise NotExpectedError
    identity = await new_identity(platform, who.person_id, linking.proof)
    async with platform.database.transaction("gate") as tx:
        if not await store.link_identity(tx, who.session, identity):
            raise LinkedElsewhereError
        await queue_mail_at_gate(tx, platform.vault, who.person_id, "providers/linked", {"provider": label})
        await record_at_gate(tx, platform, who.person_id, Action.PROVIDER_LINKED, who.origin)


async def unlink(platform: Platform, identity: LinkedProvider, who: InSession) -> None:
    """Take a way in away.

    Raises:
        NotFoundError: it is not theirs.
        ProofNeededError: the session was not proven just now.
        LastWayInError: nothing else would open the account.
    """
    async with platform.database.transaction("gate") as tx:
        if not await store.unlink_identity(tx, who.session, identity.id):
            raise NotFoundError
        if not await store.has_a_way_in(tx, who.person_id):
            raise LastWayInError
        await queue_mail_at_gate(tx, platform.vault, who.person_id, "providers/unlinked", {"provider": identity.label})
        await record_at_gate(tx, platform, who.person_id, Action.PROVIDER_UNLINKED, who.origin)


async def new_identity(platform: Platform, person: UUID, proof: Proof) -> store.NewIdentity:
    """Return an identity ready to be stored: its subject sealed under the person's own key.

    Raises:
        ErasedError: there is no such person.
    """
    row = uuid4()
    ref = KeyRef(person, PLATFORM, "account")
    sealed = await platform.vault.seal(ref, "identities", row, {"subject_sealed": proof.subject})
    return store.NewIdentity(row, proof.issuer, identity_indexes(platform, proof), sealed["subject_sealed"] or b"")


async def raise_identity_indexes(platform: Platform) -> int:
    """Move identities that are indexed under an older blind key to the newest; return how many."""
    newest = len(platform.keys.platform_keys("blind"))
    raised = 0
    while True:
        async with platform.database.maintenance() as tx:
            batch = await store.older_identity_indexes(tx, newest)
            await store.raise_identity_indexes(tx, [(row, platform.raised_index(row.subject_index)) for row in batch])
        if not batch:
            return raised
        raised += len(batch)
