"""What the platform offers, opened once a process and handed down."""

import datetime as dt
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
from upheld.platform.residency import check_residency
from upheld.platform.settings import Settings
from upheld.platform.stores import open_store
from upheld.platform.vault import Vault

_LIMITS_BEGIN = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
"""Where the database begins to count stretches of time (`050_limits.sql`)."""


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
        """Return the keyed hash under which an exact value (an address) is stored."""
        return self.blind_indexes(kind, value)[0]

    def blind_indexes(self, kind: str, value: str) -> list[bytes]:
        """Return what the value may be stored under: by the newest key, and by the one before it.

        A generation is the number of a key, then a hash: each key hashes what the key before
        it made of the value. So a replacement needs no address in the clear, and nobody has
        to be able to read them all (docs/adr/0012).
        """
        *older, first = self.keys.platform_keys("blind")
        index = b"\x01" + hmac.digest(first, f"{kind}\x00{value}".encode(), hashlib.sha256)
        found = [index]
        for key in reversed(older):
            found.append(_next_index(key, found[-1]))
        return found[-1:-3:-1]

    def raised_index(self, index: bytes) -> bytes:
        """Return what the newest generation makes of an index of an older one."""
        for key in self.keys.platform_keys("blind")[::-1][index[0] :]:
            index = _next_index(key, index)
        return index

    def limit_subject(self, rule: str, subject: str, per: dt.timedelta) -> bytes:
        """Return the keyed hash under which tries of one kind by one subject are counted.

        A stretch of time is counted under one key from its beginning to its end, also when
        the key is replaced in the middle: no count begins anew.
        """
        into = (self.clock.now() - _LIMITS_BEGIN) % per
        began = self.clock.now() - into
        keys = self.keys.generations("limits")
        key = next((key for key in keys if key.made_at <= began), keys[-1])
        return hmac.digest(key.secret, f"{rule}\x00{subject}".encode(), hashlib.sha256)


def _next_index(key: bytes, index: bytes) -> bytes:
    return bytes([index[0] + 1]) + hmac.digest(key, index[1:], hashlib.sha256)


@asynccontextmanager
async def open_platform(
    settings: Settings, roles: Sequence[Role], clock: Clock | None = None
) -> AsyncGenerator[Platform]:
    """Open everything a process needs, connecting as `roles` (and as the vault); close on leaving."""
    check_residency(settings)
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
            register=Register(store, database, keys),
            clock=clock or SystemClock(),
        )
