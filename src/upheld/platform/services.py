"""What the platform offers, opened once a process and handed down."""

import hashlib
import hmac
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from upheld.platform.clock import Clock, SystemClock
from upheld.platform.database import Database, Role
from upheld.platform.keyfiles import KeyFiles
from upheld.platform.objects import Objects
from upheld.platform.register import Register
from upheld.platform.settings import Settings
from upheld.platform.stores import open_store
from upheld.platform.vault import Vault


@dataclass(frozen=True)
class Platform:
    """Database, vault, files, register, keys, clock and settings of one process."""

    settings: Settings
    database: Database
    keys: KeyFiles
    vault: Vault
    objects: Objects
    register: Register
    clock: Clock

    def blind_index(self, kind: str, value: str) -> bytes:
        """Return the keyed hash by which an exact value (an address) is found again."""
        return hmac.digest(self.keys.platform_key("blind"), f"{kind}\x00{value}".encode(), hashlib.sha256)

    def limit_subject(self, rule: str, subject: str) -> bytes:
        """Return the keyed hash under which tries of one kind by one subject are counted."""
        return hmac.digest(self.keys.platform_key("limits"), f"{rule}\x00{subject}".encode(), hashlib.sha256)


@asynccontextmanager
async def open_platform(
    settings: Settings, roles: Sequence[Role], clock: Clock | None = None
) -> AsyncGenerator[Platform]:
    """Open everything a process needs, connecting as `roles` (and as the vault); close on leaving."""
    keys = KeyFiles.open(settings)
    async with Database.open(settings, [*roles, "vault"]) as database:
        vault = Vault(database, keys)
        store = open_store(settings)
        yield Platform(
            settings=settings,
            database=database,
            keys=keys,
            vault=vault,
            objects=Objects(store, vault),
            register=Register(store, database, keys.signing_key()),
            clock=clock or SystemClock(),
        )
