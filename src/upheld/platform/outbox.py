"""The outbox: mails and duties written down in the transaction that causes them.

What is queued carries ids and a secret that opens a context for one person and one duty;
what a mail says is sealed under that person's key.
"""

import secrets
from collections.abc import Mapping
from uuid import UUID, uuid4

import msgspec

from upheld.platform.database import Query, Transaction
from upheld.platform.vault import PLATFORM, KeyRef, Vault

_QUEUE = Query("queue_message", "select upheld.queue_message($1, $2, $3, $4, $5)", "Queues a mail.")
_QUEUE_AT_GATE = Query(
    "queue_message_at_the_gate",
    "select upheld.queue_message_at_the_gate($1, $2, $3, $4, $5)",
    "Queues a mail to somebody who is not signed in.",
)


async def queue_mail(tx: Transaction, vault: Vault, to: UUID, kind: str, parameters: Mapping[str, str]) -> None:
    """Queue a mail to the person asking, or to a candidate of their organisation.

    Args:
        tx: the transaction that causes it.
        vault: seals the parameters.
        to: the person; the worker finds the address.
        kind: `slice/name` of the template.
        parameters: what the template needs.
    """
    await _queue(_QUEUE, tx, vault, to, kind, parameters)


async def queue_mail_at_gate(tx: Transaction, vault: Vault, to: UUID, kind: str, parameters: Mapping[str, str]) -> None:
    """Queue a mail to somebody who is not signed in; for the gate's transactions."""
    await _queue(_QUEUE_AT_GATE, tx, vault, to, kind, parameters)


async def _queue(
    query: Query, tx: Transaction, vault: Vault, to: UUID, kind: str, parameters: Mapping[str, str]
) -> None:
    message_id = uuid4()
    text = msgspec.json.encode(dict(parameters)).decode()
    sealed = await vault.seal(KeyRef(to, PLATFORM, "messages"), "messages", message_id, {"parameters_sealed": text})
    await tx.value(query, message_id, to, kind, sealed["parameters_sealed"], secrets.token_bytes(32))
