"""Key files: what is wrapped under the root key, outside every database.

Each key is a file `NAME-WHEN_ID.wrapped` of mode 0600 in `keys`, authenticated to its own
name: epoch keys, and the platform's keys for cookies, known browsers, blind indexes, limits,
signatures and backups. A key is replaced by adding a generation; the older ones go when their overlap is
over (`features/privacy/rotation.py` says when). Destroying one means overwriting and
removing its file: there is no log that remembers it.

Reading is on the way of every request, so keys are kept in memory. A change of the folder's
own time says that something was added or removed, by this process or another: no process
has to be told, or restarted. Writers take turns under a lock and read the root key anew.
"""

import datetime as dt
import fcntl
import os
import secrets
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from upheld.platform.private import destroy_private, sweep_unfinished, write_private
from upheld.platform.recovery import (
    RecoveryKeyError,
    close_for_recovery,
    new_recovery_key,
    open_with_recovery,
    public_half,
)
from upheld.platform.rootkeys import KeyFileError, RootKeys, root_keys
from upheld.platform.settings import Settings

__all__ = ["PLATFORM_KEYS", "Key", "KeyFileError", "KeyFiles"]

PLATFORM_KEYS = ("cookie", "device", "blind", "limits", "signing", "backup")

EPOCH = "epoch"
PUBLISHED = "published"
"""Public halves of signing keys that were replaced: what they signed can still be checked."""
RECOVERY = "recovery"
"""The public half of the recovery key, for which every root key is sealed."""

RECOVERY_FILE = "recovery.sealed"

_WHEN = "%Y%m%dT%H%M%S%fZ"
_GRAIN = 100_000_000
"""Nanoseconds within which two changes of a folder may bear the same time."""


@dataclass(frozen=True)
class Key:
    """One generation of a key."""

    name: str
    id: UUID
    made_at: dt.datetime
    secret: bytes = field(repr=False)

    @property
    def stem(self) -> str:
        """The name of its file, to which the wrapped key is bound."""
        return f"{self.name}-{self.made_at:{_WHEN}}_{self.id}"


@dataclass(frozen=True)
class _Seen:
    """What was in the folder at the last look: keys by the name of their file, and by their own, newest first."""

    files: dict[str, Key]
    keys: dict[str, list[Key]]
    broken: tuple[str, ...]


