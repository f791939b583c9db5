"""The certificate of an erasure: made, signed, and verified by anyone, offline.

It is canonical JSON (RFC 8785); the Ed25519 signature is over the canonical bytes of all
fields but `signature`. It names nobody: the subject is a commitment, opened by a nonce that
only the holder of the receipt is given, inside the certificate itself.
"""

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID, uuid4

import msgspec
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from upheld.features.privacy.errors import CertificateError
from upheld.features.privacy.model import Record, StandingRecord
from upheld.kit.deadlines import APPLICATION_RECORD
from upheld.platform.i18n import mark
from upheld.platform.register import Entry
from upheld.platform.signatures import is_signed, public_hex, signed

TYPE = "upheld.erasure-certificate.v1"

FIELDS = {
    "type", "id", "erasure_id", "controller", "address", "subject", "requested_at", "completed_at",
    "rows_removed", "keys_destroyed", "files_removed", "mail_copies_removed", "register", "held",
    "horizon", "public_key", "how_to_verify", "signature",
}  # fmt: skip
"""Every field of a certificate; none is optional and there are no others."""

_HOW = (
    "`upheld verify-certificate FILE` checks this file without a network; so does the issuer's /trust/verify.py, which "
    "needs Python and nothing else. By hand: remove `signature`, write the rest as canonical JSON (RFC 8785), and "
    "verify the Ed25519 signature with `public_key`, which the issuer publishes at "
    "/.well-known/upheld-signing-key. The subject is HMAC-SHA256(nonce, the 16 bytes of the account's id); the nonce "
    "was given to the holder of the receipt only."
)
_HORIZON = mark(
    "Until then, a backup of the key store together with a backup of the data could still be opened. After it the "
    "epoch key that wraps every such backup is destroyed."
)


@dataclass(frozen=True)
class Facts:
    """What an erasure did, as its certificate tells it."""

    erasure_id: UUID
    person_id: UUID
    requested_at: dt.datetime
    completed_at: dt.datetime
    rows: dict[str, int]
    files: int
    mails: int
    entry: Entry
    held: list[StandingRecord]
    horizon: dt.datetime
    controller: str
    address: str


@dataclass(frozen=True)
class Verdict:
    """What checking a certificate found."""

    certificate: Record
    problems: list[str]

    @property
    def is_valid(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.problems


def issue(facts: Facts, key: Ed25519PrivateKey) -> Record:
    """Return the signed certificate of an erasure."""
    return signed(_unsigned(facts, public_hex(key)), key)


def file_of(certificate: Record) -> bytes:
    """Return the bytes of a certificate's file."""
    return rfc8785.dumps(certificate)


def verify(content: bytes, expected_key: str | None = None) -> Verdict:
    """Check a certificate's file, offline.

    Args:
        content: the file.
        expected_key: the issuer's public key in hexadecimal; without it, the certificate is
            checked against the key that it names itself.

    Raises:
        CertificateError: it is not a certificate at all.
    """
    try:
        certificate = msgspec.json.decode(content, type=Record)
    except msgspec.DecodeError as error:
        raise CertificateError from error
    if certificate.get("type") != TYPE:
        raise CertificateError
    problems = [*_shape(certificate, content), *_signature(certificate)]
    if expected_key is not None and certificate.get("public_key") != expected_key.strip().lower():
        problems.append(mark("It was signed with another key than the one you named."))
    return Verdict(certificate, problems)


def is_about(certificate: Record, person: UUID) -> bool:
    """Whether a certificate is about this person."""
    subject = certificate["subject"]
    return hmac.compare_digest(_commitment(bytes.fromhex(subject["nonce"]), person), subject["commitment"])


def _unsigned(facts: Facts, public_key: str) -> Record:
    nonce = secrets.token_bytes(32)
    return {
        "type": TYPE,
        "id": str(uuid4()),
        "erasure_id": str(facts.erasure_id),
        "controller": facts.controller,
        "address": facts.address,
        "subject": {
            "commitment": _commitment(nonce, facts.person_id),
            "nonce": nonce.hex(),
            "method": "HMAC-SHA256",
        },
        "requested_at": _instant(facts.requested_at),
        "completed_at": _instant(facts.completed_at),
        "rows_removed": facts.rows,
        "keys_destroyed": {"count": facts.entry.keys_count, "sha256_of_ids": facts.entry.keys_sha256},
        "files_removed": facts.files,
        "mail_copies_removed": facts.mails,
        "register": {"entry": facts.entry.number, "sha256": hashlib.sha256(facts.entry.signed_bytes()).hexdigest()},
        "held": [_held(record) for record in facts.held],
        "horizon": {"at": _instant(facts.horizon), "meaning": _HORIZON},
        "public_key": public_key,
        "how_to_verify": _HOW,
    }


def _held(record: StandingRecord) -> Record:
    return {
        "organisation": record.organisation_name,
        "applications": record.applications,
        "keep_until": str(record.keep_until),
        "rule": APPLICATION_RECORD.name,
        "source": APPLICATION_RECORD.source,
    }


def _shape(certificate: Record, content: bytes) -> list[str]:
    problems: list[str] = []
    if set(certificate) != FIELDS:
        problems.append(mark("Fields are missing, or there are some that a certificate does not have."))
    try:
        canonical = rfc8785.dumps(certificate)
    except rfc8785.CanonicalizationError:
        canonical = b""
    if canonical != content.rstrip(b"\r\n"):
        problems.append(mark("The file was reformatted or edited: it is not the canonical form that was signed."))
    return problems


def _signature(certificate: Record) -> list[str]:
    try:
        key = bytes.fromhex(str(certificate.get("public_key")))
    except ValueError:
        key = b""
    if not is_signed(certificate, [key]):
        return [mark("The signature does not fit: something in it was changed after it was issued.")]
    return []


def _commitment(nonce: bytes, person: UUID) -> str:
    return hmac.digest(nonce, person.bytes, hashlib.sha256).hex()


def _instant(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
