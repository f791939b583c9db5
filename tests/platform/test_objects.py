"""Files in the object store, a folder and a bucket: sealed, whole or not there, and their owner's only."""

import asyncio
import datetime as dt
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import obstore
import pytest

from tests.support.bucket import BucketService
from tests.support.deployment import Deployment
from upheld.platform.chunks import CHUNK_BYTES, HEADER_BYTES, SEALED_CHUNK_BYTES
from upheld.platform.objects import (
    MAGIC,
    FileLostError,
    application_of,
    documents_of,
    new_object_id,
    path_of,
)
from upheld.platform.stores import open_store
from upheld.platform.vault import PLATFORM, ErasedError, KeyRef, TamperedError

pytestmark = pytest.mark.anyio

HEADER = len(MAGIC) + 32 + HEADER_BYTES
LARGE = 17 << 20
"""More than goes to the store in one request."""


def fresh() -> UUID:
    """Return the id of a file made now."""
    return new_object_id(dt.datetime.now(dt.UTC))


async def owner_with_key(deployment: Deployment) -> KeyRef:
    """Return somebody who can keep documents."""
    ref = documents_of(uuid4())
    await deployment.platform.vault.create_keys([ref])
    return ref


async def arriving(content: bytes, size: int = 100_000, fails: BaseException | None = None) -> AsyncIterator[bytes]:
    """Yield content in parts; fail at the end when told to."""
    for start in range(0, len(content), size):
        yield content[start : start + size]
    if fails is not None:
        raise fails


async def raw(deployment: Deployment, object_id: UUID, instead: bytes | None = None) -> bytes:
    """Return what really lies in the store under an id, after replacing it when told to."""
    store = open_store(deployment.settings)
    if instead is not None:
        await obstore.put_async(store, path_of(object_id), instead)
    return bytes(await (await obstore.get_async(store, path_of(object_id))).bytes_async())


async def listed(deployment: Deployment) -> set[UUID]:
    """Return the ids of everything in the store."""
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    return {one async for batch in deployment.platform.objects.older_than(tomorrow) for one in batch}


def bytes_left(deployment: Deployment, service: BucketService) -> list[str]:
    """Return every file there is, also what was begun and never finished."""
    if not deployment.settings.objects:
        return [path.name for path in (deployment.settings.var / "objects").rglob("*") if path.is_file()]
    bucket = deployment.settings.objects.split("/")[2]
    there = service.client.list_objects_v2(Bucket=bucket).get("Contents", [])
    return [one["Key"] for one in (*there, *service.unfinished(bucket))]


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, LARGE])
async def test_a_file_comes_back_as_it_was_whole_or_in_parts(stored: Deployment, size: int) -> None:
    objects, owner, content = stored.platform.objects, await owner_with_key(stored), os.urandom(size)
    whole, in_parts = fresh(), fresh()
    await objects.put(owner, whole, content)
    await objects.put(owner, in_parts, arriving(content))
    for object_id in (whole, in_parts):
        assert await objects.read(owner, object_id) == content
    assert content[:100] not in await raw(stored, whole) or size < 100


async def test_any_range_of_a_file_reads_as_it_was(stored: Deployment) -> None:
    objects, owner, chance = stored.platform.objects, await owner_with_key(stored), random.Random(5)  # noqa: S311 - picks cases, repeatably
    for size in (0, 1, CHUNK_BYTES, 3 * CHUNK_BYTES - 5):
        object_id, content = fresh(), os.urandom(size)
        await objects.put(owner, object_id, content)
        edges = [0, 1, size - 1, size, size + 1, CHUNK_BYTES - 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 1]
        picked = [(chance.choice(edges), chance.choice([0, *edges])) for _ in range(25)]
        for start, length in [(start, length) for start, length in picked if start >= 0 and length >= 0]:
            assert await objects.read_range(owner, object_id, start, length) == content[start : start + length]


