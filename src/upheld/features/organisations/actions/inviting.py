"""Inviting somebody, and answering an invitation.

An invitation goes to an address. Whether it belongs to an account is never looked up, so the same is
done and answered either way. The address, and the letter with the link in it, are sealed under a key
of the invitation's own, which is destroyed with it.
"""

import hashlib
import secrets
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import msgspec

from upheld.features.accounts.actions import check_address, normalised
from upheld.features.accounts.queries import own_email
from upheld.features.audit.actions import record
from upheld.features.audit.model import Action
from upheld.features.organisations import store
from upheld.features.organisations.errors import (
    AlreadyColleagueError,
    AlreadyInvitedError,
    BelongsAlreadyError,
    BeyondReachError,
    InvitationOverError,
    OtherAddressError,
)
from upheld.features.organisations.model import NewInvitation, Offered, OpenInvitation, Permission, RoleChoice
from upheld.features.organisations.queries import check_may, custom_role, offered, open_invitation, own_organisation
from upheld.kit.errors import ConflictError, NotFoundError
from upheld.platform.acting import Acting
from upheld.platform.database import Transaction
from upheld.platform.limits import take
from upheld.platform.limits.rules import INVITED_PER_MAILBOX, INVITED_PER_PERSON
from upheld.platform.services import Platform
from upheld.platform.vault import KeyRef

INVITATION_LIVES = timedelta(days=7)

_REFUSALS = {"beyond": BeyondReachError, "member": AlreadyColleagueError, "pending": AlreadyInvitedError}
_UNACCEPTED = {"unknown": InvitationOverError, "not yours": OtherAddressError, "member": BelongsAlreadyError}
"""What the database says, as what a person is told."""


async def invite(acting: Acting, email: str, choice: RoleChoice, language: str) -> UUID:
    """Invite whoever uses an address into the organisation acted for; return the invitation's id.

    Args:
        acting: who invites.
        email: where the invitation goes.
        choice: as what.
        language: of the mail.

    Raises:
        NotPermittedError: the person may not invite.
        InvalidError: this is no address.
        BeyondReachError: the role may more than they do.
        AlreadyColleagueError: a member uses this address.
        AlreadyInvitedError: an invitation to it waits.
        TooSoonError: too many went out, or to this address.
    """
    check_may(acting, Permission.MEMBER_INVITE)
    check_address(email)
    email, organisation = normalised(email), await own_organisation(acting)
    await _take(acting, email)
    invitation_id, token = uuid4(), _new_token()
    key = KeyRef(invitation_id, organisation.id, "invitation")
    await acting.platform.vault.create_keys([key])
    acting.tx.if_undone(partial(acting.platform.vault.destroy, invitation_id, organisation.id))
    told = {"email_sealed": email, "letter_sealed": await _letter(acting, token, choice)}
    sealed = await acting.platform.vault.seal(key, "invitations", invitation_id, told)
    new = NewInvitation(
        id=invitation_id, email_indexes=acting.platform.blind_indexes("email", email),
        email_sealed=sealed["email_sealed"], letter_sealed=sealed["letter_sealed"], token_hash=_hash(token),
        choice=choice, language=language,
    )  # fmt: skip
    try:
        came = await store.invite(acting.tx, new, INVITATION_LIVES)
    except ConflictError as error:
        raise AlreadyInvitedError from error
    if came in _REFUSALS:
        raise _REFUSALS[came]
    await store.queue_invitation(acting.tx, invitation_id, secrets.token_bytes(32))
    await record(acting, Action.MEMBER_INVITED, "invitation", invitation_id, _as_what(choice))
    return invitation_id


