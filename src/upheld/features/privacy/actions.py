"""Taking everything along, changing one's mind about a consent, leaving for good."""

import asyncio
import secrets
from uuid import UUID, uuid4

from upheld.features.applications.actions import withdraw_application
from upheld.features.applications.queries import own_applications
from upheld.features.audit.actions import record
from upheld.features.audit.model import Action
from upheld.features.consents.actions import give_consent, withdraw_consent
from upheld.features.consents.model import Kind, Purpose
from upheld.features.consents.queries import has_consented, notice_in_force
from upheld.features.privacy import store
from upheld.features.privacy.errors import AlreadyLeavingError, TooLateError
from upheld.features.privacy.export.archive import pack, read_everything
from upheld.features.privacy.queries import standing_consent
from upheld.kit.errors import InvalidError, NotFoundError
from upheld.platform.acting import Acting
from upheld.platform.i18n import Words, mark
from upheld.platform.outbox import queue_mail

WORD = "LEAVE"
"""What a person types to show that they mean it."""


async def export_everything(acting: Acting, words: Words) -> bytes:
    """Return the archive of all that is held about the person, who has just proved themselves again.

    Raises:
        ExportIncompleteError: a part could not be read.
    """
    everything = await read_everything(acting)
    await record(acting, Action.DATA_EXPORTED, "person", acting.person_id)
    return await asyncio.to_thread(pack, everything, words)


async def allow(acting: Acting, purpose: Purpose, language: str) -> None:
    """Give a consent that was withdrawn, or not given so far, to the wording in force.

    Raises:
        NotFoundError: this purpose is agreed to elsewhere: an account when registering, an
            application when applying.
    """
    if purpose != Purpose.RESUME_READING:
        raise NotFoundError
    if not await has_consented(acting, purpose):
        await give_consent(acting, purpose, (await notice_in_force(acting.tx, Kind.ACCOUNT, language)).id)


async def withdraw(acting: Acting, purpose: Purpose, organisation: UUID | None) -> None:
    """Withdraw a consent; what rests on it stops: applications to an employer are taken back.

    Raises:
        NotFoundError: no such consent stands. Without consent to the account there is no
            account, so that one is withdrawn by leaving.
    """
    if purpose == Purpose.ACCOUNT:
        raise NotFoundError
    standing = await standing_consent(acting, purpose, organisation)
    for application in await own_applications(acting):
        if organisation == application.organisation_id and application.closed_at is None:
            await withdraw_application(acting, application.id)
    # Taking back the last application has withdrawn the consent already.
    if await has_consented(acting, purpose, organisation):
        await withdraw_consent(acting, purpose, standing.notice_id, organisation)


def check_word(typed: str) -> None:
    """Check the word that shows that somebody means to leave.

    Raises:
        InvalidError: it is another one.
    """
    if typed.upper() != WORD:
        raise InvalidError({"word": mark("Type the word LEAVE to show that you mean it.")})


async def request_erasure(acting: Acting) -> str:
    """Schedule the erasure of the person's account; return the receipt, which is kept nowhere else.

    Raises:
        AlreadyLeavingError: it is scheduled already.
    """
    if await store.own_erasure(acting.tx) is not None:
        raise AlreadyLeavingError
    platform, erasure_id, receipt = acting.platform, uuid4(), secrets.token_bytes(32)
    due_at = await store.add_erasure(acting.tx, erasure_id, receipt, platform.settings.erasure_grace)
    await store.queue_erasure(acting.tx, erasure_id, secrets.token_bytes(32))
    parameters = {"receipt": receipt.hex(), "due": due_at.isoformat()}
    await queue_mail(acting.tx, platform.vault, acting.person_id, "privacy/erasure-scheduled", parameters)
    await record(acting, Action.ERASURE_REQUESTED, "erasure", erasure_id)
    return receipt.hex()


async def cancel_erasure(acting: Acting) -> None:
    """Call the erasure off.

    Raises:
        TooLateError: it has begun, or there is none.
    """
    pending = await store.own_erasure(acting.tx)
    if pending is None or not await store.cancel_erasure(acting.tx):
        raise TooLateError
    await record(acting, Action.ERASURE_CANCELLED, "erasure", pending.id)
