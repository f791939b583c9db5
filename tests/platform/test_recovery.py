"""The recovery key brings the root key back, and nothing else does; `upheld keys check` says what is wrong."""

import asyncio
import re
from collections.abc import Sequence
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from tests.support.catalog import connected
from tests.support.deployment import Deployment
from upheld.main.cli import cli
from upheld.main.supervisor import environment_of
from upheld.platform.keyfiles import PLATFORM_KEYS, KeyFileError, KeyFiles, recover_root
from upheld.platform.private import write_private
from upheld.platform.recovery import RecoveryKeyError, new_recovery_key, open_with_recovery, public_half
from upheld.platform.vault import PLATFORM, PLATFORM_CLASSES, KeyRef

pytestmark = pytest.mark.anyio


def upheld(deployment: Deployment, arguments: Sequence[str], typed: str = "") -> Result:
    """Run a command against a deployment, as its operator."""
    return CliRunner().invoke(cli, list(arguments), input=typed, env=environment_of(deployment.settings))


async def in_a_thread(deployment: Deployment, *arguments: str, typed: str = "") -> Result:
    """Run a command that has a loop of its own."""
    return await asyncio.to_thread(upheld, deployment, arguments, typed)


async def test_the_root_key_comes_back_with_the_recovery_key_and_everything_opens(deployment: Deployment) -> None:
    files, path = deployment.platform.keys, deployment.settings.root_key_file
    before, text = {key.id: key.secret for key in files.all()}, files.issue_recovery_key()
    path.unlink()
    with pytest.raises(KeyFileError, match="upheld keys recover"):
        KeyFiles.open(deployment.settings)
    done = await in_a_thread(deployment, "keys", "recover", typed=text.lower() + "\n")
    assert done.exit_code == 0, done.output
    assert path.stat().st_mode & 0o777 == 0o600
    opened = {key.id: key.secret for key in KeyFiles.open(deployment.settings).all()}
    assert {key: opened[key] for key in before} == before


async def test_a_lost_root_key_is_never_quietly_replaced_by_another(deployment: Deployment) -> None:
    deployment.settings.root_key_file.unlink()
    with pytest.raises(KeyFileError):
        KeyFiles.create(deployment.settings)
    assert not deployment.settings.root_key_file.exists()


async def test_the_paper_still_opens_after_the_root_key_was_replaced(deployment: Deployment) -> None:
    files = deployment.platform.keys
    text = files.issue_recovery_key()
    files.replace_root()
    root = deployment.settings.root_key_file.read_text()
    deployment.settings.root_key_file.unlink()
    recover_root(deployment.settings, text)
    assert deployment.settings.root_key_file.read_text() == root


async def test_the_recovery_key_is_nowhere_in_the_folder(deployment: Deployment) -> None:
    files = deployment.platform.keys
    text = files.issue_recovery_key()
    raw = text.replace("-", "")
    content = b"".join(path.read_bytes() for path in files.folder.iterdir() if path.is_file())
    assert raw.encode() not in content
    root = files.roots()[0]
    assert root not in files.recovery_file.read_bytes()
    assert files.recovery_file.stat().st_mode & 0o777 == 0o600


async def test_a_recovery_key_that_was_mistyped_replaced_or_made_up_opens_nothing(deployment: Deployment) -> None:
    files = deployment.platform.keys
    old = files.issue_recovery_key()
    text = files.issue_recovery_key()
    swapped = re.sub(r"^(.)(.)", r"\2\1", text) if text[0] != text[1] else "A" + text[1:]
    other, _ = new_recovery_key()
    for wrong in (old, swapped, text[:-1], other, "", "not base32: 9", text + "AAAA"):
        with pytest.raises(RecoveryKeyError):
            recover_root(deployment.settings, wrong)
        with pytest.raises(RecoveryKeyError):
            files.faults(wrong)
    assert open_with_recovery(text, files.recovery_file.read_bytes()) == files.roots()
    sealed = bytearray(files.recovery_file.read_bytes())
    for at in range(0, len(sealed), 5):
        sealed[at] ^= 1
        with pytest.raises(RecoveryKeyError):
            open_with_recovery(text, bytes(sealed))
        sealed[at] ^= 1


