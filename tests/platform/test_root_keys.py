"""Where the root key comes from: a file, the environment, AWS KMS, a transit key; and what is said when it does not.

AWS KMS is moto's, a server of its own on loopback that boto3 talks to over HTTP. The transit
engine is a STAND-IN of ours (`tests/support/transit.py` says why and what it cannot show).
"""

import ast
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3  # pyright: ignore[reportMissingTypeStubs] - it has none
import pytest
from moto.server import ThreadedMotoServer

from tests.house.sources import SOURCE, calls, modules, shown
from tests.support.transit import StandIn, transit
from upheld.main.supervisor import environment_of
from upheld.platform.keyfiles import KeyFileError, KeyFiles, recover_root
from upheld.platform.private import write_private
from upheld.platform.settings import Settings, SettingsError

TOKEN = "s.right"
DIGITS = "0123456789abcdef" * 4


@contextmanager
def environment(values: Mapping[str, str]) -> Generator[None]:
    """Set variables of this process, and put back what was there."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def secrets_of(files: KeyFiles) -> dict[str, bytes]:
    """Return every key of a folder."""
    return {key.stem: key.secret for key in files.all()}


def plain_content(folder: Path) -> bytes:
    """Return everything that lies in a folder."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


# The environment.


def test_a_root_key_in_the_environment_is_written_nowhere(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path, root_key="env:THE_ROOT")
    with environment({"THE_ROOT": DIGITS}):
        files = KeyFiles.create(settings)
        assert secrets_of(KeyFiles.open(settings)) == secrets_of(files)
        assert files.roots() == [bytes.fromhex(DIGITS)]
    content = plain_content(tmp_path)
    assert DIGITS.encode() not in content
    assert bytes.fromhex(DIGITS) not in content
    with pytest.raises(KeyFileError, match="THE_ROOT, which is not set"):
        KeyFiles.open(settings)


@pytest.mark.parametrize("text", ["zz" * 32, "00" * 31, f"{DIGITS},"])
def test_a_root_key_in_the_environment_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    with environment({"THE_ROOT": text}), pytest.raises(KeyFileError, match="64 hexadecimal digits"):
        KeyFiles.create(Settings(var=tmp_path, root_key="env:THE_ROOT"))


def test_a_root_key_in_the_environment_is_replaced_by_putting_the_next_one_before_it(tmp_path: Path) -> None:
    settings, following = Settings(var=tmp_path, root_key="env:THE_ROOT"), DIGITS[::-1]
    with environment({"THE_ROOT": DIGITS}):
        files = KeyFiles.create(settings)
        before = secrets_of(files)
        with pytest.raises(KeyFileError, match="a comma before the present one"):
            files.replace_root()
        with environment({"THE_ROOT": f"{following},{DIGITS}"}):
            assert KeyFiles.open(settings).replace_root() == len(before)
        with environment({"THE_ROOT": following}):
            assert secrets_of(KeyFiles.open(settings)) == before


def test_a_root_key_in_the_environment_is_recovered_by_being_shown(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path, root_key="env:THE_ROOT")
    with environment({"THE_ROOT": DIGITS}):
        text = KeyFiles.create(settings).issue_recovery_key()
    assert recover_root(settings, text) == f"Set THE_ROOT={DIGITS}"


def test_the_variable_may_be_named_like_a_setting(tmp_path: Path) -> None:
    named = {"UPHELD_VAR": str(tmp_path), "UPHELD_ROOT_KEY": "env:UPHELD_ROOT", "UPHELD_ROOT": DIGITS}
    assert Settings.read(named).root_key_variable == "UPHELD_ROOT"
    with pytest.raises(SettingsError):
        Settings.read({**named, "UPHELD_ROOT_KEY": "env:ANOTHER"})


def test_only_processes_that_open_keys_inherit_the_root_key(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path, root_key="env:THE_ROOT")
    with environment({"THE_ROOT": DIGITS}):
        assert environment_of(settings)["THE_ROOT"] == DIGITS
        assert "THE_ROOT" not in environment_of(settings, with_root_key=False)
        seen = subprocess.run(
            [sys.executable, "-c", "import os; print(os.environ)"],
            env=environment_of(settings, with_root_key=False), check=True, capture_output=True, text=True,
        )  # fmt: skip
        assert DIGITS not in seen.stdout