async def send_invitation_again(acting: Acting, invitation_id: UUID) -> None:
    """Send an invitation once more, with a new link; the one before is worth nothing from then on.

    Raises:
        NotPermittedError: the person may not invite.
        NotFoundError: there is none that waits for an answer.
        TooSoonError: too many went out, or to this address.
    """
    check_may(acting, Permission.MEMBER_INVITE)
    invitation, organisation = await open_invitation(acting, invitation_id), await own_organisation(acting)
    await _take(acting, invitation.email)
    token, key = _new_token(), KeyRef(invitation_id, organisation.id, "invitation")
    told = {"letter_sealed": await _letter(acting, token, invitation)}
    sealed = await acting.platform.vault.seal(key, "invitations", invitation_id, told)
    if not await store.renew_invitation(
        acting.tx, invitation_id, _hash(token), sealed["letter_sealed"], INVITATION_LIVES
    ):
        raise NotFoundError
    await store.queue_invitation(acting.tx, invitation_id, secrets.token_bytes(32))
    await record(acting, Action.INVITATION_SENT_AGAIN, "invitation", invitation_id)


async def revoke_invitation(acting: Acting, invitation_id: UUID) -> None:
    """Take an invitation back; nothing of it stays, its key included.

    Raises:
        NotPermittedError: the person may not invite.
        NotFoundError: there is none that is open.
    """
    check_may(acting, Permission.MEMBER_INVITE)
    organisation = await own_organisation(acting)
    if not await store.revoke_invitation(acting.tx, invitation_id):
        raise NotFoundError
    await record(acting, Action.INVITATION_REVOKED, "invitation", invitation_id)
    acting.tx.once_committed(partial(acting.platform.vault.destroy, invitation_id, organisation.id))


async def accept_invitation(acting: Acting, token: UUID) -> Offered:
    """Become a member, as an invitation offers; the session acts for the organisation from then on.

    Raises:
        InvitationOverError: the link is worth nothing, or whoever invited may not any more.
        OtherAddressError: it went to an address that is not the person's own.
        BelongsAlreadyError: they are a member already.
    """
    invitation = await offered(acting.tx, acting.platform, token)
    came = await store.accept_invitation(acting.tx, token.bytes)
    if came in _UNACCEPTED:
        raise _UNACCEPTED[came]
    await record(acting, Action.INVITATION_ACCEPTED, "invitation", invitation.id)
    acting.tx.once_committed(partial(acting.platform.vault.destroy, invitation.id, invitation.organisation_id))
    return invitation


async def decline_invitation(tx: Transaction, platform: Platform, token: UUID, origin: str) -> None:
    """Decline an invitation, with an account or without one. The address goes within a week.

    The database writes the entry itself, since nobody may be signed in.

    Raises:
        InvitationOverError: the link is worth nothing.
    """
    sealed = await platform.vault.seal_origin(platform.clock.now(), origin)
    if await store.decline_invitation(tx, token.bytes, sealed) is None:
        raise InvitationOverError


async def _take(acting: Acting, email: str) -> None:
    async with acting.platform.database.attempt() as tx:
        await take(tx, acting.platform, INVITED_PER_PERSON, str(acting.person_id))
        await take(tx, acting.platform, INVITED_PER_MAILBOX, email)


async def _letter(acting: Acting, token: UUID, to: RoleChoice | OpenInvitation) -> str:
    """Return what the mail of an invitation needs to know."""
    name = to.role_name if isinstance(to, OpenInvitation) else None
    if isinstance(to, RoleChoice) and to.custom_role_id:
        name = (await custom_role(acting, to.custom_role_id)).name
    organisation = await own_organisation(acting)
    told = {
        "token": str(token), "organisation": organisation.name, "inviter": await own_email(acting),
        "role": str(to.role), "role_name": name or "",
        "until": (acting.platform.clock.now() + INVITATION_LIVES).isoformat(),
    }  # fmt: skip
    return msgspec.json.encode(told).decode()


def _as_what(choice: RoleChoice) -> dict[str, object]:
    custom = {"custom_role": str(choice.custom_role_id)} if choice.custom_role_id else {}
    return {"role": str(choice.role), **custom}


def _new_token() -> UUID:
    """Return 128 random bits, in the shape in which an address names an id."""
    return UUID(bytes=secrets.token_bytes(16))


def _hash(token: UUID) -> bytes:
    return hashlib.sha256(token.bytes).digest()