class KeyFiles:
    """The folder of wrapped keys, opened with the root key."""

    def __init__(self, folder: Path, root: RootKeys) -> None:
        """Take the folder and where the root key comes from; use `open` or `create`."""
        self.folder = folder
        self.root = root
        self._roots = root.read()
        self._seen = _Seen({}, {}, ())
        self._read_at = -1
        self._is_settled = False

    @classmethod
    def create(cls, settings: Settings) -> "KeyFiles":
        """Make the root key, the first epoch and the platform's keys where they are missing.

        Raises:
            KeyFileError: there are wrapped keys, but not the root key that opens them.
        """
        settings.keys_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        root = root_keys(settings)
        if not root.exists() and not list(settings.keys_folder.glob("*.wrapped")):
            root.begin()
            root.finish()
        files = cls(settings.keys_folder, root)
        present = {key.name for key in files.all()} | {stem.split("-")[0] for stem in files.broken()}
        for name in {EPOCH, *PLATFORM_KEYS} - present:
            files.add(name)
        return files

    @classmethod
    def open(cls, settings: Settings) -> "KeyFiles":
        """Open an existing folder.

        Raises:
            KeyFileError: the root key cannot be had, or is not a key.
        """
        return cls(settings.keys_folder, root_keys(settings))

    # Reading.

    def all(self) -> list[Key]:
        """Return every key that opens, by name and the newest first."""
        return [key for keys in self._look().keys.values() for key in keys]

    def broken(self) -> tuple[str, ...]:
        """Return the names of files that do not open under the root key."""
        return self._look().broken

    def generations(self, name: str) -> list[Key]:
        """Return every generation of a key, the newest first.

        Raises:
            KeyFileError: there is none, or one does not open.
        """
        seen = self._look()
        if name not in seen.keys or any(stem.startswith(f"{name}-") for stem in seen.broken):
            msg = f"The key `{name}` is missing from {self.folder}, or the root key is not the one it was made with."
            raise KeyFileError(msg)
        return seen.keys[name]

    def platform_key(self, name: str) -> bytes:
        """Return the generation in use of one of the platform's own keys (`PLATFORM_KEYS`)."""
        return self.generations(name)[0].secret

    def platform_keys(self, name: str) -> list[bytes]:
        """Return every generation that still counts, the one in use first."""
        return [key.secret for key in self.generations(name)]

    def signing_key(self) -> Ed25519PrivateKey:
        """Return the key that signs certificates, the register and evidence."""
        return Ed25519PrivateKey.from_private_bytes(self.platform_key("signing"))

    def public_keys(self) -> list[bytes]:
        """Return what checks signatures: the public half in use, then those before it, the newest first."""
        former = self._look().keys.get(PUBLISHED, [])
        return [self.signing_key().public_key().public_bytes_raw(), *(key.secret for key in former)]

    def verifiers(self) -> list[Ed25519PublicKey]:
        """Return the same, ready to check."""
        return [Ed25519PublicKey.from_public_bytes(key) for key in self.public_keys()]

    def current_epoch(self) -> tuple[UUID, bytes]:
        """Return id and key of the newest epoch."""
        newest = self.generations(EPOCH)[0]
        return newest.id, newest.secret

    def epoch(self, epoch: UUID) -> bytes:
        """Return the key of an epoch.

        Raises:
            KeyFileError: it was destroyed.
        """
        for key in self._look().keys.get(EPOCH, []):
            if key.id == epoch:
                return key.secret
        msg = "The epoch key that this was wrapped under has been destroyed."
        raise KeyFileError(msg)

    def epoch_began_at(self) -> dt.datetime:
        """Return when the current epoch began (it is part of the file's name)."""
        return self.generations(EPOCH)[0].made_at

    # Writing.

    def add(self, name: str, secret: bytes | None = None, key_id: UUID | None = None) -> Key:
        """Add a generation, which is in use from here on; the older ones stay."""
        with self._writing():
            older = self._look().keys.get(name, [])
            # A clock that was set back does not make an older generation the newest.
            now = max([dt.datetime.now(dt.UTC), *(key.made_at + dt.timedelta(microseconds=1) for key in older)])
            key = Key(name, key_id or uuid4(), now, secret or secrets.token_bytes(32))
            write_private(self._path(key.stem), _wrapped(self._roots[0], key.stem, key.secret))
            return key

    def new_epoch(self) -> tuple[UUID, bytes]:
        """Begin a new epoch; the old ones stay until `destroy_other_epochs`."""
        key = self.add(EPOCH)
        return key.id, key.secret

    def destroy_other_epochs(self, keep: UUID) -> None:
        """Destroy every epoch but one."""
        self.destroy(key for key in self.generations(EPOCH) if key.id != keep)

    def destroy(self, keys: Iterable[Key]) -> int:
        """Overwrite and remove the files of keys; return how many went."""
        with self._writing():
            going = list(keys)
            for key in going:
                destroy_private(self._path(key.stem))
        return len(going)

    def replace_signing_key(self) -> Key:
        """Sign with a new key; of the old one only the public half stays, to check what it signed."""
        old = self.generations("signing")
        known = {key.id for key in self._look().keys.get(PUBLISHED, [])}
        for key in old:
            if key.id not in known:
                public = Ed25519PrivateKey.from_private_bytes(key.secret).public_key().public_bytes_raw()
                self.add(PUBLISHED, public, key.id)
        new = self.add("signing")
        self.destroy(old)
        return new

    def replace_root(self) -> int:
        """Wrap every key under the next root key and destroy the present one; return how many.

        Killed at any moment, everything still opens, and calling it again finishes the work.

        Raises:
            KeyFileError: a file does not open, and would be lost; nothing was destroyed.
        """
        with self._writing():
            if self.broken():
                msg = f"{', '.join(self.broken())} in {self.folder} would be lost. `upheld keys check` says more."
                raise KeyFileError(msg)
            self.root.begin()
            self._roots = self.root.read()
            self.close_for_recovery(self._roots)
            keys = self.all()
            for key in keys:
                write_private(self._path(key.stem), _wrapped(self._roots[0], key.stem, key.secret), replace=True)
            self.close_for_recovery(self._roots[:1])
            self.root.finish()
            self._roots = self._roots[:1]
        return len(keys)

    def issue_recovery_key(self) -> str:
        """Return a new recovery key, to be shown once; the one before opens nothing from here on."""
        text, public = new_recovery_key()
        former = self._look().keys.get(RECOVERY, [])
        self.add(RECOVERY, public)
        self.destroy(former)
        self.close_for_recovery()
        return text

    def faults(self, recovery_key: str | None = None) -> list[str]:
        """Return what is wrong with the folder, a line each; tried with the recovery key, if it is given.

        Raises:
            RecoveryKeyError: what was given is not, or not any longer, the recovery key.
        """
        seen = self._look()
        faults = [f"{stem}: does not open under the root key" for stem in seen.broken]
        faults += [f"{name}: there is no such key" for name in (EPOCH, *PLATFORM_KEYS) if name not in seen.keys]
        if RECOVERY not in seen.keys or not self.recovery_file.exists():
            return [*faults, "recovery: no recovery key was issued; `upheld keys issue-recovery-key` does"]
        if recovery_key is not None:
            if public_half(recovery_key) != seen.keys[RECOVERY][0].secret:
                raise RecoveryKeyError
            opened = open_with_recovery(recovery_key, self.recovery_file.read_bytes())
            if not set(self._roots) <= set(opened):
                faults.append("recovery: it opens another root key than the one in use; issue a new recovery key")
        return faults

    def close_for_recovery(self, roots: list[bytes] | None = None) -> None:
        """Seal the root key for the holder of the recovery key, when there is one."""
        held = self._look().keys.get(RECOVERY)
        if held:
            write_private(self.recovery_file, close_for_recovery(held[0].secret, roots or self._roots), replace=True)

    @property
    def recovery_file(self) -> Path:
        """Where the root key lies, sealed for the recovery key."""
        return self.folder / RECOVERY_FILE

    def roots(self) -> list[bytes]:
        """Return the root key, and while it is replaced the next one before it; never logged, never stored."""
        return list(self._roots)

    # Inside.

    def _path(self, stem: str) -> Path:
        return self.folder / f"{stem}.wrapped"

    def _look(self) -> _Seen:
        """Return what is in the folder, read again when it has changed."""
        changed_at = self.folder.stat().st_mtime_ns
        if changed_at != self._read_at or not self._is_settled:
            # Taken before looking: what changes meanwhile is found at the next look.
            self._read_at, self._is_settled = changed_at, time.time_ns() - changed_at > _GRAIN
            self._seen = self._read()
        return self._seen

    def _read(self) -> _Seen:
        files: dict[str, Key] = {}
        broken: list[str] = []
        for path in sorted(self.folder.glob("*.wrapped"), reverse=True):
            key = self._seen.files.get(path.stem) or self._opened(path)
            if key is not None:
                files[path.stem] = key
            elif path.exists():  # else it was destroyed while we looked
                broken.append(path.stem)
        keys: dict[str, list[Key]] = {}
        for key in files.values():
            keys.setdefault(key.name, []).append(key)
        return _Seen(files, keys, tuple(broken))

    def _opened(self, path: Path) -> Key | None:
        try:
            wrapped = path.read_bytes()
            name, rest = path.stem.split("-", 1)
            when, key_id = rest.split("_", 1)
            made_at = dt.datetime.strptime(when, _WHEN).replace(tzinfo=dt.UTC)
            secret = self._unwrapped(wrapped, path.stem)
        except (FileNotFoundError, ValueError):
            return None
        return None if secret is None else Key(name, UUID(key_id), made_at, secret)

    def _unwrapped(self, wrapped: bytes, stem: str) -> bytes | None:
        secret = _unwrapped(self._roots, wrapped, stem)
        if secret is None:
            # Another process may have replaced the root key.
            self._roots = self.root.read()
            secret = _unwrapped(self._roots, wrapped, stem)
        return secret

    @contextmanager
    def _writing(self) -> Generator[None]:
        """Take turns with every other writer of this folder; the kernel lets go however a process ends."""
        held = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            sweep_unfinished(self.folder)
            self._roots = self.root.read()
            yield
        finally:
            os.close(held)
            self._is_settled = False