def test_every_child_process_is_given_its_environment_by_name() -> None:
    """What inherits ours inherits the root key, when that is in it: a parser of documents, a database."""
    found = [
        (f"{shown(path)}:{call.lineno}", any(keyword.arg == "env" for keyword in call.keywords))
        for path, module in modules(SOURCE)
        for name, call in calls(module)
        if name in {"Popen", "create_subprocess_exec", "create_subprocess_shell"}
        or ast.unparse(call.func) == "subprocess.run"
    ]
    assert found
    assert [place for place, is_named in found if not is_named] == []


# AWS KMS, which moto plays over HTTP.


@pytest.fixture(scope="module")
def kms() -> Generator[Any]:
    """Run moto's KMS and return a client that administers it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    chosen = {
        "AWS_ENDPOINT_URL_KMS": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    with environment(chosen):
        yield boto3.client("kms")  # pyright: ignore[reportUnknownMemberType] - boto3 makes its clients at run time
    server.stop()


def test_a_root_key_lies_in_the_folder_as_kms_has_wrapped_it(kms: Any, tmp_path: Path) -> None:
    key = kms.create_key()["KeyMetadata"]["Arn"]
    settings = Settings(var=tmp_path, root_key=f"aws-kms:{key}")
    files = KeyFiles.create(settings)
    assert secrets_of(KeyFiles.open(settings)) == secrets_of(files)
    root = files.roots()[0]
    content = plain_content(tmp_path)
    assert root not in content
    assert root.hex().encode() not in content
    assert (settings.keys_folder / "root.enveloped").stat().st_mode & 0o777 == 0o600


def test_a_root_key_under_kms_is_replaced_and_recovered(kms: Any, tmp_path: Path) -> None:
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    settings = Settings(var=tmp_path, root_key=f"aws-kms:{key}")
    files = KeyFiles.create(settings)
    text, old = files.issue_recovery_key(), files.roots()
    before = secrets_of(files)
    assert files.replace_root() == len(before)
    assert KeyFiles.open(settings).roots() != old
    (settings.keys_folder / "root.enveloped").unlink()
    recover_root(settings, text)
    assert secrets_of(KeyFiles.open(settings)) == before


def test_another_kms_key_than_the_one_that_wrapped_it_is_refused(kms: Any, tmp_path: Path) -> None:
    one, other = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    KeyFiles.create(Settings(var=tmp_path, root_key=f"aws-kms:{one}"))
    with pytest.raises(KeyFileError, match="under another key"):
        KeyFiles.open(Settings(var=tmp_path, root_key=f"aws-kms:{other}"))


def test_what_kms_answers_is_said_in_words(kms: Any, tmp_path: Path) -> None:
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    settings = Settings(var=tmp_path, root_key=f"aws-kms:{key}")
    KeyFiles.create(settings)
    with pytest.raises(KeyFileError, match="has no such key"):
        KeyFiles.open(replace(settings, root_key="aws-kms:00000000-0000-0000-0000-000000000000"))
    stored = settings.keys_folder / "root.enveloped"
    content = stored.read_bytes()
    write_private(stored, content[:-1] + bytes([content[-1] ^ 1]), replace=True)
    with pytest.raises(KeyFileError, match="cannot open the stored root key"):
        KeyFiles.open(settings)


def test_a_kms_that_does_not_answer_is_named(kms: Any, tmp_path: Path) -> None:
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    settings = Settings(var=tmp_path, root_key=f"aws-kms:{key}")
    KeyFiles.create(settings)
    away = environment({"AWS_ENDPOINT_URL_KMS": "http://127.0.0.1:9"})  # nothing listens there
    with away, pytest.raises(KeyFileError, match="does not answer"):
        KeyFiles.open(settings)


def test_a_kms_elsewhere_is_never_asked_over_plain_http(kms: Any, tmp_path: Path) -> None:
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    with (
        environment({"AWS_ENDPOINT_URL_KMS": "http://kms.example.org"}),
        pytest.raises(SettingsError, match="https://"),
    ):
        KeyFiles.create(Settings(var=tmp_path, root_key=f"aws-kms:{key}"))


# A transit key, which our own stand-in plays over HTTP.


@pytest.fixture
def engine() -> Generator[StandIn]:
    """Run the stand-in, with one key."""
    with transit(TOKEN) as engine:
        engine.make_key("upheld")
        yield engine


def of_transit(folder: Path, engine: StandIn, key: str = "upheld", token: str = TOKEN) -> Settings:
    """Return settings whose root key a stand-in keeps."""
    secrets = folder / "secrets"
    secrets.mkdir(exist_ok=True)
    write_private(secrets / "transit-token", token.encode(), replace=True)
    return Settings(var=folder, root_key=f"vault:http://127.0.0.1:{engine.port}/transit/{key}")


def test_a_root_key_lies_in_the_folder_as_the_transit_key_has_wrapped_it(tmp_path: Path, engine: StandIn) -> None:
    settings = of_transit(tmp_path, engine)
    files = KeyFiles.create(settings)
    assert secrets_of(KeyFiles.open(settings)) == secrets_of(files)
    assert files.roots()[0] not in plain_content(tmp_path)
    assert (settings.keys_folder / "root.enveloped").read_text().startswith("vault:v1:")
    assert set(engine.asked) == {"/v1/transit/encrypt/upheld", "/v1/transit/decrypt/upheld"}


def test_no_request_waits_for_the_key_service(tmp_path: Path, engine: StandIn) -> None:
    files = KeyFiles.create(of_transit(tmp_path, engine))
    engine.is_sealed, before = True, len(engine.asked)
    for _ in range(100):
        assert files.platform_key("cookie")
    assert len(engine.asked) == before


def test_replacing_the_root_key_moves_it_to_the_newest_version_of_the_transit_key(
    tmp_path: Path, engine: StandIn
) -> None:
    settings = of_transit(tmp_path, engine)
    files = KeyFiles.create(settings)
    before = secrets_of(files)
    engine.make_key("upheld")
    assert secrets_of(KeyFiles.open(settings)) == before
    KeyFiles.open(settings).replace_root()
    assert (settings.keys_folder / "root.enveloped").read_text().startswith("vault:v2:")
    assert secrets_of(KeyFiles.open(settings)) == before


def test_what_the_transit_engine_answers_is_said_in_words(tmp_path: Path, engine: StandIn) -> None:
    settings = of_transit(tmp_path, engine)
    KeyFiles.create(settings)
    with pytest.raises(KeyFileError, match="does not accept the token"):
        KeyFiles.open(of_transit(tmp_path, engine, token="s.wrong"))
    engine.make_key("another")
    with pytest.raises(KeyFileError, match="is it the key it was wrapped under"):
        KeyFiles.open(of_transit(tmp_path, engine, key="another"))
    with pytest.raises(KeyFileError, match="has no such mount"):
        KeyFiles.open(replace(of_transit(tmp_path, engine), root_key=f"vault:http://127.0.0.1:{engine.port}/kv/upheld"))
    engine.is_sealed = True
    with pytest.raises(KeyFileError, match="is sealed"):
        KeyFiles.open(settings)
    (tmp_path / "secrets" / "transit-token").unlink()
    with pytest.raises(SettingsError, match="transit-token is missing"):
        KeyFiles.open(settings)


def test_a_transit_engine_that_does_not_answer_is_named(tmp_path: Path, engine: StandIn) -> None:
    settings = of_transit(tmp_path, engine)
    KeyFiles.create(settings)
    with pytest.raises(KeyFileError, match="does not answer"):
        KeyFiles.open(replace(settings, root_key="vault:http://127.0.0.1:9/transit/upheld"))


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("https://vault.example:8200", "names a Vault like this"),
        ("http://vault.example:8200/transit/x", "only used over https"),
    ],
)
def test_a_vault_that_is_named_wrongly_is_refused(tmp_path: Path, named: str, said: str) -> None:
    with pytest.raises(KeyFileError, match=said):
        KeyFiles.open(Settings(var=tmp_path, root_key=f"vault:{named}"))


@pytest.mark.parametrize(
    ("module", "named", "extra"),
    [("boto3", "aws-kms:alias/x", "--extra aws"), ("hvac", "vault:https://vault.example/transit/x", "--extra vault")],
)
def test_a_missing_extra_is_named(tmp_path: Path, module: str, named: str, extra: str) -> None:
    """In a process where the library cannot be imported, as where its extra is not installed."""
    (tmp_path / "secrets").mkdir()
    write_private(tmp_path / "secrets" / "transit-token", b"s.x")
    program = (
        f"import sys; sys.modules[{module!r}] = None\n"
        "from upheld.platform.keyfiles import KeyFileError, KeyFiles\n"
        "from upheld.platform.settings import Settings\n"
        "try:\n    KeyFiles.open(Settings.read())\nexcept KeyFileError as error:\n    print(error.message)\n"
    )
    settings = Settings(var=tmp_path, root_key=named)
    env = {**environment_of(settings), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], env=env, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
    assert extra in done.stdout
