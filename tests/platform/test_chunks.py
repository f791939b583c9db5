"""Sealed streams: they come back as they were, in constant memory, and no edit goes unnoticed."""

import os
import random
from collections.abc import AsyncIterator, Callable
from uuid import UUID, uuid4

import pytest

from upheld.platform.chunks import (
    CHUNK_BYTES,
    HEADER_BYTES,
    SEALED_CHUNK_BYTES,
    Label,
    open_async,
    open_parts,
    seal,
    seal_async,
)
from upheld.platform.vault import TamperedError

KEY = bytes(range(32))
LABEL = Label("file", UUID(int=7))

SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 17]


def sealed(content: bytes, key: bytes = KEY, label: Label = LABEL) -> bytes:
    """Return a whole sealed stream."""
    return b"".join(seal(key, label, [content]))


def opened(stream: bytes, key: bytes = KEY, label: Label = LABEL) -> bytes:
    """Return the plaintext of a whole stream."""
    return b"".join(open_parts(key, label, [stream]))


def chunks_of(stream: bytes) -> list[bytes]:
    """Return the header and the sealed chunks of a stream."""
    body = range(HEADER_BYTES, len(stream), SEALED_CHUNK_BYTES)
    return [stream[:HEADER_BYTES], *(stream[start : start + SEALED_CHUNK_BYTES] for start in body)]


def cut(content: bytes, chance: random.Random) -> list[bytes]:
    """Return content in parts of any size, some of them empty."""
    places = sorted(chance.randrange(len(content) + 1) for _ in range(chance.randrange(12)))
    return [content[start:end] for start, end in zip([0, *places], [*places, len(content)], strict=True)]


@pytest.mark.parametrize("size", SIZES)
def test_a_stream_comes_back_as_it_was_however_it_is_cut(size: int) -> None:
    chance, content = random.Random(size), os.urandom(size)  # noqa: S311 - picks cases, repeatably
    for _ in range(20):
        stream = b"".join(seal(KEY, LABEL, cut(content, chance)))
        assert len(stream) == HEADER_BYTES + size + 16 * max(1, -(-size // CHUNK_BYTES))
        assert b"".join(open_parts(KEY, LABEL, cut(stream, chance))) == content


@pytest.mark.anyio
async def test_a_stream_that_arrives_bit_by_bit_is_the_same_stream() -> None:
    content = os.urandom(2 * CHUNK_BYTES + 5)

    async def arriving(parts: list[bytes]) -> AsyncIterator[bytes]:
        for part in parts:
            yield part

    chance = random.Random(1)  # noqa: S311 - picks cases, repeatably
    stream = b"".join([part async for part in seal_async(KEY, LABEL, arriving(cut(content, chance)))])
    assert opened(stream) == content
    assert b"".join([part async for part in open_async(KEY, LABEL, arriving(cut(stream, chance)))]) == content


def test_nothing_of_the_plaintext_shows_and_no_two_streams_look_alike() -> None:
    content = b"Twelve years of wooden boats. " * 4000
    one, two = sealed(content), sealed(content)
    assert content[:40] not in one
    assert not set(chunks_of(one)) & set(chunks_of(two))


@pytest.mark.parametrize(
    ("key", "label"),
    [
        (bytes(32), LABEL),
        (KEY, Label("backup", LABEL.id)),
        (KEY, Label("file", UUID(int=8))),
        (KEY, Label("fil", UUID(int=7))),
    ],
    ids=["key", "purpose", "id", "shorter purpose"],
)
def test_a_stream_opens_under_its_own_key_and_label_only(key: bytes, label: Label) -> None:
    with pytest.raises(TamperedError):
        opened(sealed(b"a file"), key, label)


Edit = Callable[[list[bytes], list[bytes], random.Random], list[bytes]]
"""Takes the pieces of a stream and of a stranger's, and returns what an attacker makes of them."""


def flip(mine: list[bytes], _: list[bytes], chance: random.Random) -> list[bytes]:
    which = chance.randrange(len(mine))
    place, bit = chance.randrange(len(mine[which])), chance.randrange(8)
    spoilt = bytearray(mine[which])
    spoilt[place] ^= 1 << bit
    return [*mine[:which], bytes(spoilt), *mine[which + 1 :]]


def swap(mine: list[bytes], _: list[bytes], chance: random.Random) -> list[bytes]:
    one, two = chance.sample(range(1, len(mine)), 2)
    return [mine[two if n == one else one if n == two else n] for n in range(len(mine))]


def drop(mine: list[bytes], _: list[bytes], chance: random.Random) -> list[bytes]:
    which = chance.randrange(len(mine))
    return mine[:which] + mine[which + 1 :]


def repeat(mine: list[bytes], _: list[bytes], chance: random.Random) -> list[bytes]:
    which = chance.randrange(1, len(mine))
    return [*mine[: which + 1], mine[which], *mine[which + 1 :]]


def graft(mine: list[bytes], theirs: list[bytes], chance: random.Random) -> list[bytes]:
    """Put a chunk of another stream, sealed under the same key, in the same place."""
    which = chance.randrange(len(mine))
    return [*mine[:which], theirs[which], *mine[which + 1 :]]


def cut_off(mine: list[bytes], _: list[bytes], chance: random.Random) -> list[bytes]:
    whole = b"".join(mine)
    return [whole[: chance.randrange(len(whole))]]


def cut_at_a_chunk(mine: list[bytes], _: list[bytes], chance: random.Random) -> list[bytes]:
    return mine[: chance.randrange(len(mine))]


def append(mine: list[bytes], theirs: list[bytes], chance: random.Random) -> list[bytes]:
    more = [os.urandom(chance.randrange(1, 40)), mine[-1], theirs[-1], bytes(SEALED_CHUNK_BYTES)]
    return [*mine, chance.choice(more)]


def insert(mine: list[bytes], _: list[bytes], chance: random.Random) -> list[bytes]:
    whole = b"".join(mine)
    place = chance.randrange(len(whole) + 1)
    return [whole[:place], os.urandom(chance.randrange(1, 33)), whole[place:]]


EDITS = [flip, swap, drop, repeat, graft, cut_off, cut_at_a_chunk, append, insert]


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("older_version", [False, True], ids=["another file", "an older version"])
def test_no_edit_of_a_stream_goes_unnoticed(edit: Edit, older_version: bool) -> None:  # noqa: FBT001 - pytest names it
    chance = random.Random(edit.__name__)  # noqa: S311 - picks cases, repeatably
    for _ in range(150):
        content = os.urandom(chance.choice([3, 4]) * CHUNK_BYTES - chance.randrange(2000))
        theirs = sealed(os.urandom(len(content)), label=LABEL if older_version else Label("file", uuid4()))
        mine = chunks_of(sealed(content))
        spoilt = edit(mine, chunks_of(theirs), chance)
        assert b"".join(spoilt) != b"".join(mine)
        with pytest.raises(TamperedError):
            opened(b"".join(spoilt))


def test_what_is_yielded_before_an_edit_is_noticed_is_authentic() -> None:
    content = os.urandom(4 * CHUNK_BYTES)
    pieces = chunks_of(sealed(content))
    pieces[3] = bytes(SEALED_CHUNK_BYTES)
    got: list[bytes] = []
    with pytest.raises(TamperedError):
        got.extend(open_parts(KEY, LABEL, pieces))
    assert b"".join(got) == content[: len(b"".join(got))]
