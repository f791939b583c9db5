"""Vault, key files and objects: what opens, what never opens again, what a rotation may not lose."""

import asyncio
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.support.catalog import connected
from tests.support.deployment import Deployment
from upheld.platform.keyfiles import PLATFORM_KEYS, KeyFileError, KeyFiles
from upheld.platform.vault import PLATFORM, PLATFORM_CLASSES, ErasedError, KeyRef, TamperedError, unwrap, wrap

pytestmark = pytest.mark.anyio

TEXT = "Twelve years of wooden boats."


async def person_with_keys(deployment: Deployment) -> UUID:
    """Return a person who has every key of the platform."""
    person = uuid4()
    await deployment.platform.vault.create_keys(KeyRef(person, PLATFORM, name) for name in PLATFORM_CLASSES)
    return person


async def sealed(deployment: Deployment, person: UUID, row: UUID) -> bytes:
    """Return a text sealed for a row's summary."""
    cells = await deployment.platform.vault.seal(
        KeyRef(person, PLATFORM, "profile"), "profiles", row, {"summary_sealed": TEXT}
    )
    found = cells["summary_sealed"]
    assert found is not None
    return found


# Fields.


async def test_a_sealed_field_opens_in_its_place_and_nowhere_else(deployment: Deployment) -> None:
    vault, row = deployment.platform.vault, uuid4()
    blob = await sealed(deployment, await person_with_keys(deployment), row)
    assert TEXT.encode() not in blob
    assert await vault.open("profiles", row, {"summary_sealed": blob}) == {"summary_sealed": TEXT}
    for table, place, column in (
        ("documents", row, "summary_sealed"),
        ("profiles", uuid4(), "summary_sealed"),
        ("profiles", row, "headline_sealed"),
    ):
        with pytest.raises(TamperedError):
            await vault.open(table, place, {column: blob})


async def test_every_changed_byte_of_a_sealed_field_is_noticed(deployment: Deployment) -> None:
    row = uuid4()
    blob = await sealed(deployment, await person_with_keys(deployment), row)
    for place in range(len(blob)):
        spoilt = blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]
        with pytest.raises((TamperedError, ErasedError)):
            await deployment.platform.vault.open("profiles", row, {"summary_sealed": spoilt})
    with pytest.raises(TamperedError):
        await deployment.platform.vault.open("profiles", row, {"summary_sealed": blob[:-1]})


async def test_the_same_text_is_never_the_same_ciphertext(deployment: Deployment) -> None:
    person, row = await person_with_keys(deployment), uuid4()
    assert len({await sealed(deployment, person, row) for _ in range(20)}) == 20


async def test_what_was_not_said_is_not_sealed(deployment: Deployment) -> None:
    vault, person, row = deployment.platform.vault, await person_with_keys(deployment), uuid4()
    cells = await vault.seal(KeyRef(person, PLATFORM, "profile"), "profiles", row, {"summary_sealed": None})
    assert await vault.open("profiles", row, cells) == {"summary_sealed": None}


# Keys.


async def test_without_its_keys_nothing_of_a_person_opens_and_others_still_do(deployment: Deployment) -> None:
    vault, row = deployment.platform.vault, uuid4()
    ada, ben = await person_with_keys(deployment), await person_with_keys(deployment)
    of_ada, of_ben = await sealed(deployment, ada, row), await sealed(deployment, ben, row)
    ids = await vault.key_ids(ada, PLATFORM)
    assert sorted(await vault.destroy(ada, PLATFORM)) == sorted(ids)
    assert len(ids) == len(PLATFORM_CLASSES)
    with pytest.raises(ErasedError):
        await vault.open("profiles", row, {"summary_sealed": of_ada})
    with pytest.raises(ErasedError):
        await sealed(deployment, ada, row)
    assert await vault.destroy(ada, PLATFORM) == []
    assert await vault.open("profiles", row, {"summary_sealed": of_ben}) == {"summary_sealed": TEXT}


async def test_an_employers_key_outlives_the_platforms(deployment: Deployment) -> None:
    vault, person, employer = deployment.platform.vault, await person_with_keys(deployment), uuid4()
    await vault.create_keys([KeyRef(person, employer, "application")])
    await vault.destroy(person, PLATFORM)
    assert len(await vault.key_ids(person, employer)) == 1


async def test_making_a_key_twice_keeps_the_first(deployment: Deployment) -> None:
    vault, person = deployment.platform.vault, await person_with_keys(deployment)
    before = await vault.key_ids(person, PLATFORM)
    await vault.create_keys([KeyRef(person, PLATFORM, "profile")])
    assert await vault.key_ids(person, PLATFORM) == before


