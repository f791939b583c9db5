"""The root key: where it comes from, and how the next one takes its place.

`UPHELD_ROOT_KEY` names one of four providers:

    /etc/upheld/root.key                         a file of ours, mode 0600
    env:NAME                                     the environment variable NAME
    aws-kms:KEY                                  a key of AWS KMS
    vault:https://host:8200/transit/KEY          a transit key of Vault or OpenBao

With a key service the root key is a data key: its wrapped form lies in `keys`, the service
opens it once at the start of a process, and no request ever waits for the service.

The next root key is written down beside the present one before anything is wrapped under
it. A process that is killed in the middle of a replacement leaves two, and both are read.
"""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from upheld.platform.keyservices.errors import KeyFileError
from upheld.platform.private import destroy_private, settle, write_private
from upheld.platform.settings import Settings

ROOT_BYTES = 32


class RootKeys(Protocol):
    """Where root keys come from."""

    @property
    def custody(self) -> str:
        """Who keeps the root key, in a few words for the operator."""
        ...

    def read(self) -> list[bytes]:
        """Return the root key, and the next one when a replacement is under way; the newest first.

        Raises:
            KeyFileError: there is none, or it cannot be had; the message says what to do.
        """
        ...

    def exists(self) -> bool:
        """Whether there is one, readable or not."""
        ...

    def begin(self) -> bytes:
        """Return the next root key, written down; repeated, the same one.

        Raises:
            KeyFileError: only the operator can make the next one; the message says how.
        """
        ...

    def finish(self) -> None:
        """Let the next root key take over and destroy the one before."""
        ...

    def restore(self, roots: Sequence[bytes]) -> str:
        """Put back what a recovery key has opened, the newest first; return what the operator does now."""
        ...


class Envelope(Protocol):
    """What a root key is put in before it is stored."""

    @property
    def custody(self) -> str:
        """Who can open it."""
        ...

    def close(self, root: bytes) -> bytes:
        """Return the form that is stored."""
        ...

    def open(self, stored: bytes) -> bytes:
        """Return the root key.

        Raises:
            KeyFileError: it cannot be opened; the message says why.
        """
        ...


class PlainEnvelope:
    """No envelope: 64 hexadecimal digits, in a file that nobody else may read."""

    custody = "file"

    def close(self, root: bytes) -> bytes:
        """Return the digits."""
        return root.hex().encode()

    def open(self, stored: bytes) -> bytes:
        """Return the key."""
        return root_of(stored.decode("ascii", "replace"), "The root key")


class StoredRoot:
    """A root key in a file, in an envelope."""

    def __init__(self, path: Path, envelope: Envelope) -> None:
        """Take the file, which need not be there yet, and the envelope."""
        self._path, self._envelope = path, envelope
        self._next, self._former = path.with_name(path.name + ".next"), path.with_name(path.name + ".former")

    @property
    def custody(self) -> str:
        """Who keeps it."""
        return f"{self._envelope.custody}, {self._path}"

    def exists(self) -> bool:
        """Whether one is stored."""
        return self._path.exists() or self._next.exists()

    def read(self) -> list[bytes]:
        """Return the next one, when there is one, and the present one."""
        found: list[bytes] = []
        for path in (self._next, self._path, self._next):  # a replacement may end while we look
            try:
                root = self._open(path)
            except FileNotFoundError:
                continue
            if root not in found:
                found.append(root)
        if not found:
            msg = f"The root key {self._path} is missing. Put it back, or run `upheld keys recover`."
            raise KeyFileError(msg)
        return found

    def begin(self) -> bytes:
        """Write the next one down, unless an interrupted replacement has done so."""
        if not self._next.exists():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(self._next, self._envelope.close(secrets.token_bytes(ROOT_BYTES)))
        return self._open(self._next)

    def finish(self) -> None:
        """Rename, then destroy; killed in between, a part of it is left to the next replacement."""
        if self._path.exists():
            self._path.replace(self._former)
        self._next.replace(self._path)
        settle(self._path.parent)
        destroy_private(self._former)

    def restore(self, roots: Sequence[bytes]) -> str:
        """Write them where they were."""
        *following, present = roots
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self._path, self._envelope.close(present), replace=True)
        for key in following:
            write_private(self._next, self._envelope.close(key), replace=True)
        return f"The root key is in {self._path} again."

    def _open(self, path: Path) -> bytes:
        if path.stat().st_mode & 0o077:
            msg = f"Others may read the root key {path}. Run `chmod 600 {path}`."
            raise KeyFileError(msg)
        root = self._envelope.open(path.read_bytes())
        if len(root) != ROOT_BYTES:
            msg = f"The root key {path} is not {ROOT_BYTES} bytes long."
            raise KeyFileError(msg)
        return root


class EnvironmentRoot:
    """A root key in an environment variable; while it is replaced, the next one and a comma stand before it."""

    def __init__(self, name: str) -> None:
        """Take the name of the variable."""
        self._name = name

    @property
    def custody(self) -> str:
        """Who keeps it."""
        return f"environment, {self._name}"

    def exists(self) -> bool:
        """Whether the variable is there."""
        return self._name in os.environ

    def read(self) -> list[bytes]:
        """Return what the variable holds."""
        text = os.environ.get(self._name)
        if not text:
            msg = f"UPHELD_ROOT_KEY names the environment variable {self._name}, which is not set."
            raise KeyFileError(msg)
        return [root_of(part, f"The root key in {self._name}") for part in text.split(",")]

    def begin(self) -> bytes:
        """Return the first of two."""
        found = self.read()
        if len(found) == 1:
            msg = (
                f"Put a new root key and a comma before the present one in {self._name} (`openssl rand -hex 32` makes "
                "one), restart, run this again, then take the old one out."
            )
            raise KeyFileError(msg)
        return found[0]

    def finish(self) -> None:
        """Leave it to the operator to take the old one out."""

    def restore(self, roots: Sequence[bytes]) -> str:
        """Return what to put into the variable: nobody else can."""
        return f"Set {self._name}={','.join(root.hex() for root in roots)}"


def root_keys(settings: Settings) -> RootKeys:
    """Return the provider that the settings name.

    Raises:
        KeyFileError: its extra is not installed, or it is named wrongly.
    """
    named = str(settings.root_key or "")
    enveloped = settings.keys_folder / "root.enveloped"
    if settings.root_key_variable:
        return EnvironmentRoot(settings.root_key_variable)
    if named.startswith("aws-kms:"):
        # Imported here: boto3 and hvac are extras, installed where they are used.
        from upheld.platform.keyservices.aws import AwsKms  # noqa: PLC0415 - an extra

        return StoredRoot(enveloped, AwsKms(named.removeprefix("aws-kms:")))
    if named.startswith("vault:"):
        from upheld.platform.keyservices.transit import Transit  # noqa: PLC0415 - an extra

        return StoredRoot(enveloped, Transit.named(named.removeprefix("vault:"), settings))
    return StoredRoot(settings.root_key_file, PlainEnvelope())


def root_of(text: str, what: str) -> bytes:
    """Return a root key from its digits.

    Raises:
        KeyFileError: it is none.
    """
    try:
        root = bytes.fromhex(text.strip())
    except ValueError:
        root = b""
    if len(root) != ROOT_BYTES:
        msg = f"{what} is not {2 * ROOT_BYTES} hexadecimal digits."
        raise KeyFileError(msg)
    return root
