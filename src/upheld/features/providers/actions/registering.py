"""A new account through another site: agreed to first, proven by mail, opened where it began.

The mail's link alone opens nothing, and neither does the proof: whoever has both, in the browser that
began, is somebody. So a stranger who registers with another's address gets no further, and
whoever opens the mail of a stranger's registration lets nobody in.
"""

import hashlib
from uuid import uuid4

from upheld.features.accounts.actions import begin_registration, normalised
from upheld.features.accounts.errors import LinkSpentError
from upheld.features.accounts.model import Registration
from upheld.features.audit.actions import record_at_gate
from upheld.features.audit.model import Action
from upheld.features.providers import store
from upheld.features.providers.actions.entering import entered
from upheld.features.providers.actions.linking import new_identity
from upheld.features.providers.errors import OtherBrowserError
from upheld.features.providers.model import Entered, Newcomer, Waiting
from upheld.platform.services import Platform
from upheld.platform.vault import ErasedError


async def register_newcomer(
    platform: Platform, newcomer: Newcomer, asked: Registration, address: str, origin: str
) -> Waiting | Entered:
    """Register somebody who came with a proof; or do the same work and answer the same when the address is taken.

    Raises:
        InvalidError: what was typed does not do.
        TooSoonError: too many registrations from here.
    """
    proof = newcomer.proof
    proven = proof.address_is_proven and normalised(asked.email) == normalised(proof.email)
    mail = None if proven else "providers/confirm-address"
    person, token = await begin_registration(platform, asked, address, origin, mail)
    waiting = Waiting(proof, person or uuid4())
    if proven and person is not None:
        return await confirm(platform, waiting, token, origin)
    return waiting


async def confirm(platform: Platform, waiting: Waiting | None, token: str, origin: str) -> Entered:
    """Use up the link that proves a new account's address; return whose account it is now.

    Raises:
        OtherBrowserError: this browser did not begin it. The link still works where it was begun.
        LinkSpentError: the link is used or too old, or the identity opens an account by now.
    """
    if waiting is None:
        raise OtherBrowserError
    try:
        identity = await new_identity(platform, waiting.person, waiting.proof)
    except ErasedError:
        raise LinkSpentError from None
    link_hash = hashlib.sha256(token.encode()).digest()
    async with platform.database.transaction("gate") as tx:
        person = await store.verify_with_identity(tx, link_hash, waiting.person, identity)
        if person is None:
            raise LinkSpentError
        await record_at_gate(tx, platform, person, Action.ACCOUNT_VERIFIED, origin)
        await record_at_gate(tx, platform, person, Action.PROVIDER_LINKED, origin)
    return await entered(platform, person, waiting.proof)
