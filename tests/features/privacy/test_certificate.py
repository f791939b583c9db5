"""The certificate of an erasure: what verifies, what does not, and what the command says."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from upheld.features.privacy.certificate import FIELDS, Facts, file_of, is_about, issue, verify
from upheld.features.privacy.errors import CertificateError
from upheld.features.privacy.model import StandingRecord
from upheld.features.trust import offline
from upheld.main.cli import cli
from upheld.platform.register import Entry
from upheld.platform.signatures import public_hex

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PERSON = UUID(int=7)


def certificate() -> dict[str, Any]:
    """Return a certificate signed with a fixed key."""
    entry = Entry(3, uuid4(), PERSON, "ab" * 32, NOW, 5, "cd" * 32, NOW, "ef" * 32, "12" * 64)
    held = [StandingRecord("Harbour & Sons", 2, 0, dt.date(2027, 11, 22))]
    facts = Facts(
        uuid4(),
        PERSON,
        NOW,
        NOW,
        {"people": 1},
        1,
        2,
        entry,
        held,
        NOW,
        "Test Operator",
        "https://upheld.localhost:8443",
    )
    return issue(facts, KEY)


def run(path: Path, *options: str) -> tuple[int, str]:
    """Run the command; return exit code and what it said."""
    result = CliRunner().invoke(cli, ["verify-certificate", str(path), *options])
    return result.exit_code, result.output


def test_a_certificate_verifies_and_is_about_its_person_and_nobody_else() -> None:
    issued = certificate()
    assert set(issued) == FIELDS
    assert verify(file_of(issued), public_hex(KEY)).problems == []
    assert is_about(issued, PERSON)
    assert not is_about(issued, uuid4())


def test_the_command_tells_whom_a_certificate_is_about(tmp_path: Path) -> None:
    path = tmp_path / "certificate.json"
    path.write_bytes(file_of(certificate()))
    assert run(path, "--key", public_hex(KEY), "--person", str(PERSON))[0] == 0
    code, said = run(path, "--key", public_hex(KEY), "--person", str(uuid4()))
    assert (code, said) == (1, "Not valid: It is about somebody else.\n")


def test_a_certificate_does_not_name_its_person() -> None:
    content = file_of(certificate()).decode()
    assert str(PERSON) not in content
    assert PERSON.hex not in content


def _change(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda issued: issued.__setitem__(name, value)


def _without_horizon(issued: dict[str, Any]) -> None:
    del issued["horizon"]


@pytest.mark.parametrize(
    "spoil",
    [
        _change("files_removed", 0),
        _change("completed_at", "2026-11-22T12:00:01Z"),
        _change("held", []),
        _change("keys_destroyed", {"count": 6, "sha256_of_ids": "cd" * 32}),
        _change("public_key", public_hex(Ed25519PrivateKey.generate())),
        _change("public_key", "zz"),
        _change("signature", "00" * 64),
        _change("signature", None),
        _change("remark", "added"),
        _without_horizon,
    ],
)
def test_whatever_is_changed_is_noticed(spoil: Callable[[dict[str, Any]], None]) -> None:
    issued = certificate()
    spoil(issued)
    assert not verify(file_of(issued)).is_valid


def test_the_same_content_in_another_form_is_not_the_certificate() -> None:
    issued = certificate()
    assert not verify(json.dumps(issued, indent=2).encode()).is_valid
    doubled = file_of(issued).replace(b'{"address"', b'{"address":"https://evil.example","address"', 1)
    assert not verify(doubled).is_valid


def test_another_issuers_certificate_does_not_pass_for_ours() -> None:
    assert not verify(file_of(certificate()), public_hex(Ed25519PrivateKey.generate())).is_valid


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff\xfe", b'{"type":"upheld.erasure-certificate.v2"}'])
def test_something_else_is_no_certificate(content: bytes) -> None:
    with pytest.raises(CertificateError):
        verify(content)


def test_the_command_says_what_it_found_and_exits_accordingly(tmp_path: Path) -> None:
    issued, good, bad, other = certificate(), tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "other.txt"
    good.write_bytes(file_of(issued) + b"\n")
    bad.write_bytes(file_of({**issued, "files_removed": 9}))
    other.write_text("hello")
    code, said = run(good, "--key", public_hex(KEY).upper())
    assert code == 0
    assert "Valid" in said
    assert "Harbour & Sons" in said
    code, said = run(good)
    assert (code, "/.well-known/upheld-signing-key" in said) == (0, True)
    code, said = run(bad)
    assert (code, "Not valid: The signature does not fit" in said) == (1, True)
    code, said = run(good, "--key", "00" * 32)
    assert (code, "another key" in said) == (1, True)
    assert run(other)[0] == 2


def test_the_verifier_that_needs_nothing_installed_says_the_same(tmp_path: Path) -> None:
    good, changed = tmp_path / "good.json", tmp_path / "changed.json"
    good.write_bytes(file_of(certificate()))
    changed.write_bytes(file_of({**certificate(), "files_removed": 7}))
    assert offline.main([str(good), "--key", public_hex(KEY)]) == 0
    assert offline.main([str(good), "--key", "00" * 32]) == 1
    assert offline.main([str(changed)]) == 1
