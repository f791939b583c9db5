"""Background work of accounts: delivering mails.

Idempotent: a mail that was delivered is gone, and a piece that finds none does nothing.
"""

from email.message import EmailMessage
from uuid import UUID

import msgspec

from upheld.features.accounts import store
from upheld.features.accounts.model import Account, WaitingMail
from upheld.platform.letters import compose
from upheld.platform.mail import Mailer
from upheld.platform.services import Platform
from upheld.platform.vault import ErasedError


async def deliver_mail(platform: Platform, mailer: Mailer, message_id: UUID, secret: str) -> None:
    """Render one mail, hand it over, and drop it, under the context of its recipient.

    Raises:
        MailError: the server did not take it; the queue tries again.
    """
    async with platform.database.transaction("worker") as tx:
        person = await store.open_job_context(tx, bytes.fromhex(secret))
        waiting = None if person is None else await store.message(tx, message_id)
        account = None if waiting is None else await store.own_account(tx)
        if waiting is None or account is None or account.is_probe:
            return
        mail = await _opened(platform, waiting, account)
        # Dropped first: whoever is erasing the person waits for this row, and looks for copies after it.
        if mail is not None and await store.drop_message(tx, message_id):
            await mailer.deliver(account.id, mail)


async def _opened(platform: Platform, waiting: WaitingMail, account: Account) -> EmailMessage | None:
    """Return the mail, or None when its person is being erased: nobody can open it any more."""
    vault = platform.vault
    try:
        opened = await vault.open("messages", waiting.id, {"parameters_sealed": waiting.parameters_sealed})
        to = await vault.open("people", account.id, {"email_sealed": account.email_sealed})
    except ErasedError:
        return None
    parameters = msgspec.json.decode(opened["parameters_sealed"] or "{}", type=dict[str, str])
    # Mails about a change of address go to the address they are about.
    address = parameters.pop("to", to["email_sealed"] or "")
    return compose(platform, waiting.kind, address, account.language, parameters)
