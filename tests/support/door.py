"""A front door for PostgreSQL that ends TLS before it, as poolers and tunnels do."""

import datetime as dt
import ipaddress
import select
import socket
import socketserver
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ELSEWHERE = "127.0.0.2"
"""An address that reaches this machine, and that nothing takes for it."""


class _Visit(socketserver.BaseRequestHandler):
    """One connection: the question for TLS (PostgreSQL's protocol, 53.2.10), the handshake, then bytes."""

    def handle(self) -> None:
        door = cast("_Door", self.server)
        visitor: socket.socket = self.request
        visitor.recv(8)
        visitor.sendall(b"S")
        try:
            with door.tls.wrap_socket(visitor, server_side=True) as inside, socket.socket(socket.AF_UNIX) as server:
                server.connect(str(door.behind))
                _carry(inside, server)
        except (OSError, ValueError):
            door.refusals += 1


class _Door(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, behind: Path, tls: ssl.SSLContext) -> None:
        super().__init__((ELSEWHERE, 0), _Visit)
        self.behind, self.tls, self.refusals = behind, tls, 0


def _carry(inside: ssl.SSLSocket, server: socket.socket) -> None:
    while True:
        ready = [inside] if inside.pending() else select.select([inside, server], [], [])[0]
        for source in ready:
            content = source.recv(1 << 16)
            if not content:
                return
            (server if source is inside else inside).sendall(content)


@contextmanager
def front_door(sockets: Path, tls: ssl.SSLContext) -> Generator[str]:
    """Open a door before the server of a socket folder; yield `address:port`."""
    with _Door(sockets / ".s.PGSQL.5432", tls) as door:
        thread = Thread(target=door.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"{ELSEWHERE}:{door.server_address[1]}"
        finally:
            door.shutdown()
            thread.join()


def identity(folder: Path, address: str = ELSEWHERE) -> tuple[ssl.SSLContext, Path]:
    """Make an authority and a certificate for an address; what the server presents, and whom to trust."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of a test")])
    authority = _certificate(authority_name, authority_name, authority_key, authority_key, None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    certificate = _certificate(authority_name, name, authority_key, key, address)
    folder.mkdir(parents=True)
    paths = folder / "authority.pem", folder / "server.pem", folder / "server.key"
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for path, content in zip(paths, (authority.public_bytes(pem), certificate.public_bytes(pem), secret), strict=True):
        path.write_bytes(content)
    presented = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    presented.load_cert_chain(paths[1], paths[2])
    return presented, paths[0]


def _certificate(
    issuer: x509.Name,
    subject: x509.Name,
    signed_by: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
    address: str | None,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=address is None, path_length=None), critical=True)
    )
    if address:
        names = [x509.IPAddress(ipaddress.ip_address(address))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signed_by, hashes.SHA256())