async def test_nobody_who_writes_the_folder_can_have_the_next_root_key_sealed_for_them(deployment: Deployment) -> None:
    files = deployment.platform.keys
    text = files.issue_recovery_key()
    (path,) = files.folder.glob("recovery-*.wrapped")
    _, theirs = new_recovery_key()
    path.write_bytes(bytes(12) + theirs + bytes(16))
    fresh = KeyFiles.open(deployment.settings)
    with pytest.raises(KeyFileError, match="recovery-"):
        fresh.replace_root()
    assert public_half(text) != theirs


# `upheld keys check`.


async def test_checking_says_that_all_is_well_when_it_is(deployment: Deployment) -> None:
    text = deployment.platform.keys.issue_recovery_key()
    await deployment.platform.vault.create_keys(KeyRef(uuid4(), PLATFORM, name) for name in PLATFORM_CLASSES)
    done = await in_a_thread(deployment, "keys", "check", "--recovery", typed=text + "\n")
    assert done.exit_code == 0, done.output
    assert "The recovery key opens the root key." in done.output
    assert f"{await deployment.platform.vault.count_keys()} data keys looked at; 0 faults." in done.output
    done = await in_a_thread(deployment, "keys", "check", "--sample", "3")
    assert done.exit_code == 0, done.output
    assert "3 data keys looked at" in done.output


async def test_checking_names_what_is_missing_or_does_not_open(deployment: Deployment) -> None:
    vault, folder = deployment.platform.vault, deployment.settings.keys_folder
    await vault.create_keys(KeyRef(uuid4(), PLATFORM, name) for name in PLATFORM_CLASSES)
    async with connected(deployment.cluster, deployment.settings.keyring_database) as connection:
        spoilt = await connection.fetchval(
            "update keyring.data_keys set subject_id = gen_random_uuid()"
            " where id = (select min(id::text)::uuid from keyring.data_keys) returning id"
        )
        lost = await connection.fetchval(
            "update keyring.data_keys set epoch_id = gen_random_uuid()"
            " where id = (select max(id::text)::uuid from keyring.data_keys) returning id"
        )
    (limits,) = folder.glob("limits-*.wrapped")
    limits.unlink()
    (signing,) = folder.glob("signing-*.wrapped")
    (cookie,) = folder.glob("cookie-*.wrapped")
    write_private(cookie, signing.read_bytes(), replace=True)
    faults = [*KeyFiles.open(deployment.settings).faults(), *await vault.check_keys()]
    said = "\n".join(faults)
    for expected in (
        "limits: there is no such key",
        f"{cookie.stem}: does not open",
        f"{spoilt}: changed, or moved",
        f"{lost}: its epoch",
        "no recovery key was issued",
    ):
        assert expected in said


async def test_checking_fails_loudly(deployment: Deployment) -> None:
    (backup,) = deployment.settings.keys_folder.glob("backup-*.wrapped")
    backup.write_bytes(b"")
    done = await in_a_thread(deployment, "keys", "check")
    assert done.exit_code == 1
    assert f"{backup.stem}: does not open under the root key" in done.output


async def test_listing_shows_every_key_with_age_and_next_replacement(deployment: Deployment) -> None:
    await in_a_thread(deployment, "keys", "rotate", "all")
    done = await in_a_thread(deployment, "keys", "list")
    assert done.exit_code == 0, done.output
    named = ("root", "epoch", *PLATFORM_KEYS, "published", "context", "data")
    for name in named:
        assert re.search(rf"(?m)^{name}\b", done.output), (name, done.output)
    assert deployment.platform.keys.public_keys()[0].hex() in done.output
    root = deployment.settings.root_key_file.read_text()
    assert root not in done.output
