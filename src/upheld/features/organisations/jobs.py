"""Background work of organisations: mailing invitations, and reminding members of a factor they are asked for.

Idempotent: a letter that was mailed is crossed out, and a piece that finds none does nothing. Who was reminded is
written down in the transaction that queues the mails.
"""

from uuid import UUID

import msgspec

from upheld.features.audit.actions import record_duty
from upheld.features.audit.model import Action
from upheld.features.organisations import store
from upheld.platform.letters import compose
from upheld.platform.mail import Mailer
from upheld.platform.outbox import queue_reminder_of_factors
from upheld.platform.services import Platform
from upheld.platform.vault import ErasedError


async def mail_invitation(platform: Platform, mailer: Mailer, invitation_id: UUID, secret: str) -> None:
    """Mail one invitation, under the context of whoever invites; whoever is invited may have no account.

    Raises:
        MailError: the server did not take it; the queue tries again.
    """
    async with platform.database.transaction("worker") as tx:
        inviter = await store.open_job_context(tx, bytes.fromhex(secret))
        waiting = None if inviter is None else await store.letter(tx, invitation_id)
        if waiting is None or waiting.letter_sealed is None or await store.mails_nobody(tx):
            return
        sealed = {"email_sealed": waiting.email_sealed, "letter_sealed": waiting.letter_sealed}
        try:
            opened = await platform.vault.open("invitations", waiting.id, sealed)
        except ErasedError:  # taken back at this moment
            return
        told = msgspec.json.decode(opened["letter_sealed"] or "{}", type=dict[str, str])
        mail = compose(platform, "organisations/invitation", opened["email_sealed"] or "", waiting.language, told)
        if await store.cross_out_letter(tx, waiting.id):
            await mailer.deliver(waiting.id, mail)


async def remind_of_factors(platform: Platform) -> int:
    """Remind members without a factor, three days before it starts to count and on the day before; return how many.

    Each organisation is a transaction of its own: whoever dies on the way has told all of its members, or nobody.
    """
    reminded = 0
    while True:
        async with platform.database.maintenance() as tx:
            due = await store.take_factor_reminder(tx)
            if due is None:
                return reminded
            told = {"organisation": due.organisation_name, "starts": due.starts_at.isoformat()}
            for person in due.people:
                await queue_reminder_of_factors(tx, platform.vault, person, told)
            await record_duty(tx, Action.FACTOR_REMINDED, {"members": len(due.people)})
        reminded += len(due.people)
