"""Another address: confirmed by a mail to it, told to the former one, which can take itself back for three days."""

import secrets
from datetime import timedelta
from uuid import UUID

from upheld.features.accounts import store
from upheld.features.accounts.actions.finding import check_address, hashed, normalised
from upheld.features.accounts.errors import ChangeSpentError
from upheld.features.accounts.model import LinkPurpose
from upheld.features.audit.actions import record_at_gate
from upheld.features.audit.model import Action
from upheld.kit.errors import InvalidError
from upheld.platform.database import Transaction
from upheld.platform.i18n import mark
from upheld.platform.limits import take
from upheld.platform.limits.rules import NEW_ADDRESS_PER_ACCOUNT, REGISTER_PER_MAILBOX
from upheld.platform.outbox import queue_mail_at_gate
from upheld.platform.passwords import hash_password
from upheld.platform.services import Platform
from upheld.platform.vault import PLATFORM, KeyRef

WAY_BACK_LIVES = timedelta(hours=72)
"""For how long the former address can be taken back."""


async def ask_new_address(platform: Platform, person: UUID, session: UUID, email: str, origin: str) -> None:
    """Send a link to an address that somebody wants to use from now on; until it is pressed nothing changes.

    When somebody else uses it already, they are told instead; the answer is the same.

    Raises:
        InvalidError: it is no address, or their own already.
        ProofNeededError: the last proof of who is asking is too old.
        TooSoonError: too many such mails.
    """
    check_address(email)
    email, token = normalised(email), secrets.token_urlsafe(32)
    async with platform.database.attempt() as tx:
        await take(tx, platform, NEW_ADDRESS_PER_ACCOUNT, str(person))
        await take(tx, platform, REGISTER_PER_MAILBOX, email)
    sealed = await _sealed(platform, person, email)
    async with platform.database.transaction("gate") as tx:
        await store.ask_new_address(tx, session, hashed(token), sealed, platform.settings.link_lifetime)
        proven = await _proven_at(tx, platform, email)
        if proven == person:
            raise InvalidError({"email": mark("This is the address of your account already.")})
        if proven is None:
            link = {"token": token, "to": email}
            await queue_mail_at_gate(tx, platform.vault, person, "accounts/confirm-address", link)
        else:
            await queue_mail_at_gate(tx, platform.vault, proven, "accounts/address-in-use", {"way_back": ""})
        await record_at_gate(tx, platform, person, Action.ADDRESS_CHANGE_ASKED, origin)


async def confirm_new_address(platform: Platform, person: UUID, token: str, origin: str) -> None:
    """Make the address the account's, whose mail held the link; tell the former one how to take itself back.

    It takes a session of the account as well as the link. Otherwise somebody could have another's address put
    on an account of theirs, by one press of whoever reads the mail, and wait inside for that person to come.

    Raises:
        ChangeSpentError: the link is unknown, used, too old or another account's, or somebody uses the address by now.
    """
    way_back = secrets.token_urlsafe(32)
    async with platform.database.transaction("gate") as tx:
        link = await store.account_link(tx, hashed(token), LinkPurpose.NEW_ADDRESS)
        stored = await store.own_words(tx, link.person_id) if link else None
        if link is None or stored is None or link.person_id != person:
            raise ChangeSpentError
        former = await _opened(platform, link.person_id, stored.email_sealed)
        wanted = await _opened(platform, link.person_id, link.email_sealed)
        gone = await _free(tx, platform, wanted)
        index = platform.blind_index("email", wanted)
        await store.take_new_address(tx, hashed(token), index, hashed(way_back), WAY_BACK_LIVES)
        await record_at_gate(tx, platform, link.person_id, Action.ADDRESS_CHANGED, origin)
        told = {"token": way_back, "to": former}
        await queue_mail_at_gate(tx, platform.vault, link.person_id, "accounts/address-changed", told)
    await _forget(platform, gone)


async def take_address_back(platform: Platform, token: str, origin: str) -> None:
    """Give the account its former address back, and take it from whoever changed it: sessions and password end.

    Raises:
        ChangeSpentError: the link is unknown, used or too old, or somebody uses the address by now.
    """
    unknown = await hash_password(secrets.token_urlsafe(32), platform.settings.bcrypt_cost)
    async with platform.database.transaction("gate") as tx:
        link = await store.account_link(tx, hashed(token), LinkPurpose.FORMER_ADDRESS)
        if link is None:
            raise ChangeSpentError
        former = await _opened(platform, link.person_id, link.email_sealed)
        gone = await _free(tx, platform, former, link.person_id)
        await store.take_address_back(tx, hashed(token), platform.blind_index("email", former), unknown)
        await record_at_gate(tx, platform, link.person_id, Action.ADDRESS_TAKEN_BACK, origin)
    await _forget(platform, gone)


async def _free(tx: Transaction, platform: Platform, email: str, whose: UUID | None = None) -> list[UUID]:
    """Take an address from whoever only claimed it; return who they were said to be.

    Raises:
        ChangeSpentError: somebody has shown that it is theirs.
    """
    gone = await store.make_room_at(tx, platform.blind_indexes("email", email))
    found = await _proven_at(tx, platform, email)
    if found not in {None, whose}:
        raise ChangeSpentError
    return gone


async def _proven_at(tx: Transaction, platform: Platform, email: str) -> UUID | None:
    found = [await store.person_at(tx, index, only_proven=True) for index in platform.blind_indexes("email", email)]
    return next((one for one in found if one), None)


async def _sealed(platform: Platform, person: UUID, email: str) -> bytes:
    """Return an address as it stands in `people`, where it goes once it is confirmed."""
    key = KeyRef(person, PLATFORM, "account")
    sealed = await platform.vault.seal(key, "people", person, {"email_sealed": email})
    return sealed["email_sealed"] or b""


async def _opened(platform: Platform, person: UUID, email_sealed: bytes | None) -> str:
    opened = await platform.vault.open("people", person, {"email_sealed": email_sealed})
    return opened["email_sealed"] or ""


async def _forget(platform: Platform, gone: list[UUID]) -> None:
    for person in gone:
        await platform.vault.destroy(person, PLATFORM)
