"""edge.tls: seen upheld by a deployment that runs, and red under each of its sabotages."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.promises.faults import Scratch
from tests.promises.live import live
from tests.support.cluster import Cluster
from tests.support.server import Server, serving
from upheld.platform.tls import ensure_certificate

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server(cluster: Cluster) -> Iterator[Server]:
    with serving(asyncio.run(cluster.deploy())) as running:
        yield running


async def test_a_deployment_that_runs_upholds_it(server: Server, cluster: Cluster) -> None:
    async with live(server, cluster) as scratch:
        found = await scratch.look("edge.tls.versions")
        assert found.state == "upheld", found
        assert set(found.checks[0].evidence["spoken"]) == {"TLSv1.2", "TLSv1.3"}
        assert (await scratch.look("edge.tls.outbound")).state == "upheld"


@contextmanager
def lax_listener(certificate: Path, key: Path, **changed: Any) -> Generator[int]:
    """Listen with OpenSSL as lax as it gets; yield the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="deprecated"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    for name, value in changed.items():
        setattr(context, name, value)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_shake_hands, args=(listener, context), daemon=True).start()
        yield listener.getsockname()[1]


def _shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            visitor, _ = listener.accept()
        except OSError:
            return
        try:
            context.wrap_socket(visitor, server_side=True).close()
        except OSError:
            visitor.close()


def let_listen(scratch: Scratch, port: int) -> None:
    platform = scratch.scene.platform
    settings = replace(platform.settings, listen=f"127.0.0.1:{port}")
    scratch.scene.platform = replace(platform, settings=settings)


async def test_edge_tls_versions_is_red_when_old_versions_are_spoken(scratch: Scratch) -> None:
    _, certificate, key = ensure_certificate(scratch.scene.settings.var / "tls", "upheld.localhost")
    with lax_listener(certificate, key) as port:
        let_listen(scratch, port)
        await scratch.sees_red(
            "edge.tls.versions",
            "TLS 1.0 is spoken", "TLS 1.1 is spoken", "TLS 1.2 without authenticated encryption is spoken",
        )  # fmt: skip


async def test_edge_tls_versions_is_red_when_new_versions_are_not_spoken(scratch: Scratch) -> None:
    _, certificate, key = ensure_certificate(scratch.scene.settings.var / "tls", "upheld.localhost")
    with lax_listener(certificate, key, maximum_version=ssl.TLSVersion.TLSv1_2) as port:
        let_listen(scratch, port)
        await scratch.sees_red("edge.tls.versions", "TLSv1.3 is not spoken")


async def test_edge_tls_versions_is_red_when_nobody_vouches_for_the_certificate(
    scratch: Scratch, tmp_path: Path
) -> None:
    ensure_certificate(scratch.scene.settings.var / "tls", "upheld.localhost")
    _, certificate, key = ensure_certificate(tmp_path / "another", "upheld.localhost")
    with lax_listener(certificate, key) as port:
        let_listen(scratch, port)
        await scratch.sees_red("edge.tls.versions", "TLSv1.2 is not spoken: CERTIFICATE_VERIFY_FAILED")


async def test_a_listener_that_does_not_answer_proves_nothing(scratch: Scratch) -> None:
    ensure_certificate(scratch.scene.settings.var / "tls", "upheld.localhost")
    let_listen(scratch, 1)
    assert (await scratch.look("edge.tls.versions")).state == "unproven"


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"root_key": "vault:http://vault.example.org/transit/k"}, "root key: http://vault.example.org is reached"),
        ({"mail": "smtp://mail.example.org:25"}, "mail: smtp://mail.example.org is reached without TLS"),
        ({"database": "postgresql://db.example.org/d?sslmode=prefer"}, "verify-full only, not prefer"),
        ({"keyring_database": "postgresql://db.example.org/k?sslmode=require"}, "verify-full only, not require"),
    ],
)
async def test_edge_tls_outbound_is_red_when_something_outside_need_not_prove_who_it_is(
    scratch: Scratch, changed: dict[str, str], fault: str
) -> None:
    platform = scratch.scene.platform
    scratch.scene.platform = replace(platform, settings=replace(platform.settings, **changed))
    await scratch.sees_red("edge.tls.outbound", fault)


async def test_edge_tls_outbound_is_red_when_a_bucket_is_asked_in_the_clear(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The environment then says all about the bucket, and no file beside it is read.
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://objects.example.org")
    platform = scratch.scene.platform
    scratch.scene.platform = replace(platform, settings=replace(platform.settings, objects="s3://bucket"))
    await scratch.sees_red("edge.tls.outbound", "objects: http://objects.example.org is reached without TLS")
