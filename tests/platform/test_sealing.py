"""What is sealed opens in its own place only, and not at all once a bit of it has changed.

The edges are those of Wycheproof's tests of AES-GCM (empty, around a block, changed nonce, tag
and associated data, truncated tags, lengths), asked of our own formats.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import GCM

from tests.features.factors.steps import adds_a_passkey, device, sets_up_an_app
from tests.features.tokens.test_tokens import made
from tests.support.catalog import connected
from tests.support.deployment import Browser, Deployment
from tests.support.hiring import applied, pdf, upload
from tests.support.inviting import invite
from upheld.features.providers.actions.linking import new_identity
from upheld.platform.openid.client import Proof
from upheld.platform.vault import (
    PLATFORM,
    Cell,
    DataKey,
    ErasedError,
    KeyRef,
    TamperedError,
    open_field,
    seal_field,
    unwrap,
    wrap,
)

pytestmark = pytest.mark.anyio

CELL = Cell("profiles", "summary_sealed", UUID(int=7))
BLOCK = 16
NOT_BOUND = {("audit_entries", "origin_sealed"), ("consents", "origin_sealed")}
"""Sealed before its row has an id; in the audit log the leaf of its entry commits to it."""
IN_THE_PLACE_OF: dict[str, str] = {"account_links": "people"}
"""A new address waits sealed for the place that it takes once it is confirmed."""


def fresh_key() -> DataKey:
    """Return a data key of a test's own."""
    return DataKey(uuid4(), secrets.token_bytes(32))


# Every sealed column, as the application itself has filled it.


@dataclass(frozen=True)
class Stored:
    """A ciphertext of the database, and where it lies."""

    column: str
    cell: Cell
    blob: bytes


async def everything_sealed(deployment: Deployment) -> tuple[list[Stored], set[str]]:
    """Return every ciphertext of the database where it opens, and the columns there are."""
    stored: list[Stored] = []
    async with connected(deployment.cluster, deployment.settings.database) as connection:
        columns = await connection.fetch(
            "select table_name, column_name from information_schema.columns"
            " where table_schema = 'upheld' and column_name like '%\\_sealed' order by 1, 2"
        )
        kept = [(row["table_name"], row["column_name"]) for row in columns if tuple(row) not in NOT_BOUND]
        for table, column in kept:
            rows = await connection.fetch(f"select * from upheld.{table} where {column} is not null")  # noqa: S608 - catalog
            for row in rows:
                ids = {value for value in row.values() if isinstance(value, UUID)}
                places = [Cell(IN_THE_PLACE_OF.get(str(table), str(table)), column, one) for one in ids]
                opening = [place for place in places if await opens(deployment, place, row[column])]
                assert len(opening) == 1, (table, column)
                stored.append(Stored(f"{table}.{column}", opening[0], row[column]))
    return stored, {f"{table}.{column}" for table, column in kept}


async def opens(deployment: Deployment, cell: Cell, blob: bytes) -> bool:
    """Whether a ciphertext opens in a place."""
    try:
        await deployment.platform.vault.open(cell.table, cell.row, {cell.column: blob})
    except TamperedError:
        return False
    return True


async def ways_in_of(deployment: Deployment, ben: Browser) -> None:
    """Have somebody use every way of getting in that keeps something sealed."""
    await sets_up_an_app(ben)
    assert (await adds_a_passkey(ben, device(ben))).is_success
    await made(ben, "profile:read")
    assert (await ben.form("/account/address", email="new@example.org")).is_success
    async with connected(deployment.cluster, deployment.settings.database) as connection:
        whose = await connection.fetchval("select person_id from upheld.access_tokens")
        # No provider is configured here: what linking one stores, sealed as linking seals it.
        identity = await new_identity(deployment.platform, whose, Proof("work", "https://id.example", "ben"))
        await connection.execute(
            "insert into upheld.identities (id, person_id, issuer, subject_index, subject_sealed)"
            " values ($1, $2, $3, $4, $5)",
            identity.id, whose, identity.issuer, identity.indexes[0], identity.subject_sealed,
        )  # fmt: skip


async def test_no_ciphertext_of_any_sealed_column_opens_in_the_place_of_another(deployment: Deployment) -> None:
    async with applied(deployment, ("resume.pdf", pdf("Ada Okafor", "Boats"))) as application:
        await upload(deployment, application.candidate, "second.pdf", pdf("Ada Okafor", "More boats"))
        # Another person, so that the places of people are tried, too; and a mail that is not sent yet.
        async with deployment.person("ben@example.org") as ben:
            await ways_in_of(deployment, ben)
            decision = {"outcome": "rejected", "reason": "Somebody else has more boats."}
            answer = await application.owner.form(application.page("/decide"), **decision)
            assert answer.is_success, answer.text
            assert (await invite(application.owner, "cleo@example.org", "manager")).is_success
            stored, columns = await everything_sealed(deployment)
        seen = {one.column for one in stored}
        assert seen == columns
        tried = 0
        for one, other in permutations(stored, 2):
            if one.cell == other.cell:
                continue
            assert not await opens(deployment, other.cell, one.blob), (one.cell, other.cell)
            tried += 1
        assert tried > 100


