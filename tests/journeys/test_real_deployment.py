"""A real deployment on an external PostgreSQL: `upheld init`, the one-time link, `upheld serve`."""

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.deployment import PASSWORD, hidden
from tests.support.server import free_port
from upheld.platform.embedded import EmbeddedPostgres

OPERATOR = "grace@example.org"


@pytest.fixture
def server(tmp_path: Path) -> Generator[EmbeddedPostgres]:
    """Run a PostgreSQL that Upheld has not set up: it is somebody else's."""
    tmp_path.chmod(0o711)
    postgres = EmbeddedPostgres(tmp_path / "elsewhere")
    postgres.start()
    yield postgres
    postgres.stop()


def test_init_prints_a_link_that_makes_the_operator_and_serve_has_no_demo_in_it(
    tmp_path: Path, server: EmbeddedPostgres
) -> None:
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("UPHELD_")},
        "UPHELD_VAR": str(tmp_path / "var"),
        "UPHELD_LISTEN": f"127.0.0.1:{port}",
        "UPHELD_LISTEN_PLAIN": "",
        "UPHELD_ADDRESS": f"https://upheld.localhost:{port}",
        "UPHELD_DATABASE": f"postgresql:///hiring?host={server.sockets}",
        "UPHELD_KEYRING_DATABASE": f"postgresql:///hiring_keys?host={server.sockets}",
    }
    administrator = f"postgresql://postgres:{server.password}@/{{database}}?host={server.sockets}"
    done = subprocess.run(
        [sys.executable, "-m", "upheld.main.cli", "init"],
        env={**environment, "UPHELD_ADMINISTRATOR": administrator}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    link = re.search(r"/first-operator/[\w-]+", done.stdout)
    assert link is not None, done.stdout
    assert server.password not in done.stdout
    for secret in (tmp_path / "var" / "secrets").iterdir():
        assert secret.stat().st_mode & 0o777 == 0o600
    serving = subprocess.Popen([sys.executable, "-m", "upheld.main.cli", "serve"], env=environment)
    try:
        with client(tmp_path / "var", port, serving) as browser:
            fields = {"email": OPERATOR, "password": PASSWORD, "account": "yes"}
            notice = hidden(browser.get(link[0]), "notice")
            assert "Your address is confirmed" in browser.post(link[0], data={**fields, "notice": notice}).text
            signed_in = browser.post("/sign-in", data={"email": OPERATOR, "password": PASSWORD}, follow_redirects=False)
            assert signed_in.headers["location"] == "/home"
            assert browser.get("/outbox").status_code == httpx.codes.NOT_FOUND
            assert "Tidewater" not in browser.get("/jobs").text
    finally:
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(30) == 0


def test_without_a_database_serve_says_what_to_do(tmp_path: Path) -> None:
    environment = {**os.environ, "UPHELD_VAR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "upheld.main.cli", "serve"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "`upheld init` sets up a real deployment" in done.stderr


@contextmanager
def client(var: Path, port: int, serving: subprocess.Popen[bytes]) -> Generator[httpx.Client]:
    """Yield a same-origin client with verified TLS, once the deployment listens."""
    limit = time.monotonic() + 40
    while time.monotonic() < limit and serving.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            break
    context = ssl.create_default_context(cafile=str(var / "tls" / "authority.pem"))
    with httpx.Client(
        base_url=f"https://127.0.0.1:{port}",
        verify=context,
        headers={"sec-fetch-site": "same-origin"},
        follow_redirects=True,
    ) as browser:
        yield browser
