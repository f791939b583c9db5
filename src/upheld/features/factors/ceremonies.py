"""Ceremonies: what a passkey is asked, and whether its answer is one (WebAuthn Level 3).

Pure: challenges are spent by the database before an answer is looked at here, and counts are
compared by it afterwards. Every passkey has to unlock (user verification) and be found without a
name (discoverable); an answer given inside a frame of another site is refused.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from upheld.features.factors.errors import PasskeyRefusedError

NAME = "Upheld"
PATIENCE = 5 * 60
"""Seconds in which a challenge is to be answered; the database has the same bound."""


@dataclass(frozen=True)
class Relying:
    """The site that a passkey belongs to: its origin, and the name that the browser binds passkeys to."""

    origin: str

    @property
    def id(self) -> str:
        """The host alone."""
        return urlsplit(self.origin).hostname or ""


@dataclass(frozen=True)
class NewPasskey:
    """What a registration hands over."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True)
class Answer:
    """An answer of a passkey as the browser sent it, opened so far as to see what it is about."""

    text: str
    credential_id: bytes
    challenge: bytes
    user_handle: bytes | None
    """Whose the passkey says it is."""


def registration_options(site: Relying, person: UUID, email: str, challenge: bytes, known: list[bytes]) -> str:
    """Return what the browser is told, to make a passkey; devices that hold one of `known` make no second."""
    return options_to_json(
        generate_registration_options(
            rp_id=site.id,
            rp_name=NAME,
            user_id=person.bytes,
            user_name=email,
            user_display_name=email,
            challenge=challenge,
            timeout=PATIENCE * 1000,
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
        )
    )


def question(site: Relying, challenge: bytes, known: list[bytes]) -> str:
    """Return what the browser is told, to have a passkey answer; without `known`, any of this site's may."""
    return options_to_json(
        generate_authentication_options(
            rp_id=site.id,
            challenge=challenge,
            timeout=PATIENCE * 1000,
            allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def opened(text: str) -> Answer:
    """Read what an answer is about, before anything in it is believed.

    Raises:
        PasskeyRefusedError: it is no answer, or was given inside another site's page.
    """
    try:
        parts = msgspec.json.decode(text, type=_Sent)
        client = parse_client_data_json(base64url_to_bytes(parts.response.clientDataJSON))
        credential_id = base64url_to_bytes(parts.rawId)
        handle = parts.response.userHandle
        user_handle = base64url_to_bytes(handle) if handle else None
    except (msgspec.DecodeError, WebAuthnException, ValueError, TypeError) as error:
        raise PasskeyRefusedError from error
    # The library leaves this to us: a page of ours in somebody else's frame signs nobody in.
    if client.cross_origin:
        raise PasskeyRefusedError
    return Answer(text, credential_id, client.challenge, user_handle)


def registered(site: Relying, answer: Answer) -> NewPasskey:
    """Check a registration.

    Raises:
        PasskeyRefusedError: it is not one for this site, or the device was not unlocked.
    """
    try:
        made = verify_registration_response(
            credential=answer.text,
            expected_challenge=answer.challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefusedError from error
    return NewPasskey(made.credential_id, made.credential_public_key, made.sign_count)


def answered(site: Relying, answer: Answer, public_key: bytes, sign_count: int) -> int:
    """Check an answer with the public key; return the count that the passkey gives.

    Raises:
        PasskeyRefusedError: it is not one for this site, the device was not unlocked, it was signed by
            another key, or its count does not rise.
    """
    try:
        checked = verify_authentication_response(
            credential=answer.text,
            expected_challenge=answer.challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefusedError from error
    return checked.new_sign_count


class _Response(msgspec.Struct):
    clientDataJSON: str  # noqa: N815 - WebAuthn's own name
    userHandle: str | None = None  # noqa: N815 - WebAuthn's own name


class _Sent(msgspec.Struct):
    rawId: str  # noqa: N815 - WebAuthn's own name
    response: _Response
