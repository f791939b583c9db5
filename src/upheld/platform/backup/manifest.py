"""The manifest of a backup: what it holds, signed, with nothing in it about anybody.

It carries the backup's own random key, wrapped: a data backup's under the deployment's
backup key, a keyring backup's under the epoch key, so that it dies with the epoch.
"""

import datetime as dt
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from upheld.platform.backup.errors import DamagedError
from upheld.platform.keyfiles import KeyFileError, KeyFiles
from upheld.platform.vault import TamperedError, unwrap, wrap

NAME = "manifest.json"
_LARGEST = 1024 * 1024
"""Bytes; a real one has a few thousand."""
TYPE = "upheld.backup.v1"


class Kind(StrEnum):
    """What a backup is of."""

    DATA = "data"
    KEYRING = "keyring"


class RegisterMark(msgspec.Struct, frozen=True):
    """How far the register of erasures had come: how many entries, and the hash of the last."""

    entries: int
    head: str


class Stored(msgspec.Struct, frozen=True):
    """How many encrypted files a backup holds, and how large they are together."""

    files: int
    bytes: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds.

    `taken_at`: a data backup holds nothing that was committed later, a keyring backup
    everything that was committed before.
    """

    type: str = TYPE
    kind: Kind
    id: UUID
    taken_at: dt.datetime
    server: str
    steps: list[str]
    tables: dict[str, int]
    register: RegisterMark
    stored: Stored | None = None
    epoch: UUID | None = None
    opens_until: dt.datetime | None = None
    streams: dict[str, int]
    wrapped_key: str
    public_key: str = ""
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """Return the canonical bytes (RFC 8785) of everything but the signature."""
        content: dict[str, object] = msgspec.to_builtins(self)
        del content["signature"]
        return rfc8785.dumps(content)  # pyright: ignore[reportArgumentType] - plain JSON values

    def file_bytes(self) -> bytes:
        """Return the manifest as its file shows it."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"

    def signed(self, keys: KeyFiles) -> "Manifest":
        """Return the manifest, signed with the deployment's key."""
        key = keys.signing_key()
        named = msgspec.structs.replace(self, public_key=key.public_key().public_bytes_raw().hex())
        return msgspec.structs.replace(named, signature=key.sign(named.signed_bytes()).hex())


@dataclass(frozen=True)
class Seal:
    """A new backup's id and random key, the key wrapped, and the epoch it is wrapped under, if any."""

    id: UUID
    key: bytes = field(repr=False)
    wrapped: bytes
    epoch: UUID | None


def new_seal(keys: KeyFiles, kind: Kind) -> Seal:
    """Make the key of a new backup."""
    backup_id, key = uuid4(), secrets.token_bytes(32)
    epoch, outer = (None, keys.platform_key("backup")) if kind is Kind.DATA else keys.current_epoch()
    return Seal(backup_id, key, wrap(outer, key, backup_id.bytes), epoch)


def read(folder: Path, keys: KeyFiles) -> Manifest:
    """Return the manifest of a backup that this deployment made.

    Raises:
        DamagedError: there is none, it was changed, or another deployment's key signed it.
    """
    try:
        found = msgspec.json.decode(_bytes_of(folder / NAME), type=Manifest)
    except (OSError, msgspec.MsgspecError):
        msg = f"There is no whole backup in {folder}: its manifest is missing or cannot be read."
        if inside := sorted(path.parent.name for path in folder.glob(f"*/{NAME}")):
            msg = f"{folder} is the place of backups, not one of them. Name one, such as {folder / inside[-1]}."
        raise DamagedError(msg) from None
    if found.public_key not in {key.hex() for key in keys.public_keys()}:
        msg = (
            f"The backup in {folder} was made with another deployment's keys. Put the key files and the root key "
            "that belong to it in place first."
        )
        raise DamagedError(msg)
    if not _is_genuine(found):
        msg = f"The manifest of {folder} was changed after it was signed."
        raise DamagedError(msg)
    return found


def _bytes_of(path: Path) -> bytes:
    """Return what a manifest holds; no pipe is waited for, and nothing endless read."""
    if not path.is_file() or path.stat().st_size > _LARGEST:
        return b""
    return path.read_bytes()


def key_of(manifest: Manifest, keys: KeyFiles) -> bytes:
    """Return the key that a backup is sealed under.

    Raises:
        DamagedError: its epoch key has been destroyed, as it was meant to be, or it was changed.
    """
    try:
        outers = keys.platform_keys("backup") if manifest.epoch is None else [keys.epoch(manifest.epoch)]
    except KeyFileError:
        msg = (
            f"The keyring backup of {manifest.taken_at:%Y-%m-%d %H:%M} UTC opens no more: the epoch key it was sealed "
            "under is not here. After each replacement only newer keyring backups are of use."
        )
        raise DamagedError(msg) from None
    for outer in outers:
        with suppress(TamperedError, ValueError):
            return unwrap(outer, bytes.fromhex(manifest.wrapped_key), manifest.id.bytes)
    msg = f"The backup of {manifest.taken_at:%Y-%m-%d %H:%M} UTC was sealed under a key that has been replaced since."
    raise DamagedError(msg)


def _is_genuine(manifest: Manifest) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(manifest.public_key))
        key.verify(bytes.fromhex(manifest.signature), manifest.signed_bytes())
    except (InvalidSignature, ValueError):
        return False
    return True
