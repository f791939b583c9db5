"""What the platform offers, opened once a process and handed down."""

import hashlib
import hmac
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from upheld.platform.clock import Clock, SystemClock
from upheld.platform.counters import Counters, Names, open_counters
from upheld.platform.database import Database, Role
from upheld.platform.keyfiles import KeyFiles
from upheld.platform.objects import Objects
from upheld.platform.register import Register
from upheld.platform.residency import check_residency
from upheld.platform.settings import Settings
from upheld.platform.stores import open_store
from upheld.platform.vault import Vault


@dataclass(frozen=True)
class Platform:
    """Database, vault, files, register, keys, clock, counts and settings of one process."""

    settings: Settings
    database: Database
    keys: KeyFiles
    vault: Vault
    objects: Objects
    register: Register
    clock: Clock
    counters: Counters

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

    def limit_names(self, rule: str, subject: str) -> Names:
        """Return the keyed hashes under which tries of one kind by one subject are counted.

        A count goes along when the key is replaced: it is found by the name it had, and has the
        new one from the next try on.
        """
        said = f"{rule}\x00{subject}".encode()
        now, *before = (hmac.digest(key.secret, said, hashlib.sha256) for key in self.keys.generations("limits"))
        return Names(now, before)


def _next_index(key: bytes, index: bytes) -> bytes:
    return bytes([index[0] + 1]) + hmac.digest(key, index[1:], hashlib.sha256)


@asynccontextmanager
async def open_platform(
    settings: Settings, roles: Sequence[Role], clock: Clock | None = None
) -> AsyncGenerator[Platform]:
    """Open everything a process needs, connecting as `roles` (and as the vault); close on leaving."""
    check_residency(settings)
    keys = KeyFiles.open(settings)
    counters = open_counters(settings)
    async with aclosing(counters), Database.open(settings, [*roles, "vault"]) as database:
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
            counters=counters,
        )
