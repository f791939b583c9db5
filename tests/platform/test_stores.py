"""Where files may lie, how a bucket is reached, and what its silence means."""

import os
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import obstore
import pytest
from obstore.store import LocalStore, S3Store

from tests.support.deployment import Deployment
from tests.support.server import free_port
from upheld.kit.errors import AwayError, FullError
from upheld.platform.objects import Objects, documents_of
from upheld.platform.settings import Settings, SettingsError
from upheld.platform.stores import SECRET, answering, open_store

CREDENTIALS = "AWS_ACCESS_KEY_ID=one\nAWS_SECRET_ACCESS_KEY=two\nAWS_REGION=eu-central-1\n"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings with a bucket, credentials in the secret, and none in the environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    chosen = Settings(var=tmp_path, objects="s3://bucket/folder")
    say(chosen, CREDENTIALS)
    return chosen


def say(settings: Settings, lines: str) -> Path:
    """Write the secret of the object store."""
    settings.secrets_folder.mkdir(exist_ok=True)
    path = settings.secrets_folder / SECRET
    path.write_text(lines)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    "url",
    [
        "memory:///", "http://example.org/bucket", "https://example.org/bucket", "gs://bucket", "az://a/b",
        "s3://", "folder", "file://other-machine/folder",
    ],
)  # fmt: skip
def test_files_go_to_a_folder_or_a_bucket_and_nowhere_else(settings: Settings, url: str) -> None:
    with pytest.raises(SettingsError):
        open_store(replace(settings, objects=url))


def test_a_folder_is_made_for_its_owner_only(settings: Settings) -> None:
    store = open_store(replace(settings, objects=""))
    assert isinstance(store, LocalStore)
    assert (settings.var / "objects").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "endpoint", ["https://objects.example.org", "http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9"]
)
def test_a_service_is_reached_over_tls_or_on_this_machine(settings: Settings, endpoint: str) -> None:
    say(settings, f"{CREDENTIALS}AWS_ENDPOINT_URL={endpoint}\n")
    assert isinstance(open_store(settings), S3Store)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://objects.example.org",
        "http://192.0.2.1:9000",
        "http://127.0.0.1.example.org",
        "ftp://127.0.0.1",
        "",
    ],
)
def test_a_service_elsewhere_is_never_reached_in_the_clear(
    settings: Settings, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(settings, f"{CREDENTIALS}AWS_ENDPOINT_URL={endpoint}\n")
    with pytest.raises(SettingsError):
        open_store(settings)
    say(settings, CREDENTIALS)
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT"):
        with monkeypatch.context() as patch:
            patch.setenv(name, endpoint)
            patch.setenv("AWS_ALLOW_HTTP", "true")
            with pytest.raises(SettingsError):
                open_store(settings)


def test_a_secret_that_others_may_read_or_that_says_something_else_is_refused(settings: Settings) -> None:
    say(settings, CREDENTIALS).chmod(0o640)
    with pytest.raises(SettingsError):
        open_store(settings)
    say(settings, f"{CREDENTIALS}AWS_SKIP_SIGNATURE=true\n")
    with pytest.raises(SettingsError):
        open_store(settings)


def test_credentials_of_the_environment_are_not_mixed_with_those_of_the_secret(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "other")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "third")
    store = open_store(settings)
    assert isinstance(store, S3Store)
    assert (store.config["access_key_id"], store.config["secret_access_key"]) == ("other", "third")  # pyright: ignore[reportTypedDictNotRequiredAccess] - both were given
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    store = open_store(settings)
    assert isinstance(store, S3Store)
    assert (store.config["access_key_id"], store.config["secret_access_key"]) == ("one", "two")  # pyright: ignore[reportTypedDictNotRequiredAccess] - both were given


@pytest.mark.anyio
async def test_a_bucket_that_does_not_answer_is_away(settings: Settings, deployment: Deployment) -> None:
    say(settings, f"{CREDENTIALS}AWS_ENDPOINT_URL=http://127.0.0.1:{free_port()}\n")
    owner = documents_of(uuid4())
    await deployment.platform.vault.create_keys([owner])
    objects = Objects(open_store(settings), deployment.platform.vault)
    for attempt in (objects.put(owner, uuid4(), b"a file"), objects.read(owner, uuid4()), objects.exists(uuid4())):
        with pytest.raises(AwayError):
            await attempt


def test_what_goes_wrong_in_a_folder_is_said_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(FullError), answering():
        raise OSError(28, "No space left on device")
    with pytest.raises(AwayError), answering():
        raise PermissionError
    with pytest.raises(FileNotFoundError), answering():
        obstore.get(LocalStore(tmp_path), "nothing")


def test_a_full_disk_is_said_to_be_full() -> None:
    """On a real one: `/dev/full` takes nothing."""
    with pytest.raises(FullError), answering(), Path("/dev/full").open("wb", buffering=0) as full:
        full.write(b"x")
