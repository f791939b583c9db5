"""A million data keys, moved to a new epoch while somebody goes on reading.

The keys are real: wrapped under the epoch, bound to their owners. Beside the whole rotation
stands what its cryptography alone takes in a bare loop: one unwrap and one wrap a key.
"""

import asyncio
import secrets
import time
from collections.abc import Iterator
from uuid import UUID, uuid4

from bench.figures import Figure
from bench.stage import staged
from tests.support.catalog import connected
from tests.support.deployment import Deployment
from upheld.platform.vault import PLATFORM, KeyRef, unwrap, wrap

KEYS, IN_ONE_GO, BARE = 1_000_000, 50_000, 50_000
LONGEST_PAUSE_SECONDS = 0.25
"""What somebody may have to wait because of a rotation: less than a sign-in's own hash takes."""


async def measure() -> list[Figure]:
    """Measure once."""
    async with staged() as stage:
        return await _measured(stage.deployment)


async def _measured(deployment: Deployment) -> list[Figure]:
    vault, keys = deployment.platform.vault, deployment.platform.keys
    reader = KeyRef(uuid4(), PLATFORM, "profile")
    await vault.create_keys([reader])
    await _fill(deployment, KEYS)
    done = asyncio.Event()
    reading = asyncio.create_task(_read(deployment, reader, done))
    began = time.perf_counter()
    moved = await vault.rotate_epoch()
    seconds = time.perf_counter() - began
    done.set()
    reads, longest = await reading
    lost = len(await vault.check_keys(20_000))
    bare = _bare(keys.current_epoch()[1])
    return [
        Figure("keys moved to the new epoch", moved, "keys", at_least=KEYS),
        Figure("keys of 20,000 that do not open afterwards", lost, "keys", at_most=0),
        Figure("the rotation", seconds, "s"),
        Figure("keys a second", moved / seconds, "keys/s"),
        Figure("beside one unwrap and one wrap in a bare loop", moved / seconds / bare, "of it"),
        Figure("reads of a key meanwhile", reads, "reads", at_least=1),
        Figure("the longest of them", longest, "s", at_most=LONGEST_PAUSE_SECONDS),
    ]


async def _fill(deployment: Deployment, count: int) -> None:
    """Put keys straight into the keyring: making them is not what is measured."""
    epoch, outer = deployment.platform.keys.current_epoch()
    async with connected(deployment.cluster, deployment.settings.keyring_database) as connection:
        for _ in range(0, count, IN_ONE_GO):
            await connection.copy_records_to_table(
                "data_keys",
                schema_name="keyring",
                columns=["id", "subject_id", "controller_id", "class", "epoch_id", "wrapped"],
                records=_records(epoch, outer, IN_ONE_GO),
            )
        await connection.execute("vacuum analyze keyring.data_keys")


def _records(epoch: UUID, outer: bytes, count: int) -> Iterator[tuple[UUID, UUID, UUID, str, UUID, bytes]]:
    for _ in range(count):
        key_id, ref = uuid4(), KeyRef(uuid4(), PLATFORM, "profile")
        wrapped = wrap(outer, secrets.token_bytes(32), ref.bound(key_id))
        yield key_id, ref.subject, ref.controller, ref.data_class, epoch, wrapped


async def _read(deployment: Deployment, ref: KeyRef, done: asyncio.Event) -> tuple[int, float]:
    reads, longest = 0, 0.0
    while not done.is_set():
        began = time.perf_counter()
        await deployment.platform.vault.key(ref)
        longest = max(longest, time.perf_counter() - began)
        reads += 1
        await asyncio.sleep(0.01)
    return reads, longest


def _bare(outer: bytes) -> float:
    """Return how many keys a second are unwrapped and wrapped without a database."""
    bound = KeyRef(uuid4(), PLATFORM, "profile").bound(uuid4())
    wrapped = wrap(outer, secrets.token_bytes(32), bound)
    began = time.perf_counter()
    for _ in range(BARE):
        wrap(outer, unwrap(outer, wrapped, bound), bound)
    return BARE / (time.perf_counter() - began)
