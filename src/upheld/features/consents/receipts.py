"""Receipts: each consent, given or withdrawn, as a signed paper that other programs can read.

The fields are those of ISO/IEC TS 27560:2023 (consent records and receipts), the signature is
that of every paper of ours.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from upheld.features.consents.model import Purpose
from upheld.platform.signatures import public_hex, signed

SCHEMA = "ISO/IEC TS 27560:2023"

_HOW = (
    "Remove `signature`, write the rest as canonical JSON (RFC 8785), and verify the Ed25519 signature with "
    "`public_key`, which the issuer publishes at /.well-known/upheld-signing-key."
)


class Shown(msgspec.Struct, frozen=True):
    """A consent given or withdrawn, with the notice that was shown."""

    id: UUID
    person_id: UUID
    purpose: str
    organisation_id: UUID | None
    organisation_name: str | None
    given: bool
    at: dt.datetime
    notice_id: UUID
    notice_version: str
    notice_language: str
    notice_sha256: bytes


@dataclass(frozen=True)
class Meaning:
    """What a person agrees to with a purpose."""

    purpose: str
    pii_information: Sequence[str]
    retention_period: str


MEANINGS: Mapping[str, Meaning] = {
    Purpose.ACCOUNT: Meaning("Keeping an account and a profile", ("identity", "contact"), "As long as the account"),
    Purpose.RESUME_READING: Meaning(
        "Reading the text of uploaded documents to suggest what the profile could say",
        ("document",),
        "Until it is withdrawn, or the document removed",
    ),
    Purpose.APPLICATION: Meaning(
        "Handling applications to this employer",
        ("identity", "contact", "professional", "document", "application"),
        "Twelve months after the application is closed",
    ),
}
"""By purpose; a test compares it with the purposes there are."""


@dataclass(frozen=True)
class Issuer:
    """Who issues receipts, and answers for the platform's own processing."""

    name: str
    contact: str
    address: str
    key: Ed25519PrivateKey


def receipt(shown: Shown, issuer: Issuer) -> dict[str, Any]:
    """Return the signed receipt of one consent."""
    parties = [_platform(issuer), *_employer(shown)]
    meaning = MEANINGS[shown.purpose]
    content = {
        "schema_version": SCHEMA,
        "receipt_id": str(shown.id),
        "pii_principal_id": str(shown.person_id),
        "pii_processing": {
            "privacy_notice": {
                "id": str(shown.notice_id),
                "version": shown.notice_version,
                "sha256": shown.notice_sha256.hex(),
                "address": f"{issuer.address}/privacy/agreed/{shown.notice_id}",
            },
            "language": shown.notice_language,
            "purposes": [
                {
                    "purpose": meaning.purpose,
                    "purpose_type": shown.purpose,
                    "lawful_basis": "consent",
                    "pii_information": list(meaning.pii_information),
                    "pii_controllers": [parties[-1]["party_id"]],
                    "collection_method": "Said by the person on a page of ours",
                    "retention_period": meaning.retention_period,
                    "recipient_third_parties": [],
                    "withdrawal_method": f"{issuer.address}/privacy",
                    "privacy_rights": f"{issuer.address}/privacy",
                }
            ],
        },
        "party_identification": parties,
        "event": {
            "event_time": shown.at.astimezone(dt.UTC).isoformat(),
            "event_type": "explicit",
            "event_state": "given" if shown.given else "withdrawn",
            "validity_duration": "Until it is withdrawn" if shown.given else "Until it is given again",
            "entity_id": str(shown.person_id),
        },
        "public_key": public_hex(issuer.key),
        "how_to_verify": _HOW,
    }
    return signed(content, issuer.key)


def _platform(issuer: Issuer) -> dict[str, str]:
    return {
        "party_id": issuer.address,
        "party_name": issuer.name,
        "party_role": "controller of the platform",
        "party_contact": issuer.contact,
        "party_url": issuer.address,
    }


def _employer(shown: Shown) -> list[dict[str, str]]:
    if shown.organisation_id is None:
        return []
    name = shown.organisation_name or "An organisation that is not public"
    return [{"party_id": str(shown.organisation_id), "party_name": name, "party_role": "controller, as the employer"}]