async def test_a_range_opens_the_chunks_it_needs_and_no_others(stored: Deployment) -> None:
    objects, owner, object_id = stored.platform.objects, await owner_with_key(stored), fresh()
    content = os.urandom(4 * CHUNK_BYTES)
    await objects.put(owner, object_id, content)
    whole = await raw(stored, object_id)
    place = HEADER + SEALED_CHUNK_BYTES + 9
    await raw(stored, object_id, whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    assert await objects.read_range(owner, object_id, 2 * CHUNK_BYTES, 10) == content[2 * CHUNK_BYTES :][:10]
    for start, length in ((CHUNK_BYTES, 1), (0, CHUNK_BYTES + 1), (2 * CHUNK_BYTES - 1, 10)):
        with pytest.raises(TamperedError):
            await objects.read_range(owner, object_id, start, length)


async def test_a_range_does_not_take_a_cut_for_the_end(stored: Deployment) -> None:
    objects, owner, object_id = stored.platform.objects, await owner_with_key(stored), fresh()
    await objects.put(owner, object_id, os.urandom(4 * CHUNK_BYTES))
    whole = await raw(stored, object_id)
    for cut in (HEADER + 2 * SEALED_CHUNK_BYTES, HEADER + 2 * SEALED_CHUNK_BYTES + 20, HEADER, HEADER - 1, 0):
        await raw(stored, object_id, whole[:cut])
        for start in (CHUNK_BYTES, 3 * CHUNK_BYTES, 9 * CHUNK_BYTES):
            with pytest.raises(TamperedError):
                await objects.read_range(owner, object_id, start, 3 * CHUNK_BYTES)


async def test_a_file_that_was_changed_in_the_store_does_not_open(stored: Deployment) -> None:
    objects, owner, object_id, other = stored.platform.objects, await owner_with_key(stored), fresh(), fresh()
    for name in (object_id, other):
        await objects.put(owner, name, os.urandom(3 * CHUNK_BYTES))
    whole, one, two = await raw(stored, object_id), HEADER, HEADER + SEALED_CHUNK_BYTES
    chunks = [whole[one:two], whole[two : two + SEALED_CHUNK_BYTES], whole[two + SEALED_CHUNK_BYTES :]]
    spoilt = [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in range(0, HEADER, 3)]
    spoilt += [
        whole[:HEADER] + chunks[1] + chunks[0] + chunks[2],
        whole[:two],
        whole + chunks[2],
        whole[:-1],
        whole[:HEADER],
        b"",
        await raw(stored, other),
    ]
    for instead in spoilt:
        await raw(stored, object_id, instead)
        with pytest.raises(TamperedError):
            await objects.read(owner, object_id)


async def test_nobody_opens_or_removes_the_file_of_somebody_else(stored: Deployment) -> None:
    objects, owner, stranger, object_id = (
        stored.platform.objects, await owner_with_key(stored), await owner_with_key(stored), fresh(),
    )  # fmt: skip
    employers = application_of(owner.subject, uuid4())
    await stored.platform.vault.create_keys([employers])
    await objects.put(owner, object_id, b"a file")
    for other in (stranger, employers):
        with pytest.raises(TamperedError):
            await objects.read(other, object_id)
        with pytest.raises(TamperedError):
            await objects.read_range(other, object_id, 0, 1)
        with pytest.raises(TamperedError):
            await objects.copy(other, object_id, other, fresh())
        assert await objects.remove([other], [object_id]) == 0
    assert await objects.read(owner, object_id) == b"a file"
    assert await listed(stored) == {object_id}


async def test_whoever_reads_the_whole_store_cannot_tell_which_files_are_of_one_person(stored: Deployment) -> None:
    objects, ref = stored.platform.objects, await owner_with_key(stored)
    one, other = fresh(), fresh()
    for object_id in (one, other):
        await objects.put(ref, object_id, b"the same words")
    first, second = await raw(stored, one), await raw(stored, other)
    length = 8
    pieces = {first[at : at + length] for at in range(len(MAGIC), len(first) - length)}
    assert not [at for at in range(len(second) - length) if second[at : at + length] in pieces]


async def test_a_file_is_removed_once_and_also_after_its_key(stored: Deployment) -> None:
    objects, owner = stored.platform.objects, await owner_with_key(stored)
    one, two = fresh(), fresh()
    for object_id in (one, two):
        await objects.put(owner, object_id, b"a file")
    assert await objects.remove([owner], [one, fresh()]) == 1
    assert await objects.remove([owner], [one]) == 0
    await stored.platform.vault.destroy(owner.subject, PLATFORM)
    with pytest.raises(ErasedError):
        await objects.read(owner, two)
    assert await objects.remove([owner], [two]) == 1
    assert await listed(stored) == set()


async def test_a_damaged_file_stays_until_no_row_names_it_and_goes_then(stored: Deployment) -> None:
    objects, owner, object_id = stored.platform.objects, await owner_with_key(stored), fresh()
    await objects.put(owner, object_id, b"a file")
    await raw(stored, object_id, b"x" * 20)
    assert await objects.remove([owner], [object_id]) == 0
    assert await objects.discard([object_id]) == 1
    assert not await objects.exists(object_id)


async def test_a_file_that_is_not_there_is_said_to_be_lost(stored: Deployment) -> None:
    owner = await owner_with_key(stored)
    with pytest.raises(FileLostError):
        await stored.platform.objects.read(owner, fresh())
    with pytest.raises(FileLostError):
        await stored.platform.objects.read_range(owner, fresh(), 0, 1)


async def test_the_files_of_the_last_hours_are_found_without_the_others(stored: Deployment) -> None:
    objects, owner, now = stored.platform.objects, await owner_with_key(stored), dt.datetime.now(dt.UTC)
    old, recent = new_object_id(now - dt.timedelta(hours=9)), new_object_id(now)
    for object_id in (old, recent):
        await objects.put(owner, object_id, b"a file")
    later = now + dt.timedelta(minutes=1)
    assert await listed(stored) == {old, recent}
    assert [one async for one in objects.older_than(later, now - dt.timedelta(hours=4))] == [[recent]]
    assert [one async for one in objects.older_than(now - dt.timedelta(hours=1))] == []


# Interrupted uploads.


@pytest.mark.parametrize("size", [1000, LARGE])
async def test_an_upload_whose_source_fails_leaves_nothing(
    stored: Deployment, bucket_service: BucketService, size: int
) -> None:
    objects, owner, object_id = stored.platform.objects, await owner_with_key(stored), fresh()
    with pytest.raises(RuntimeError):
        await objects.put(owner, object_id, arriving(os.urandom(size), fails=RuntimeError()))
    assert await listed(stored) == set()
    assert bytes_left(stored, bucket_service) == []


@pytest.mark.parametrize("size", [1000, LARGE])
async def test_an_upload_that_nobody_waits_for_any_more_leaves_nothing(
    stored: Deployment, bucket_service: BucketService, size: int
) -> None:
    objects, owner, object_id = stored.platform.objects, await owner_with_key(stored), fresh()
    stuck = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        async for part in arriving(os.urandom(size)):
            yield part
        stuck.set()
        await asyncio.Event().wait()

    sending = asyncio.create_task(objects.put(owner, object_id, endless()))
    await stuck.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert await listed(stored) == set()
    assert bytes_left(stored, bucket_service) == []


async def test_what_a_killed_process_left_half_written_goes(deployment: Deployment) -> None:
    objects, owner, object_id = deployment.platform.objects, await owner_with_key(deployment), fresh()
    await objects.put(owner, object_id, b"a file")
    place = deployment.settings.var / "objects" / path_of(object_id)
    half, fresh_half = place.with_name(f"{fresh()}#1"), place.with_name(f"{fresh()}#7")
    for path in (half, fresh_half):
        path.write_bytes(b"half a file")
    os.utime(half, (0, 0))
    os.utime(place, (0, 0))
    assert await objects.drop_unfinished(dt.timedelta(minutes=30)) == 1
    assert {path.name for path in place.parent.iterdir()} == {place.name, fresh_half.name}


def test_a_hundred_megabytes_go_in_and_out_in_little_memory(tmp_path: Path) -> None:
    """In a process of its own; what it prints is the growth of its peak, in kilobytes."""
    command = [sys.executable, "-m", "tests.platform.streaming", str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
    assert 0 < int(said.stdout) < 32 * 1024