# Wrapped data keys: the rows of the keyring.


@pytest.mark.parametrize("column", ["subject_id", "controller_id", "class"])
async def test_a_data_key_moved_to_another_owner_does_not_open(deployment: Deployment, column: str) -> None:
    vault, ada, ben, shop, yard = deployment.platform.vault, uuid4(), uuid4(), uuid4(), uuid4()
    pairs = {
        "subject_id": (KeyRef(ada, PLATFORM, "profile"), KeyRef(ben, PLATFORM, "profile")),
        "controller_id": (KeyRef(ada, shop, "application"), KeyRef(ada, yard, "application")),
        "class": (KeyRef(ada, PLATFORM, "profile"), KeyRef(ada, PLATFORM, "messages")),
    }
    one, other = pairs[column]
    await vault.create_keys([one, other])
    before = {ref: await vault.key(ref) for ref in (one, other)}
    async with connected(deployment.cluster, deployment.settings.keyring_database) as connection:
        # Values change hands: what is Ada's key says that it is Ben's, and the other way round.
        await connection.execute(
            "alter table keyring.data_keys drop constraint data_keys_subject_id_controller_id_class_key"
        )
        await connection.execute(
            f"update keyring.data_keys as k set {column} = o.{column} from keyring.data_keys as o"  # noqa: S608 - our names
            " where (k.id = $1 and o.id = $2) or (k.id = $2 and o.id = $1)",
            before[one].id, before[other].id,
        )  # fmt: skip
    for ref in (one, other):
        with pytest.raises(TamperedError):
            await vault.key(ref)
        with pytest.raises(TamperedError):
            await vault.open(CELL.table, CELL.row, {CELL.column: seal_field(before[ref], CELL, "text")})
    assert len(await vault.check_keys()) == 2


async def test_a_wrapped_key_copied_over_another_does_not_open(deployment: Deployment) -> None:
    vault, ada, ben = deployment.platform.vault, uuid4(), uuid4()
    await vault.create_keys([KeyRef(ada, PLATFORM, "profile"), KeyRef(ben, PLATFORM, "profile")])
    async with connected(deployment.cluster, deployment.settings.keyring_database) as connection:
        await connection.execute(
            "update keyring.data_keys set wrapped = (select wrapped from keyring.data_keys where subject_id = $1)"
            " where subject_id = $2",
            ada, ben,
        )  # fmt: skip
    assert await vault.key(KeyRef(ada, PLATFORM, "profile"))
    with pytest.raises(TamperedError):
        await vault.key(KeyRef(ben, PLATFORM, "profile"))


# The formats, at their edges.


