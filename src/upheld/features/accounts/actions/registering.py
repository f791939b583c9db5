"""Registering, and proving that an address is one's own.

Hashing a password takes a quarter of a second. It is done between two short transactions
of the gate, never inside one (ADR 0003, exception two).
"""

import secrets
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from upheld.features.accounts import store
from upheld.features.accounts.actions.choosing import refuse_weak
from upheld.features.accounts.actions.entering import open_session
from upheld.features.accounts.actions.finding import check_address, find_known, hashed, known_index, normalised
from upheld.features.accounts.errors import LinkSpentError, NotChosenError
from upheld.features.accounts.model import Credential, Newcomer, Registration, Strength, Ticket
from upheld.features.audit.actions import record_at_gate
from upheld.features.audit.model import Action
from upheld.features.consents.model import Purpose
from upheld.kit.errors import ConflictError, InvalidError, RefusedError
from upheld.platform.database import Transaction
from upheld.platform.i18n import mark
from upheld.platform.limits import take
from upheld.platform.limits.rules import PROOFS_PER_ACCOUNT, REGISTER_PER_ADDRESS, REGISTER_PER_MAILBOX
from upheld.platform.outbox import queue_mail_at_gate
from upheld.platform.passwords import hash_password, verify_password
from upheld.platform.services import Platform
from upheld.platform.vault import PLATFORM, PLATFORM_CLASSES, KeyRef


def check_registration(asked: Registration) -> None:
    """Check what a newcomer typed and agreed to.

    Raises:
        InvalidError: with everything there is to change.
    """
    wrong: dict[str, str] = {}
    try:
        check_address(asked.email)
    except InvalidError as error:
        wrong |= error.fields
    try:
        if asked.password is not None:
            refuse_weak(asked.password, [normalised(asked.email)])
    except InvalidError as error:
        wrong |= error.fields
    if not asked.agrees:
        wrong["account"] = mark("We need your consent to keep an account for you.")
    if wrong:
        raise InvalidError(wrong)


async def register(platform: Platform, asked: Registration, address: str, origin: str) -> None:
    """Register somebody, or do the same work and answer the same when the address is taken.

    Either way a mail goes to the address: a link to verify it, or word that it is in use.

    Raises:
        InvalidError: what was typed does not do.
        TooSoonError: too many registrations from here.
    """
    await begin_registration(platform, asked, address, origin, "accounts/verify-address")


async def begin_registration(
    platform: Platform, asked: Registration, address: str, origin: str, mail: str | None
) -> tuple[UUID | None, str]:
    """Do what `register` does, for whoever comes some other way.

    Args:
        platform: the services of this process.
        asked: what they typed and agreed to.
        address: where they come from, on the network.
        origin: the same with their browser, for the log.
        mail: the template of the mail that carries the link; None when none is to be sent.

    Returns:
        who waits for their address to be proven (nobody when it is in use), and the link's token.

    Raises:
        InvalidError: what was typed does not do.
        TooSoonError: too many registrations from here.
    """
    check_registration(asked)
    email = normalised(asked.email)
    async with platform.database.attempt() as tx:
        await take(tx, platform, REGISTER_PER_ADDRESS, address)
        await take(tx, platform, REGISTER_PER_MAILBOX, email)
    nobody, token = uuid4(), secrets.token_urlsafe(32)
    newcomer = await _prepare(platform, asked, origin, nobody)
    lives = platform.settings.link_lifetime
    async with platform.database.transaction("gate") as tx:
        added, index = await _add(tx, platform, newcomer, email, hashed(token))
        # Before an address is proven, the newer registration counts: a mistyped password, or
        # a stranger's earlier attempt, burns nobody's address.
        known = replace(newcomer, email_index=index)
        person = newcomer.id if added else await store.register_again(tx, known, hashed(token), lives)
        # Asked in any case, as much as the one look-up more of somebody who was just added.
        owner = None if added else await find_known(tx, platform, email)
        if person is None:
            await _tell_owner(tx, platform, owner, asked, origin)
        else:
            if mail is not None:
                link = {"token": token, "way_back": asked.way_back}
                await queue_mail_at_gate(tx, platform.vault, person, mail, link)
            await record_at_gate(tx, platform, person, Action.ACCOUNT_REGISTERED, origin)
    # Keys are destroyed in any case, if only nobody's: else the time would tell that there is an account.
    await platform.vault.destroy(nobody, PLATFORM, *(() if added else (newcomer.id,)))
    return person, token


async def register_operator(platform: Platform, invitation: str, asked: Registration, origin: str) -> None:
    """Register an operator through the one-time link that `upheld init` prints.

    The link comes from the machine itself, so the address needs no further proof.

    Raises:
        InvalidError: what was typed does not do.
        LinkSpentError: the link is used or too old, or the address has an account already.
    """
    check_registration(asked)
    newcomer = await _prepare(platform, asked, origin)
    try:
        async with platform.database.transaction("gate") as tx:
            unused = hashed(secrets.token_urlsafe(32))
            added, _ = await _add(tx, platform, newcomer, normalised(asked.email), unused)
            if not added or not await store.appoint_operator(tx, hashed(invitation), newcomer.id):
                raise LinkSpentError
            await record_at_gate(tx, platform, newcomer.id, Action.ACCOUNT_REGISTERED, origin)
    except LinkSpentError:
        await platform.vault.destroy(newcomer.id, PLATFORM)
        raise


