"""The edge over real TLS: versions, hosts, headers, sockets."""

import asyncio
import base64
import os
import socket
import ssl
from collections.abc import Iterator

import httpx
import pytest

from tests.support.cluster import Cluster
from tests.support.server import Server, serving


@pytest.fixture(scope="module")
def server(cluster: Cluster) -> Iterator[Server]:
    settings = asyncio.run(cluster.deploy())
    with serving(settings) as running:
        yield running


def handshake(server: Server, version: ssl.TLSVersion) -> str | None:
    context = server.tls()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw,
        context.wrap_socket(raw, server_hostname="127.0.0.1") as secured,
    ):
        return secured.version()


def test_tls_below_1_2_is_refused_and_1_2_and_1_3_are_spoken(server: Server) -> None:
    assert handshake(server, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    assert handshake(server, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.warns(DeprecationWarning, match="deprecated"), pytest.raises((ssl.SSLError, ConnectionError)):
            handshake(server, old)


def test_localhost_is_sent_to_the_address_and_other_names_are_not_served(server: Server) -> None:
    with server.client() as client:
        answer = client.get("/jobs", headers={"host": f"localhost:{server.port}"})
        assert answer.status_code == httpx.codes.PERMANENT_REDIRECT
        assert answer.headers["location"] == f"{server.settings.address}/jobs"
        assert client.get("/", headers={"host": "evil.example"}).status_code == httpx.codes.MISDIRECTED_REQUEST


def test_a_path_with_control_characters_is_redirected_whole_and_with_every_header(server: Server) -> None:
    with server.client() as client:
        answer = client.get("/a%0d%0ax-planted:%201/%C3%A9%E2%82%AC%3Fb", headers={"host": f"localhost:{server.port}"})
    assert answer.status_code == httpx.codes.PERMANENT_REDIRECT
    assert answer.headers["location"] == f"{server.settings.address}/a%0D%0Ax-planted%3A%201/%C3%A9%E2%82%AC%3Fb"
    assert "x-planted" not in answer.headers
    assert "content-security-policy" in answer.headers


def test_static_files_are_immutable_and_pages_are_never_stored(server: Server) -> None:
    with server.client() as client:
        front = client.get("/")
        assert front.headers["cache-control"] == "no-store"
        style = front.text.split('rel="stylesheet" href="')[1].split('"')[0]
        assert client.get(style).headers["cache-control"] == "public, max-age=31536000, immutable"
        assert client.get(style).headers["content-encoding"] == "gzip"
        plain = client.get(style, headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.content == client.get(style).content
        # A page that is packed tells by its length what of it somebody has guessed.
        assert "content-encoding" not in client.get("/sign-in").headers
        assert client.get(style.replace("/static/", "/static/0")).status_code == httpx.codes.NOT_FOUND


def test_a_socket_without_a_session_is_refused_with_every_header(server: Server) -> None:
    for path in ("/", "/profile", "/nowhere"):
        head = upgrade(server, path, origin=server.url)
        assert head.split(" ")[1] in {"401", "403", "404"}, head
        assert "content-security-policy" in head
        assert "strict-transport-security" in head


def test_a_socket_from_another_site_is_refused(server: Server) -> None:
    head = upgrade(server, "/", origin="https://evil.example")
    assert head.startswith("HTTP/1.1 403")
    assert "content-security-policy" in head


def upgrade(server: Server, path: str, origin: str) -> str:
    """Ask for a WebSocket; return the head of the answer in small letters but for the status line."""
    lines = (
        f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", "Connection: Upgrade", "Upgrade: websocket",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", "Sec-WebSocket-Version: 13",
        f"Origin: {origin}", "", "",
    )  # fmt: skip
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw,
        server.tls().wrap_socket(raw, server_hostname="127.0.0.1") as secured,
    ):
        secured.sendall("\r\n".join(lines).encode())
        head = secured.recv(65536).decode("latin-1").split("\r\n\r\n")[0]
    status, *rest = head.split("\r\n")
    return "\n".join([status, *(line.lower() for line in rest)])