@pytest.mark.parametrize("length", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 4 * BLOCK - 1, 65_536, 1_000_003])
def test_texts_of_every_length_come_back(length: int) -> None:
    key, text = fresh_key(), "é" * (length // 2) + "x" * (length % 2)
    blob = seal_field(key, CELL, text)
    assert len(blob) == 1 + 16 + 12 + len(text.encode()) + 16
    assert open_field({key.id: key}, CELL, blob) == text


@pytest.mark.parametrize("length", [0, 1, BLOCK, BLOCK + 1])
def test_every_changed_bit_is_noticed(length: int) -> None:
    key = fresh_key()
    blob = seal_field(key, CELL, "x" * length)
    for place in range(len(blob) * 8):
        spoilt = bytearray(blob)
        spoilt[place // 8] ^= 1 << place % 8
        # A changed id names a key that does not exist; everything else is a lie about this one.
        expected = ErasedError if 8 <= place < 8 * 17 else TamperedError
        with pytest.raises(expected):
            open_field({key.id: key}, CELL, bytes(spoilt))


@pytest.mark.parametrize("text", ["", "x" * (BLOCK - 1), "x" * 3 * BLOCK])
def test_every_truncation_and_extension_is_noticed(text: str) -> None:
    key = fresh_key()
    blob = seal_field(key, CELL, text)
    for length in range(len(blob)):  # down to a tag of no bytes, and to nothing at all
        with pytest.raises(TamperedError):
            open_field({key.id: key}, CELL, blob[:length])
    for more in (b"\x00", blob[-16:], bytes(BLOCK)):
        with pytest.raises(TamperedError):
            open_field({key.id: key}, CELL, blob + more)


REORDERED: dict[str, Callable[[bytes], bytes]] = {
    "nonce and tag change places": lambda b: b[:17] + b[-12:] + b[29:-16] + b[-16:-12] + b[17:29],
    "blocks change places": lambda b: b[:29] + b[45:61] + b[29:45] + b[61:],
    "a block is dropped": lambda b: b[:29] + b[45:],
    "a block is repeated": lambda b: b[:45] + b[29:],
    "the nonce is all zeros": lambda b: b[:17] + bytes(12) + b[29:],
    "the tag is all zeros": lambda b: b[:-16] + bytes(16),
    "the tag is all ones": lambda b: b[:-16] + b"\xff" * 16,
    "the tag is inverted": lambda b: b[:-16] + bytes(byte ^ 0xFF for byte in b[-16:]),
    "the tag is of the other half": lambda b: b[:-16] + b[-8:] + b[-16:-8],
}


@pytest.mark.parametrize("change", REORDERED.values(), ids=REORDERED)
def test_what_is_reordered_is_noticed(change: Callable[[bytes], bytes]) -> None:
    key = fresh_key()
    blob = seal_field(key, CELL, "0123456789abcdef" * 2)
    with pytest.raises(TamperedError):
        open_field({key.id: key}, CELL, change(blob))


def test_parts_of_two_ciphertexts_do_not_make_a_third() -> None:
    key = fresh_key()
    one, two = seal_field(key, CELL, "a" * 40), seal_field(key, CELL, "b" * 40)
    for start, end in ((17, 29), (29, -16), (len(one) - 16, len(one))):
        with pytest.raises(TamperedError):
            open_field({key.id: key}, CELL, one[:start] + two[start:end] + one[end:])


def test_another_key_under_the_same_id_does_not_open() -> None:
    key = fresh_key()
    blob = seal_field(key, CELL, "x")
    for other in (bytes(32), bytes([key.key[0] ^ 1]) + key.key[1:], secrets.token_bytes(32)):
        with pytest.raises(TamperedError):
            open_field({key.id: DataKey(key.id, other)}, CELL, blob)


def test_no_two_places_are_written_alike() -> None:
    row = UUID(int=7)
    parts = ["", "a", "b", "ab", "a\x00b", "1:a", "a1:b", "\x00"]
    places = [Cell(table, column, row) for table in parts for column in parts]
    assert len({place.bound() for place in places}) == len(places)


def test_it_is_plain_aes_256_gcm() -> None:
    key = fresh_key()
    blob = seal_field(key, CELL, "Twelve years of wooden boats.")
    decryptor = Cipher(AES256(key.key), GCM(blob[17:29], blob[-16:])).decryptor()
    decryptor.authenticate_additional_data(CELL.bound())
    assert decryptor.update(blob[29:-16]) + decryptor.finalize() == b"Twelve years of wooden boats."


def test_every_change_of_a_wrapped_key_is_noticed() -> None:
    outer, inner = secrets.token_bytes(32), secrets.token_bytes(32)
    bound = KeyRef(uuid4(), PLATFORM, "profile").bound(uuid4())
    wrapped = wrap(outer, inner, bound)
    assert unwrap(outer, wrapped, bound) == inner
    spoilt = [wrapped[:at] + bytes([wrapped[at] ^ 128]) + wrapped[at + 1 :] for at in range(60)]
    spoilt += [wrapped[:length] for length in range(60)] + [wrapped + b"\x00", b""]
    for other in spoilt:
        with pytest.raises(TamperedError):
            unwrap(outer, other, bound)
    for at in range(len(bound)):
        with pytest.raises(TamperedError):
            unwrap(outer, wrapped, bound[:at] + bytes([bound[at] ^ 1]) + bound[at + 1 :])
    for other in (b"", bound[:-1], bound + b"x"):
        with pytest.raises(TamperedError):
            unwrap(outer, wrapped, other)


def test_a_nonce_is_never_used_twice() -> None:
    """Ten million are drawn by `make bench only=nonces`; these are enough to see a counter or a constant."""
    key = fresh_key()
    fields = [seal_field(key, CELL, "the same") for _ in range(50_000)]
    assert len({blob[17:29] for blob in fields}) == len(fields)
    wrapped = [wrap(key.key, key.key, b"") for _ in range(50_000)]
    assert len({blob[:12] for blob in wrapped}) == len(wrapped)
    # No bit stands still: a nonce that was shorter than it looks would show here.
    for bit in range(96):
        ones = sum(blob[17 + bit // 8] >> bit % 8 & 1 for blob in fields)
        assert 24_000 < ones < 26_000, bit
