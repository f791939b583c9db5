"""The offline verifier: RFC 8032's vectors, what the signer's own libraries say, and files that were tampered with."""

import copy
import math
import random
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.cluster import Cluster
from tests.support.deployment import Deployment
from tests.support.proofs import recorded
from upheld.features.trust import offline
from upheld.platform.signatures import signed

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
PAPER: dict[str, Any] = {
    "promises": [
        {"id": "access.rls", "state": "broken", "checks": [{"id": "access.rls.forced", "state": "failed"}]},
        {"id": "org.proof", "state": "partly, 1 of 2", "checks": [{"state": "passed"}, {"state": "not built"}]},
    ],
    "summary": {"address": "https://upheld.example", "at": "2026-11-22T12:00:00+00:00", "public_key": PUBLIC.hex()},
}

# RFC 8032, 7.1: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
            "655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
            "b00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
            "c027beceea1ec40a"
        ),
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_the_standard_are_accepted_and_every_changed_byte_is_not(
    key: str, message: str, signature: str
) -> None:
    content, good, public = bytes.fromhex(message), bytes.fromhex(signature), bytes.fromhex(key)
    assert offline.is_signed(content, good, public)
    assert not offline.is_signed(content + b"\0", good, public)
    for place in range(0, 64, 7):
        changed = bytearray(good)
        changed[place] ^= 1
        assert not offline.is_signed(content, bytes(changed), public)


def test_a_signature_that_is_not_the_smallest_of_its_kind_is_refused() -> None:
    content = b"malleable"
    good = KEY.sign(content)
    larger = int.from_bytes(good[32:], "little") + offline.ORDER
    assert not offline.is_signed(content, good[:32] + larger.to_bytes(32, "little"), PUBLIC)


@pytest.mark.parametrize("odd", [b"", b"\0" * 31, b"\xff" * 32, (offline.P + 1).to_bytes(32, "little")])
def test_what_is_no_key_accepts_nothing(odd: bytes) -> None:
    assert not offline.is_signed(b"x", KEY.sign(b"x"), odd)


def test_it_agrees_with_the_library_that_signs() -> None:
    chance = random.Random(8032)  # noqa: S311 - test data
    for length in (0, 1, 63, 1000):
        content = chance.randbytes(length)
        key = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        assert offline.is_signed(content, key.sign(content), key.public_key().public_bytes_raw())
        assert not offline.is_signed(content, KEY.sign(content), key.public_key().public_bytes_raw())


def test_its_canonical_form_is_that_of_the_library_that_signs() -> None:
    chance = random.Random(8785)  # noqa: S311 - test data
    numbers = [struct.unpack(">d", chance.randbytes(8))[0] for _ in range(3000)]
    finite = [number for number in numbers if math.isfinite(number)]
    edges = [0.0, -0.0, 1.0, 1e20, 1e21, 1e-6, 1e-7, 5e-324, 0.1, 123.456, -2.5, 7, -3, 0]
    value: dict[str, Any] = {
        "numbers": [*finite, *edges], "words": ["é", "\u2028", '"\\\n\x01', "हिन्दी", "😀"], "€": None, "\r": True,
        "😀": 1,
        "ﬁ": {"b": [], "a": {}},
    }  # fmt: skip
    assert offline.canonical(value).encode() == rfc8785.dumps(value)


def test_a_signed_paper_is_genuine_and_any_change_to_it_is_found() -> None:
    paper = signed(PAPER, KEY)
    assert offline.problems_of(paper, PUBLIC.hex().upper()) == []
    assert offline.problems_of(paper, "00" * 32) == ["It was signed with another key than the one you named."]
    kinder = copy.deepcopy(paper)
    kinder["promises"][0]["state"] = "upheld"
    assert len(offline.problems_of(kinder)) == 2
    another = {**paper, "summary": {**paper["summary"], "public_key": "ab" * 32}}
    assert offline.problems_of(another)


def test_a_state_that_the_checks_do_not_say_is_found_even_when_it_was_signed() -> None:
    lying = copy.deepcopy(PAPER)
    lying["promises"][0]["state"] = "upheld"
    assert offline.problems_of(signed(lying, KEY)) == ["access.rls is called upheld, which its checks do not say."]


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"\xff", b'{"signature": "ab"}', b'{"signature": 1, "public_key": "ab"}', b"[" * 100_000],
)
def test_what_is_no_signed_file_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(offline.NotSignedError):
        offline.read(content)
    (tmp_path / "file.json").write_bytes(content)
    assert offline.main([str(tmp_path / "file.json")]) == 2


def test_a_name_that_stands_there_twice_is_refused() -> None:
    twice = rfc8785.dumps(signed(PAPER, KEY)).replace(b'"signature"', b'"signature":"00","signature"', 1)
    with pytest.raises(offline.NotSignedError):
        offline.read(twice)


@pytest.mark.anyio
async def test_the_downloaded_file_verifies_the_downloaded_run_without_anything_else_installed(
    deployment: Deployment, cluster: Cluster, tmp_path: Path
) -> None:
    await recorded(deployment, cluster)
    async with deployment.browser() as browser:
        run, program = await browser.get("/trust.json"), await browser.get("/trust/verify.py")
        key = (await browser.get("/.well-known/upheld-signing-key")).text.strip()
    assert "attachment" in program.headers["content-disposition"]
    (tmp_path / "verify.py").write_bytes(program.content)
    (tmp_path / "trust.json").write_bytes(run.content)

    def verify(*options: str) -> "subprocess.CompletedProcess[str]":
        # -I: neither this project nor anything installed beside Python can be imported.
        command = [sys.executable, "-I", "-S", "verify.py", "trust.json", *options]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603 - ours

    genuine = verify("--key", key)
    assert genuine.returncode == 0, genuine.stdout + genuine.stderr
    assert "org.disclosure" in genuine.stdout
    assert "compare it with" in verify().stdout
    assert verify("--key", "00" * 32).returncode == 1
    tampered = run.content.replace(b'"unproven"', b'"upheld"', 1)
    assert tampered != run.content
    (tmp_path / "trust.json").write_bytes(tampered)
    refused = verify("--key", key)
    assert refused.returncode == 1
    assert "NOT GENUINE" in refused.stdout
