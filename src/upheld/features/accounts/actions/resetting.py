"""A forgotten password: a link in a mail lets its reader choose another one, and signs nobody in.

Whoever comes back by a reset signs in like anybody afterwards, with whatever else their account
asks for: a reset gives another password, and never passes a second factor by.
"""

import secrets
from uuid import uuid4

from upheld.features.accounts import store
from upheld.features.accounts.actions.choosing import own_words, refuse_weak
from upheld.features.accounts.actions.devices import known_from_now_on
from upheld.features.accounts.actions.finding import check_address, hashed, normalised
from upheld.features.accounts.errors import ResetSpentError
from upheld.features.accounts.model import Credential, LinkPurpose
from upheld.features.audit.actions import record_at_gate
from upheld.features.audit.model import Action
from upheld.platform.limits import take
from upheld.platform.limits.rules import RESET_PER_ACCOUNT, RESET_PER_ADDRESS
from upheld.platform.outbox import queue_mail_at_gate, queue_no_mail_at_gate
from upheld.platform.passwords import hash_password
from upheld.platform.services import Platform


async def ask_reset(platform: Platform, email: str, address: str, origin: str) -> None:
    """Send a link to choose another password, or do the same work when nobody uses the address.

    Raises:
        InvalidError: it is no address.
        TooSoonError: too many such mails, to there or from here.
    """
    check_address(email)
    email = normalised(email)
    async with platform.database.attempt() as tx:
        await take(tx, platform, RESET_PER_ADDRESS, address)
        await take(tx, platform, RESET_PER_ACCOUNT, email)
    token, lives = secrets.token_urlsafe(32), platform.settings.reset_lifetime
    async with platform.database.transaction("gate") as tx:
        found = [await store.person_at(tx, index) for index in platform.blind_indexes("email", email)]
        person = next((one for one in found if one), None)
        await store.ask_reset(tx, person or uuid4(), hashed(token), lives)
        if person is None:
            await queue_no_mail_at_gate(tx, platform.vault)
        else:
            await queue_mail_at_gate(tx, platform.vault, person, "accounts/reset-password", {"token": token})
        await record_at_gate(tx, platform, person, Action.RESET_ASKED, origin)


async def reset_password(platform: Platform, token: str, chosen: str, origin: str, device: str) -> str:
    """Give whoever holds the link another password; every session ends, and nobody is signed in.

    Returns:
        what the browser's device cookie says from now on: whoever opened the link need not wait with strangers.

    Raises:
        ResetSpentError: the link is unknown, used or too old.
        InvalidError: the password does not do.
    """
    async with platform.database.transaction("gate") as tx:
        link = await store.account_link(tx, hashed(token), LinkPurpose.RESET)
    if link is None:
        raise ResetSpentError
    refuse_weak(chosen, await own_words(platform, link.person_id))
    new_hash = await hash_password(chosen, platform.settings.bcrypt_cost)
    async with platform.database.transaction("gate") as tx:
        person = await store.use_reset(tx, hashed(token), new_hash)
        if person is None:
            raise ResetSpentError
        await record_at_gate(tx, platform, person, Action.PASSWORD_RESET, origin)
        await queue_mail_at_gate(tx, platform.vault, person, "accounts/password-changed", {})
    return known_from_now_on(platform, device, Credential(person, new_hash, verified=True))
