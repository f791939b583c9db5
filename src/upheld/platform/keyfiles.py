"""Key files: the root key, and what is wrapped under it outside every database.

`keys/root.key` (or wherever the operator put it) opens `keys/*.wrapped`: epoch keys, and
the platform's own keys for cookies, blind indexes, limits and signatures. All are files of
mode 0600. Destroying an epoch means overwriting and removing its file: there is no log
that remembers it.

Custody: the root key is the operator's; the others are made here and never leave.
Rotation: epochs by `upheld keys rotate`; the platform's own keys keep one generation in
this release.
"""

import datetime as dt
import os
import secrets
from pathlib import Path
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from upheld.kit.errors import UnavailableError
from upheld.platform.settings import Settings

PLATFORM_KEYS = ("cookie", "blind", "limits", "signing")


class KeyFileError(UnavailableError):
    """A key file is missing or cannot be opened."""

    code = "keys"


class KeyFiles:
    """The folder of wrapped keys, opened with the root key."""

    def __init__(self, folder: Path, root: bytes) -> None:
        """Take the folder and the unwrapped root key; use `open` or `create`."""
        self._folder = folder
        self._root = root
        self._epochs: dict[UUID, bytes] = {}

    @classmethod
    def create(cls, settings: Settings) -> "KeyFiles":
        """Make the root key, the first epoch and the platform's keys where they are missing."""
        settings.keys_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not settings.root_key_file.exists():
            _write(settings.root_key_file, secrets.token_hex(32).encode())
        files = cls.open(settings)
        for name in PLATFORM_KEYS:
            if not (settings.keys_folder / f"{name}.wrapped").exists():
                files._store(name, secrets.token_bytes(32))  # noqa: SLF001 - its own class
        if not list(settings.keys_folder.glob("epoch-*.wrapped")):
            files.new_epoch()
        return files

    @classmethod
    def open(cls, settings: Settings) -> "KeyFiles":
        """Open an existing folder.

        Raises:
            KeyFileError: the root key is missing, readable by others, or not a key.
        """
        path = settings.root_key_file
        try:
            if path.stat().st_mode & 0o077:
                msg = f"Others may read the root key {path}. Run `chmod 600 {path}`."
                raise KeyFileError(msg)
            root = bytes.fromhex(path.read_text().strip())
        except (FileNotFoundError, ValueError):
            msg = f"The root key {path} is missing or is not 64 hexadecimal digits."
            raise KeyFileError(msg) from None
        if len(root) != 32:  # noqa: PLR2004 - AES-256
            msg = f"The root key {path} is not 32 bytes long."
            raise KeyFileError(msg)
        return cls(settings.keys_folder, root)

    def platform_key(self, name: str) -> bytes:
        """Return one of the platform's own keys (`PLATFORM_KEYS`)."""
        return self._load(name)

    def signing_key(self) -> Ed25519PrivateKey:
        """Return the key that signs certificates, the register and evidence."""
        return Ed25519PrivateKey.from_private_bytes(self._load("signing"))

    def current_epoch(self) -> tuple[UUID, bytes]:
        """Return id and key of the newest epoch."""
        epoch = UUID(self._epoch_files()[-1].stem.rsplit("_", 1)[1])
        return epoch, self.epoch(epoch)

    def epoch(self, epoch: UUID) -> bytes:
        """Return the key of an epoch.

        Raises:
            KeyFileError: it was destroyed.
        """
        if epoch not in self._epochs or not self._epoch_file(epoch):
            path = self._epoch_file(epoch)
            if path is None:
                self._epochs.pop(epoch, None)
                msg = "The epoch key that this was wrapped under has been destroyed."
                raise KeyFileError(msg)
            self._epochs[epoch] = self._load(path.stem)
        return self._epochs[epoch]

    def epoch_began_at(self) -> dt.datetime:
        """Return when the current epoch began (it is part of the file's name)."""
        stamp = self._epoch_files()[-1].stem.removeprefix("epoch-").split("_")[0]
        return dt.datetime.strptime(stamp, "%Y%m%dT%H%M%S%fZ").replace(tzinfo=dt.UTC)

    def new_epoch(self) -> tuple[UUID, bytes]:
        """Begin a new epoch; the old ones stay until `destroy_other_epochs`."""
        epoch, key = uuid4(), secrets.token_bytes(32)
        self._store(f"epoch-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S%fZ}_{epoch}", key)
        self._epochs[epoch] = key
        return epoch, key

    def destroy_other_epochs(self, keep: UUID) -> None:
        """Overwrite and remove the files of every epoch but one."""
        for path in self._epoch_files():
            if not path.stem.endswith(str(keep)):
                with path.open("r+b") as file:
                    file.write(secrets.token_bytes(path.stat().st_size))
                    file.flush()
                    os.fsync(file.fileno())
                path.unlink()
        self._epochs = {keep: self._epochs[keep]}

    def _epoch_files(self) -> list[Path]:
        found = sorted(self._folder.glob("epoch-*.wrapped"))
        if not found:
            msg = f"There is no epoch key in {self._folder}."
            raise KeyFileError(msg)
        return found

    def _epoch_file(self, epoch: UUID) -> Path | None:
        return next(iter(self._folder.glob(f"epoch-*_{epoch}.wrapped")), None)

    def _store(self, name: str, key: bytes) -> None:
        nonce = os.urandom(12)
        _write(self._folder / f"{name}.wrapped", nonce + AESGCM(self._root).encrypt(nonce, key, name.encode()))

    def _load(self, name: str) -> bytes:
        try:
            wrapped = (self._folder / f"{name}.wrapped").read_bytes()
            return AESGCM(self._root).decrypt(wrapped[:12], wrapped[12:], name.encode())
        except (FileNotFoundError, InvalidTag):
            msg = f"The key `{name}` is missing from {self._folder}, or the root key is not the one it was made with."
            raise KeyFileError(msg) from None


def _write(path: Path, content: bytes) -> None:
    """Write a new file of mode 0600 that is on disk when this returns."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
