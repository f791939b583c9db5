"""The register of erasures: append-only, signed, chained, and compared with the keyring's head."""

import asyncio
import datetime as dt
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from obstore.store import LocalStore

from tests.support.catalog import connected
from tests.support.deployment import Deployment
from upheld.kit.errors import AwayError
from upheld.platform.hold import held
from upheld.platform.register import Entry, Erasure, RegisterError, keys_digest

pytestmark = pytest.mark.anyio

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def erasure() -> Erasure:
    """Return an erasure about to be carried out."""
    return Erasure(uuid4(), uuid4(), bytes(32), NOW, [uuid4(), uuid4()])


async def filled(deployment: Deployment, number: int = 3) -> list[Entry]:
    """Return a register of some entries."""
    return [await deployment.platform.register.append(erasure()) for _ in range(number)]


def path_of(deployment: Deployment, number: int) -> Path:
    """Return where an entry lies."""
    return deployment.settings.var / "objects" / "register" / f"{number:08}.json"


async def keyring(deployment: Deployment, statement: str) -> None:
    """Change the keyring as the administrator, as a restore would."""
    async with connected(deployment.cluster, deployment.settings.keyring_database) as connection:
        await connection.execute(statement)


async def test_an_empty_register_has_no_entries(deployment: Deployment) -> None:
    assert await deployment.platform.register.entries() == []


async def test_entries_are_numbered_chained_and_say_what_was_destroyed(deployment: Deployment) -> None:
    asked = erasure()
    before = await filled(deployment, 2)
    entry = await deployment.platform.register.append(asked)
    assert await deployment.platform.register.entries() == [*before, entry]
    assert (entry.number, entry.previous) == (3, before[-1].digest().hex())
    assert (entry.keys_count, entry.keys_sha256) == (2, keys_digest(asked.key_ids))


async def test_appending_twice_adds_once_and_keeps_what_was_said_about_the_keys(deployment: Deployment) -> None:
    asked = erasure()
    first = await deployment.platform.register.append(asked)
    without_keys = Erasure(asked.id, asked.person_id, asked.receipt_hash, NOW, [])
    assert await deployment.platform.register.append(without_keys) == first
    assert await deployment.platform.register.entries() == [first]


async def test_erasures_at_the_same_time_each_get_an_entry(deployment: Deployment) -> None:
    asked = [erasure() for _ in range(5)]
    both = [*asked, asked[0]]
    await asyncio.gather(*(deployment.platform.register.append(one) for one in both))
    entries = await deployment.platform.register.entries()
    assert {entry.erasure_id for entry in entries} == {one.id for one in asked}
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5]


async def test_a_missing_entry_is_noticed_wherever_it_stood(deployment: Deployment) -> None:
    await filled(deployment)
    for number in (3, 2, 1):
        path_of(deployment, number).unlink()
        with pytest.raises(RegisterError):
            await deployment.platform.register.entries()


@pytest.mark.parametrize(
    "field", ["number", "erasure_id", "person_id", "receipt_hash", "keys_count", "at", "previous", "signature"]
)
async def test_a_changed_entry_is_noticed(deployment: Deployment, field: str) -> None:
    await filled(deployment)
    path = path_of(deployment, 2)
    other: dict[str, Any] = json.loads(path_of(deployment, 3).read_text())
    changed = {**json.loads(path.read_text()), field: other[field]}
    if field in {"keys_count", "receipt_hash"}:
        changed[field] = 9 if field == "keys_count" else "11" * 32
    path.write_text(json.dumps(changed))
    with pytest.raises(RegisterError):
        await deployment.platform.register.entries()


async def test_an_entry_in_the_place_of_another_is_noticed(deployment: Deployment) -> None:
    await filled(deployment)
    path_of(deployment, 2).write_bytes(path_of(deployment, 3).read_bytes())
    with pytest.raises(RegisterError):
        await deployment.platform.register.entries()


async def test_a_register_written_by_another_deployment_is_noticed(deployment: Deployment) -> None:
    await filled(deployment)
    path = path_of(deployment, 1)
    path.write_text(json.dumps({**json.loads(path.read_text()), "signature": "00" * 64}))
    with pytest.raises(RegisterError):
        await deployment.platform.register.entries()


async def test_an_old_backup_of_the_keyring_does_not_hide_later_entries(deployment: Deployment) -> None:
    entries = await filled(deployment)
    await keyring(
        deployment,
        f"update keyring.register_head set entries = 1, head = '\\x{entries[0].digest().hex()}'",  # noqa: S608 - our own digest
    )
    assert await deployment.platform.register.entries() == entries
    fourth = await deployment.platform.register.append(erasure())
    assert fourth.number == 4
    assert await deployment.platform.register.entries() == [*entries, fourth]


async def test_a_keyring_that_remembers_another_history_is_noticed(deployment: Deployment) -> None:
    await filled(deployment)
    await keyring(deployment, f"update keyring.register_head set head = '\\x{'00' * 32}'")  # noqa: S608 - fixed
    with pytest.raises(RegisterError):
        await deployment.platform.register.entries()


async def test_an_entry_whose_head_was_never_moved_is_taken_over(deployment: Deployment) -> None:
    """A worker that is killed between the two writes an entry that the keyring does not know of."""
    asked = erasure()
    (entry,) = [await deployment.platform.register.append(asked)]
    await keyring(deployment, "delete from keyring.register_head")
    assert await deployment.platform.register.append(asked) == entry
    assert await deployment.platform.register.entries() == [entry]


def test_a_store_that_is_away_is_said_to_be_away_also_by_the_hold(tmp_path: Path) -> None:
    """The worker asks for it before anything else: an error that it does not know would end it."""
    folder = tmp_path / "objects"
    store = LocalStore(folder, mkdir=True)
    assert held(store) is None
    folder.rmdir()
    folder.write_text("a file where the folder should be")
    with pytest.raises(AwayError):
        held(store)