def test_a_wrapped_key_is_bound_to_its_id() -> None:
    outer, inner = bytes(32), bytes(range(32))
    wrapped = wrap(outer, inner, b"one")
    assert unwrap(outer, wrapped, b"one") == inner
    for key, bound in ((outer, b"two"), (bytes([1]) * 32, b"one")):
        with pytest.raises(TamperedError):
            unwrap(key, wrapped, bound)


# Rotation.


async def test_a_rotation_moves_every_key_and_destroys_the_old_epoch(deployment: Deployment) -> None:
    vault, row = deployment.platform.vault, uuid4()
    blob = await sealed(deployment, await person_with_keys(deployment), row)
    old, _ = deployment.platform.keys.current_epoch()
    async with connected(deployment.cluster, deployment.settings.keyring_database) as connection:
        backup = await connection.fetch("select * from keyring.data_keys")
    assert await vault.rotate_epoch() == len(backup)
    assert await vault.open("profiles", row, {"summary_sealed": blob}) == {"summary_sealed": TEXT}
    with pytest.raises(KeyFileError):
        deployment.platform.keys.epoch(old)
    for kept in backup:
        ref = KeyRef(kept["subject_id"], kept["controller_id"], kept["class"])
        with pytest.raises(TamperedError):
            unwrap(deployment.platform.keys.current_epoch()[1], kept["wrapped"], ref.bound(kept["id"]))


async def test_a_rotation_never_brings_a_destroyed_key_back(deployment: Deployment) -> None:
    vault, person = deployment.platform.vault, await person_with_keys(deployment)
    await vault.destroy(person, PLATFORM)
    await vault.rotate_epoch()
    assert await vault.key_ids(person, PLATFORM) == []


async def test_rotations_and_new_keys_at_the_same_time_lose_nothing(deployment: Deployment) -> None:
    vault, rows = deployment.platform.vault, [uuid4() for _ in range(12)]

    async def live(row: UUID) -> bytes:
        return await sealed(deployment, await person_with_keys(deployment), row)

    first = [await live(row) for row in rows]
    *later, _, _, _ = await asyncio.gather(
        *(live(row) for row in rows), vault.rotate_epoch(), vault.rotate_epoch(), vault.rotate_epoch()
    )
    for row, blob in [*zip(rows, first, strict=True), *zip(rows, later, strict=True)]:
        assert isinstance(blob, bytes)
        assert await vault.open("profiles", row, {"summary_sealed": blob}) == {"summary_sealed": TEXT}
    assert len(list(deployment.settings.keys_folder.glob("epoch-*.wrapped"))) == 1


async def test_another_process_follows_a_rotation(deployment: Deployment) -> None:
    other = KeyFiles.open(deployment.settings)
    old, _ = other.current_epoch()
    await deployment.platform.vault.rotate_epoch()
    assert other.current_epoch() == deployment.platform.keys.current_epoch()
    with pytest.raises(KeyFileError):
        other.epoch(old)


# Key files.


async def test_key_files_are_nobody_elses_and_hold_no_key_in_the_clear(deployment: Deployment) -> None:
    folder, keys = deployment.settings.keys_folder, deployment.platform.keys
    paths = [*folder.iterdir()]
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}
    clear = [keys.platform_key(name) for name in PLATFORM_KEYS] + [keys.current_epoch()[1]]
    contents = [path.read_bytes() for path in paths]
    assert [key for key in clear for content in contents if key in content or key.hex().encode() in content] == []


async def test_making_key_files_again_changes_none(deployment: Deployment) -> None:
    folder = deployment.settings.keys_folder
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    KeyFiles.create(deployment.settings)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


async def test_a_root_key_that_is_wrong_missing_or_readable_by_others_is_refused(
    deployment: Deployment, tmp_path: Path
) -> None:
    other = tmp_path / "root.key"
    settings = replace(deployment.settings, root_key=str(other))
    with pytest.raises(KeyFileError):
        KeyFiles.open(settings)
    for content in ("", "zz" * 32, "00" * 16):
        other.write_text(content)
        other.chmod(0o600)
        with pytest.raises(KeyFileError):
            KeyFiles.open(settings)
    other.write_text("00" * 32)
    with pytest.raises(KeyFileError):
        KeyFiles.open(settings).signing_key()
    other.chmod(0o640)
    with pytest.raises(KeyFileError):
        KeyFiles.open(settings)