def recover_root(settings: Settings, recovery_key: str) -> str:
    """Put the root key back from what was sealed for the recovery key; return what the operator does now.

    Raises:
        RecoveryKeyError: it is not the recovery key.
        KeyFileError: nothing was sealed, or what was sealed does not open the keys that are here.
    """
    folder = settings.keys_folder
    try:
        roots = open_with_recovery(recovery_key, (folder / RECOVERY_FILE).read_bytes())
    except FileNotFoundError:
        msg = f"{folder / RECOVERY_FILE} is missing; put it back from the copy of the key files."
        raise KeyFileError(msg) from None
    if strange := [
        path.stem for path in folder.glob("*.wrapped") if not _unwrapped(roots, path.read_bytes(), path.stem)
    ]:
        msg = f"The root key that was sealed does not open {', '.join(sorted(strange))}; nothing was changed."
        raise KeyFileError(msg)
    return root_keys(settings).restore(roots)


def _wrapped(root: bytes, stem: str, secret: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + AESGCM(root).encrypt(nonce, secret, stem.encode())


def _unwrapped(roots: list[bytes], wrapped: bytes, stem: str) -> bytes | None:
    for root in roots:
        try:
            return AESGCM(root).decrypt(wrapped[:12], wrapped[12:], stem.encode())
        except (InvalidTag, ValueError):
            continue
    return None
