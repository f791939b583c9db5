"""edge.certificates: a new certificate, taken over under load, on the listener that serves this deployment's pages.

The authority's part, obtaining one, shows in *edge.certificates.left* where one is set, and in
tests against a real ACME server. Here the certificates are the local authority's.
"""

import asyncio
import http.client
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.scene import Scene
from upheld.platform.private import bare_environment
from upheld.platform.tls import ensure_certificate

COMMAND = (sys.executable, "-m", "upheld.platform.web.rehearsal")
_NAME = "upheld.localhost"
_PATIENCE = 30.0
_AFTER = 1.0


@dataclass
class Seen:
    """What people saw who asked all the time."""

    answered: int = 0
    dropped: list[str] = field(default_factory=list[str])
    certificates: set[bytes] = field(default_factory=set[bytes])


@probe(
    privilege="starts a listener on a port of its own, on this machine only",
    cost="about eight seconds of requests to it, as fast as the priority of the run allows",
)
async def taken_over(scene: Scene) -> Finding:  # noqa: ARG001 - the listener is the same everywhere
    """Replace the certificate of a listener while people ask: the new one is shown soon, and nobody is turned away."""
    return await asyncio.to_thread(_rehearse)


def _rehearse() -> Finding:
    with tempfile.TemporaryDirectory() as folder, _listening(Path(folder)) as (port, pair, trusted):
        seen, limit = Seen(), time.monotonic() + _PATIENCE
        staying = _ask(port, trusted, None, seen)
        _make_pair(Path(folder) / "another", pair)
        until = limit
        while time.monotonic() < until:
            staying = _ask(port, trusted, staying, seen)
            newcomer = _ask(port, trusted, None, seen)
            if newcomer is not None:
                newcomer.close()
            if len(seen.certificates) > 1 and until == limit:
                # The old workers go now; whoever still asks must not notice.
                until = min(limit, time.monotonic() + 2.0 + 3 * _AFTER)
        if staying is not None:
            staying.close()
    faults = [] if len(seen.certificates) > 1 else ["the new certificate is never shown"]
    faults += [f"{len(seen.dropped)} requests were dropped: {seen.dropped[0]}"] if seen.dropped else []
    return judged(faults, answered=seen.answered, dropped=len(seen.dropped), certificates=len(seen.certificates))


@contextmanager
def _listening(folder: Path) -> Generator[tuple[int, Path, ssl.SSLContext]]:
    """Start a listener; yield its port, the file of its certificate, and whom to trust."""
    pair = folder / "pair.pem"
    _make_pair(folder / "tls", pair)
    # Both authorities vouch: the certificate that comes later is another one's.
    ensure_certificate(folder / "another", _NAME)
    trusted = ssl.create_default_context(cafile=str(folder / "tls" / "authority.pem"))
    trusted.load_verify_locations(folder / "another" / "authority.pem")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [*COMMAND, str(port), str(pair)]
    running = subprocess.Popen(command, stdin=subprocess.PIPE, env=bare_environment())  # noqa: S603 - ourselves
    try:
        _wait(port, running)
        yield port, pair, trusted
    finally:
        _end(running)


def _end(running: "subprocess.Popen[bytes]") -> None:
    """End a listener: it ends by itself when its standard input does, and its workers with it."""
    try:
        running.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        running.kill()
        running.communicate()


def _wait(port: int, running: "subprocess.Popen[bytes]") -> None:
    limit = time.monotonic() + _PATIENCE
    while time.monotonic() < limit and running.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    msg = "A listener for the rehearsal did not start."
    raise CannotLookError(msg)


def _make_pair(folder: Path, pair: Path) -> None:
    _, chain, key = ensure_certificate(folder, _NAME)
    passing = pair.with_suffix(".passing")
    passing.write_bytes(key.read_bytes() + chain.read_bytes())
    passing.replace(pair)


def _ask(
    port: int, trusted: ssl.SSLContext, connection: http.client.HTTPConnection | None, seen: Seen
) -> http.client.HTTPConnection | None:
    """Ask once, on a connection that is there or on a new one; return it if it stays open."""
    try:
        connection = connection or _connected(port, trusted, seen)
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        seen.dropped.append(type(error).__name__)
        if connection is not None:
            connection.close()
        return None
    seen.answered += answer.status == http.client.OK
    if answer.will_close:
        connection.close()
        return None
    return connection


def _connected(port: int, trusted: ssl.SSLContext, seen: Seen) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    raw = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
    secured = trusted.wrap_socket(raw, server_hostname=_NAME)
    seen.certificates.add(secured.getpeercert(binary_form=True) or b"")
    connection.sock = secured
    return connection