async def admit_invented(platform: Platform, email: str, password: str | None, notice: UUID) -> UUID:
    """Add an invented, verified person to a demo; without a password nobody can sign in as them.

    Raises:
        RefusedError: this is not a demo.
        ConflictError: the address is taken.
    """
    if not platform.settings.demo:
        raise RefusedError
    asked = Registration(email, password or "", notice, reads_resumes=False)
    newcomer, token = await _prepare(platform, asked, "demo"), secrets.token_urlsafe(32)
    async with platform.database.transaction("gate") as tx:
        if not await store.register_person(tx, newcomer, hashed(token), timedelta(minutes=1)):
            raise ConflictError
        await store.verify_email(tx, hashed(token))
        await record_at_gate(tx, platform, newcomer.id, Action.ACCOUNT_REGISTERED, "demo")
    return newcomer.id


async def invite_operator(platform: Platform) -> str:
    """Return the path of a new one-time link that makes its opener an operator; works for a day."""
    token = secrets.token_urlsafe(32)
    async with platform.database.maintenance() as tx:
        await store.invite_operator(tx, hashed(token), timedelta(days=1))
    return f"/first-operator/{token}"


async def verify_address(platform: Platform, token: str, password: str, origin: str) -> Ticket:
    """Use up the link of a verification mail, and open the first session.

    Whoever opens it types the password that was chosen: had a stranger registered the address with
    one of their own, nobody would prove it for them by following a link (ADR 0020).

    Raises:
        LinkSpentError: it is unknown, used or too old.
        NotChosenError: the password is another one than was chosen last.
        TooSoonError: too many tries.
    """
    async with platform.database.attempt() as tx:
        waiting = await store.verification_of(tx, hashed(token))
        if waiting is None:
            raise LinkSpentError
        await take(tx, platform, PROOFS_PER_ACCOUNT, str(waiting.person_id))
    if not await verify_password(password, waiting.password_hash, platform.settings.bcrypt_cost):
        async with platform.database.attempt() as tx:
            await record_at_gate(tx, platform, waiting.person_id, Action.PROOF_FAILED, origin)
        raise NotChosenError
    async with platform.database.transaction("gate") as tx:
        person = await store.verify_email(tx, hashed(token))
        if person is None:
            raise LinkSpentError
        await record_at_gate(tx, platform, person, Action.ACCOUNT_VERIFIED, origin)
    return await open_session(platform, person, Strength.PASSWORD, origin)


async def raise_indexes(platform: Platform) -> int:
    """Move addresses that are indexed under an older blind key to the newest; return how many.

    Nobody's address is opened for it: an index of a generation is made from the one before.
    """
    newest = len(platform.keys.platform_keys("blind"))
    raised = 0
    while True:
        async with platform.database.maintenance() as tx:
            batch = await store.older_email_indexes(tx, newest)
            await store.raise_email_indexes(tx, [(row, platform.raised_index(row.email_index)) for row in batch])
        if not batch:
            return raised
        raised += len(batch)


async def _add(
    tx: Transaction, platform: Platform, newcomer: Newcomer, email: str, link_hash: bytes
) -> tuple[bool, bytes]:
    """Add a person, unless the address is known under any generation of its index.

    Returns:
        whether they were added, and the index under which the address is known now.

    Raises:
        ConflictError: the index was being replaced at that very moment.
    """
    known = await known_index(tx, platform, email)
    if known is not None:
        return False, known
    added = await store.register_person(tx, newcomer, link_hash, platform.settings.link_lifetime)
    # A replacement of the blind key may have begun since the index was made: an entry under
    # another generation means that the address has just been moved there.
    if added and await known_index(tx, platform, email) not in {None, newcomer.email_index}:
        raise ConflictError
    return added, newcomer.email_index


async def _tell_owner(
    tx: Transaction, platform: Platform, known: Credential | None, asked: Registration, origin: str
) -> None:
    """Tell the owner of a proven address that somebody tried to register it again."""
    if known is not None:
        link = {"token": "", "way_back": asked.way_back}
        await queue_mail_at_gate(tx, platform.vault, known.person_id, "accounts/address-in-use", link)
        await record_at_gate(tx, platform, known.person_id, Action.ADDRESS_TRIED_AGAIN, origin)


async def _prepare(platform: Platform, asked: Registration, origin: str, *others: UUID) -> Newcomer:
    """Do everything a registration needs before its transaction: hash, keys (also of others), sealing."""
    person, email = uuid4(), normalised(asked.email)
    password_hash = await hash_password(asked.password, platform.settings.bcrypt_cost) if asked.password else None
    await platform.vault.create_keys(
        KeyRef(whose, PLATFORM, name) for whose in (person, *others) for name in PLATFORM_CLASSES
    )
    sealed = await platform.vault.seal(KeyRef(person, PLATFORM, "account"), "people", person, {"email_sealed": email})
    return Newcomer(
        id=person,
        email_index=platform.blind_index("email", email),
        email_sealed=sealed["email_sealed"] or b"",
        password_hash=password_hash,
        consents=_first_consents(asked),
        origin=await platform.vault.seal_origin(platform.clock.now(), origin),
        is_probe=asked.is_probe,
        language=asked.language,
    )


def _first_consents(asked: Registration) -> list[dict[str, object]]:
    notice = str(asked.notice_id)
    return [
        {"purpose": str(Purpose.ACCOUNT), "notice_id": notice, "given": True},
        {"purpose": str(Purpose.RESUME_READING), "notice_id": notice, "given": asked.reads_resumes},
    ]
