"""edge.certificates, red under each of its sabotages; tests/platform/test_certificates.py has a real authority."""

import datetime as dt
import ssl
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.promises.faults import Scratch
from tests.promises.test_edge_tls import lax_listener, let_listen
from upheld.features.trust.probes import renewal
from upheld.features.trust.probes.certificates import Shown, faults_of
from upheld.platform.tls import ensure_certificate

pytestmark = pytest.mark.anyio

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def days(number: float) -> dt.timedelta:
    return dt.timedelta(days=number)


def certificate(folder: Path, begins: dt.datetime, ends: dt.datetime) -> tuple[Path, Path]:
    """Make a certificate that lasts from one day to another."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "upheld.localhost")])
    made = (
        x509.CertificateBuilder().issuer_name(name).subject_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(begins).not_valid_after(ends).sign(key, hashes.SHA256())
    )  # fmt: skip
    chain, secret = folder / "chain.pem", folder / "key.pem"
    pem = serialization.Encoding.PEM
    chain.write_bytes(made.public_bytes(pem))
    secret.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return chain, secret


async def test_edge_certificates_left_is_red_when_an_expired_one_is_kept(scratch: Scratch, tmp_path: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    with lax_listener(*certificate(tmp_path, now - days(90), now - days(1))) as port:
        let_listen(scratch, port)
        await scratch.sees_red("edge.certificates.left", "the certificate ended on")


async def test_edge_certificates_left_is_red_when_nobody_sees_to_the_next(scratch: Scratch) -> None:
    _, chain, key = ensure_certificate(scratch.scene.settings.var / "tls", "upheld.localhost")
    platform = scratch.scene.platform
    asked = replace(platform.settings, acme="https://acme.example/directory")
    scratch.scene.platform = replace(platform, settings=asked)
    with lax_listener(chain, key) as port:
        let_listen(scratch, port)
        await scratch.sees_red("edge.certificates.left", "the process that renews it does not run")


UNWATCHED = """
import sys, threading, time
from upheld.platform.web import listener, rehearsal
{change}
rehearsal.main()
"""
DEAF = "listener.Listener._watch_certificate = lambda self: None"
# What it comes to without one queue and without goodbyes: old workers go at once, with whoever they serve.
ABRUPT = (
    "listener._closing = lambda send: send\n"
    "from granian.server.mp import WorkerProcess\n"
    "WorkerProcess.terminate = lambda self: (setattr(self, 'interrupt_by_parent', True), self.inner.kill())\n"
)


async def test_edge_certificates_renewal_is_red_when_nobody_looks_at_the_file(
    swift: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "COMMAND", (sys.executable, "-c", UNWATCHED.format(change=DEAF)))
    monkeypatch.setattr(renewal, "_PATIENCE", 6.0)
    await swift.sees_red("edge.certificates.renewal", "the new certificate is never shown")


async def test_edge_certificates_renewal_is_red_when_workers_go_without_a_goodbye(
    swift: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "COMMAND", (sys.executable, "-c", UNWATCHED.format(change=ABRUPT)))
    await swift.sees_red("edge.certificates.renewal", "requests were dropped")


async def test_a_new_certificate_is_taken_over_without_a_dropped_connection(swift: Scratch) -> None:
    found = await swift.look("edge.certificates.renewal")
    assert found.state == "upheld", found
    assert found.checks[0].evidence["certificates"] == 2


async def test_a_young_certificate_is_far_from_its_end(scratch: Scratch) -> None:
    _, chain, key = ensure_certificate(scratch.scene.settings.var / "tls", "upheld.localhost")
    with lax_listener(chain, key, minimum_version=ssl.TLSVersion.TLSv1_2) as port:
        let_listen(scratch, port)
        found = await scratch.look("edge.certificates.left")
    assert found.state == "upheld", found
    assert found.checks[0].evidence["days_left"] == 59
    assert found.checks[0].evidence["renewed_by"] == "this deployment, each time it starts"


@pytest.mark.parametrize(
    ("begins", "ends", "fault"),
    [
        (NOW - days(30), NOW + days(60), None),
        (NOW - days(80), NOW + days(10), "nobody has renewed it"),
        (NOW - days(90), NOW, "ended on 2026-11-22"),
        (NOW - days(1), NOW + days(364), "it lasts 365 days"),
    ],
)
def test_a_certificate_is_judged_by_what_is_left_of_its_life(
    begins: dt.datetime, ends: dt.datetime, fault: str | None
) -> None:
    found = faults_of(Shown("an authority", begins, ends), NOW)
    assert (fault is None) == (found == [])
    assert fault is None or fault in found[0]
