"""The outbox: mails and duties written down in the transaction that causes them.

What is queued carries ids and a secret that opens a context for one person and one duty;
what a mail says is sealed under that person's key.
"""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from uuid import UUID, uuid4

import msgspec

from upheld.platform.database import Query, Transaction
from upheld.platform.vault import PLATFORM, ErasedError, KeyRef, Vault

_QUEUE = Query("queue_message", "select upheld.queue_message($1, $2, $3, $4, $5)", "Queues a mail.")
_QUEUE_AT_GATE = Query(
    "queue_message_at_the_gate",
    "select upheld.queue_message_at_the_gate($1, $2, $3, $4, $5)",
    "Queues a mail to somebody who is not signed in.",
)
_QUEUE_NOTHING = Query("queue_nothing", "select $1::uuid, $2::bytea", "Takes the time of queueing a mail.")
_PEOPLE_TO_TELL = Query("people_to_tell", "select upheld.people_to_tell($1)", "Who reads an application just sent.")
_QUEUE_ARRIVAL = Query(
    "queue_arrival", "select upheld.queue_arrival($1, $2, $3, $4, $5)", "Queues a mail about an application just sent."
)

_QUEUE_FACTOR_RULE = Query(
    "queue_factor_rule", "select upheld.queue_factor_rule($1, $2, $3, $4)", "Queues a mail that asks for a factor."
)
_QUEUE_FACTOR_REMINDER = Query(
    "queue_factor_reminder",
    "select upheld.queue_factor_reminder($1, $2, $3, $4)",
    "Queues a mail that reminds of a factor.",
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


async def queue_no_mail_at_gate(tx: Transaction, vault: Vault) -> None:
    """Do the work of queueing a mail to somebody who is not signed in, for nobody: time tells nothing."""
    with suppress(ErasedError):
        await vault.key(KeyRef(uuid4(), PLATFORM, "messages"))
    await tx.value(_QUEUE_NOTHING, uuid4(), secrets.token_bytes(32))


async def queue_mail_to_readers(
    tx: Transaction, vault: Vault, application: UUID, parameters: Mapping[str, str]
) -> None:
    """Queue a mail to those who read applications, about one that this very transaction sends.

    Somebody whose account is being erased meanwhile is left out.
    """
    for person in await tx.column(_PEOPLE_TO_TELL, application):
        message_id = uuid4()
        try:
            sealed = await _sealed(vault, person, message_id, parameters)
        except ErasedError:
            continue
        await tx.value(_QUEUE_ARRIVAL, message_id, person, application, sealed, secrets.token_bytes(32))


async def queue_mail_about_factors(tx: Transaction, vault: Vault, to: UUID, parameters: Mapping[str, str]) -> None:
    """Queue the mail that asks a member for a factor, in the transaction in which an owner asks for it.

    Somebody whose account is being erased meanwhile is left out.
    """
    await _queue_of_factors(_QUEUE_FACTOR_RULE, tx, vault, to, parameters)


async def queue_reminder_of_factors(tx: Transaction, vault: Vault, to: UUID, parameters: Mapping[str, str]) -> None:
    """Queue the mail that reminds a member of a factor, in the transaction that takes their organisation up.

    Somebody whose account is being erased meanwhile is left out.
    """
    await _queue_of_factors(_QUEUE_FACTOR_REMINDER, tx, vault, to, parameters)


async def _queue_of_factors(
    query: Query, tx: Transaction, vault: Vault, to: UUID, parameters: Mapping[str, str]
) -> None:
    message_id = uuid4()
    with suppress(ErasedError):
        sealed = await _sealed(vault, to, message_id, parameters)
        await tx.value(query, message_id, to, sealed, secrets.token_bytes(32))


async def _queue(
    query: Query, tx: Transaction, vault: Vault, to: UUID, kind: str, parameters: Mapping[str, str]
) -> None:
    message_id = uuid4()
    sealed = await _sealed(vault, to, message_id, parameters)
    await tx.value(query, message_id, to, kind, sealed, secrets.token_bytes(32))


async def _sealed(vault: Vault, to: UUID, message_id: UUID, parameters: Mapping[str, str]) -> bytes | None:
    """Return what a mail says, under the key of the person it goes to."""
    text = msgspec.json.encode(dict(parameters)).decode()
    sealed = await vault.seal(KeyRef(to, PLATFORM, "messages"), "messages", message_id, {"parameters_sealed": text})
    return sealed["parameters_sealed"]
