"""Certificates from a real ACME authority: obtained, renewed, and taken over while people are served."""

import asyncio
import datetime as dt
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography import x509

from tests.support.cluster import Cluster
from tests.support.pebble import Pebble, pebble
from tests.support.server import HOST, Server, free_port, serving
from upheld.main.renewing import keep_certificate
from upheld.platform.certificates import (
    NoCertificateError,
    certificate_files,
    challenge,
    is_due,
    last_renewal,
    presented,
    renew,
)
from upheld.platform.settings import Settings, SettingsError
from upheld.platform.tls import LOCAL_AUTHORITY

LIFE = 3600
NOBODY = "https://127.0.0.1:9/dir"
"""Where no authority is: the port of a service that nobody runs (RFC 863)."""


@dataclass
class Load:
    """People who ask all the time: some on a connection of their own each time, some on one they keep."""

    port: int
    trusted: ssl.SSLContext
    stopping: threading.Event = field(default_factory=threading.Event)
    answered: int = 0
    dropped: list[str] = field(default_factory=list[str])

    def ask_anew(self) -> None:
        """Ask again and again, each time anew."""
        while not self.stopping.is_set():
            self._ask(None)

    def ask_on(self) -> None:
        """Ask again and again on one connection; when the server says that it closes it, open another."""
        connection: http.client.HTTPConnection | None = None
        while not self.stopping.is_set():
            connection = self._ask(connection, stay=True)
            time.sleep(0.005)
        if connection is not None:
            connection.close()

    def _ask(
        self, connection: http.client.HTTPConnection | None, *, stay: bool = False
    ) -> http.client.HTTPConnection | None:
        """Ask once; return the connection if it stays open."""
        try:
            connection = connection or connected(self.port, self.trusted)
            headers = {"host": f"{HOST}:{self.port}", **({} if stay else {"connection": "close"})}
            connection.request("GET", "/health/live", headers=headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.dropped.append(repr(error))
            if connection is not None:
                connection.close()
            return None
        self.answered += answer.status == http.client.OK
        if not answer.will_close:
            return connection
        connection.close()
        return None


def connected(port: int, trusted: ssl.SSLContext) -> http.client.HTTPConnection:
    """Connect over TLS, verified."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    raw = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.sock = trusted.wrap_socket(raw, server_hostname=HOST)
    return connection


def connected_under(certificate: x509.Certificate, port: int, trusted: ssl.SSLContext) -> http.client.HTTPConnection:
    """Connect to a worker that shows a certificate; one that is about to end may still take somebody in."""
    while True:
        connection = connected(port, trusted)
        if _number_shown_on(cast("ssl.SSLSocket", connection.sock)) == certificate.serial_number:
            return connection
        connection.close()


@contextmanager
def loaded(port: int, trusted: ssl.SSLContext) -> Generator[Load]:
    """Have four people ask for as long as the block lasts."""
    load = Load(port, trusted)
    people = [threading.Thread(target=ask) for ask in (load.ask_anew, load.ask_anew, load.ask_on, load.ask_on)]
    for person in people:
        person.start()
    try:
        yield load
    finally:
        load.stopping.set()
        for person in people:
            person.join(30)


def serial(port: int) -> int:
    """Return the number of the certificate that a newcomer is shown, whoever vouches for it."""
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=60) as raw, anyone.wrap_socket(raw) as secured:
        return _number_shown_on(secured)


def _number_shown_on(secured: ssl.SSLSocket) -> int:
    shown = secured.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown).serial_number


def shows_only(port: int, number: int) -> bool:
    return {serial(port) for _ in range(8)} == {number}


def eventually(is_so: Callable[[], bool], seconds: float = 90) -> None:
    limit = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < limit, "it did not come true"
        time.sleep(0.1)


def in_force(settings: Settings) -> x509.Certificate:
    return presented(certificate_files(settings)[0])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Pebble, int]]:
    port = free_port()
    with pebble(tmp_path_factory.mktemp("authority"), port, life_seconds=LIFE) as running:
        yield running, port


@pytest.fixture(scope="module")
def server(cluster: Cluster, authority: tuple[Pebble, int]) -> Iterator[Server]:
    """Run a deployment whose certificate an ACME authority issues; it begins with one of its own."""
    running, port = authority
    settings = asyncio.run(cluster.deploy())
    asked: dict[str, Any] = {
        "acme": running.directory,
        "acme_authority": running.vouched_by,
        "listen_plain": f"127.0.0.1:{port}",
    }
    with serving(settings, "plain", "web", "certificates", **asked) as served:
        yield served


def test_a_certificate_is_obtained_renewed_and_taken_over_without_a_dropped_connection(
    server: Server, authority: tuple[Pebble, int]
) -> None:
    settings = server.settings
    # While workers are replaced, old and new ones answer: both certificates are good.
    trusted = server.tls()
    trusted.load_verify_locations(cadata=authority[0].root())
    eventually(lambda: last_renewal(settings).renewed_at is not None)
    eventually(lambda: shows_only(server.port, in_force(settings).serial_number))
    first = in_force(settings)
    with loaded(server.port, trusted) as load:
        upload = connected_under(first, server.port, trusted)
        upload.putrequest("POST", "/sign-in")
        for name, value in {"host": f"{HOST}:{server.port}", "sec-fetch-site": "same-origin"}.items():
            upload.putheader(name, value)
        upload.putheader("content-type", "application/x-www-form-urlencoded")
        upload.putheader("content-length", "27")
        upload.endheaders(b"email=ada%40")
        renew(settings, dt.datetime.now(dt.UTC))
        assert in_force(settings).serial_number != first.serial_number
        eventually(lambda: serial(server.port) == in_force(settings).serial_number)
        # Newcomers are shown the new certificate; who has sent half a request is still heard.
        upload.send(b"example.org&x=y")
        assert upload.getresponse().status == http.client.UNPROCESSABLE_ENTITY
        upload.close()
        eventually(lambda: shows_only(server.port, in_force(settings).serial_number))
    assert load.dropped == []
    assert load.answered > 200


def of(folder: Path, host: str = "jobs.example.org", **changed: Any) -> Settings:
    folder.mkdir(exist_ok=True)
    return Settings(var=folder, address=f"https://{host}", acme="https://acme.example/directory", **changed)


def test_a_certificate_is_due_when_a_third_of_its_life_is_left_or_it_is_for_another_name(
    tmp_path: Path, server: Server
) -> None:
    eventually(lambda: last_renewal(server.settings).renewed_at is not None)
    certificate = in_force(server.settings)
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    begun = certificate.not_valid_before_utc
    assert not is_due(server.settings, begun + life * 0.6)
    assert is_due(server.settings, begun + life * 0.7)
    assert is_due(replace(server.settings, address="https://another.example"), begun)
    own = of(tmp_path / "own")
    assert LOCAL_AUTHORITY in in_force(own).issuer.rfc4514_string()
    assert is_due(own, dt.datetime.now(dt.UTC))


def test_a_pair_of_ones_own_is_used_and_not_beside_an_authority(tmp_path: Path) -> None:
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    own = replace(of(tmp_path / "own", certificate=chain, certificate_key=key), acme="")
    assert certificate_files(own) == (chain, key)
    with pytest.raises(SettingsError, match="both set"):
        certificate_files(replace(own, acme="https://acme.example/directory"))


def test_an_authority_that_is_away_leaves_the_certificate_and_a_reason(tmp_path: Path) -> None:
    settings = of(tmp_path / "own")
    before = in_force(settings).serial_number
    away = replace(settings, acme=NOBODY)
    with pytest.raises(NoCertificateError):
        renew(away, dt.datetime.now(dt.UTC))
    assert in_force(settings).serial_number == before
    assert "ConnectionError" in last_renewal(settings).failure


def test_no_authority_is_asked_before_the_redirect_answers_whom_it_will_ask(tmp_path: Path) -> None:
    port, stopping = free_port(), threading.Event()
    away = of(tmp_path / "own", listen_plain=f"127.0.0.1:{port}")
    keeping = threading.Thread(target=keep_certificate, args=(replace(away, acme=NOBODY), stopping))
    keeping.start()
    try:
        time.sleep(1)
        assert last_renewal(away).failure == ""
        with socket.create_server(("127.0.0.1", port)):
            eventually(lambda: "ConnectionError" in last_renewal(away).failure)
    finally:
        stopping.set()
        keeping.join()


def test_an_authority_that_does_not_reach_us_says_so(tmp_path: Path, authority: tuple[Pebble, int]) -> None:
    running, _ = authority
    settings = of(tmp_path / "own", "unreached.example", acme_authority=running.vouched_by)
    settings = replace(settings, acme=running.directory)
    # Nobody answers for this host: the redirect of the server before knows none of these tokens.
    with pytest.raises(NoCertificateError):
        renew(settings, dt.datetime.now(dt.UTC))
    assert "unauthorized" in last_renewal(settings).failure or "connection" in last_renewal(settings).failure
    assert list((tmp_path / "own" / "acme" / "challenges").iterdir()) == []


@pytest.mark.parametrize("path", ["/", "/.well-known/acme-challenge/", "/.well-known/acme-challenge/../account.key"])
def test_only_the_answer_to_a_challenge_is_handed_out(tmp_path: Path, path: str) -> None:
    settings = of(tmp_path / "own")
    token = "t0ken_of-the-authority"
    folder = tmp_path / "own" / "acme" / "challenges"
    folder.mkdir(parents=True)
    (folder / token).write_bytes(b"answer")
    (folder.parent / "account.key").write_bytes(b"secret")
    assert challenge(settings, f"/.well-known/acme-challenge/{token}") == b"answer"
    assert challenge(replace(settings, acme=""), f"/.well-known/acme-challenge/{token}") is None
    assert challenge(settings, path) is None
