"""A stand-in for the transit engine of Vault and OpenBao: a real HTTP server, ours, on loopback.

Neither can be installed from the registries that this project builds from, so no test meets the
real one. The stand-in follows the published API where we use it (`encrypt`, `decrypt`, and
`rewrap` for a key's versions): paths, bodies, statuses, `X-Vault-Token`, ciphertexts of the form
`vault:v1:…`. What it cannot show is that a particular release of Vault behaves as published.
"""

import json
import secrets
import threading
from base64 import b64decode, b64encode
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class StandIn:
    """A transit engine with named keys, each in versions."""

    def __init__(self, token: str) -> None:
        """Take the one token that is accepted."""
        self.token = token
        self.keys: dict[str, list[bytes]] = {}
        self.is_sealed = False
        self.asked: list[str] = []
        self.port = 0

    def make_key(self, name: str) -> None:
        """Add a key, or a new version of one."""
        self.keys.setdefault(name, []).append(secrets.token_bytes(32))

    def answer(self, path: str, token: str | None, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answer a request as the engine does."""
        self.asked.append(path)
        if self.is_sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if token != self.token:
            return 403, {"errors": ["permission denied"]}
        _, _, mount, act, name = path.split("/")
        if mount != "transit":
            return 404, {"errors": [f'no handler for route "{mount}/{act}/{name}"']}
        if name not in self.keys:
            return 400, {"errors": ["encryption key not found"]}
        try:
            return 200, {"data": getattr(self, f"_{act}")(self.keys[name], body)}
        except (InvalidTag, ValueError, IndexError):
            return 400, {"errors": ["invalid ciphertext"]}

    def _encrypt(self, versions: list[bytes], body: dict[str, Any]) -> dict[str, Any]:
        nonce = secrets.token_bytes(12)
        closed = nonce + AESGCM(versions[-1]).encrypt(nonce, b64decode(body["plaintext"]), None)
        return {"ciphertext": f"vault:v{len(versions)}:{b64encode(closed).decode()}", "key_version": len(versions)}

    def _decrypt(self, versions: list[bytes], body: dict[str, Any]) -> dict[str, Any]:
        prefix, version, closed = body["ciphertext"].split(":")
        if prefix != "vault":
            raise ValueError
        raw = b64decode(closed)
        opened = AESGCM(versions[int(version[1:]) - 1]).decrypt(raw[:12], raw[12:], None)
        return {"plaintext": b64encode(opened).decode()}

    def _rewrap(self, versions: list[bytes], body: dict[str, Any]) -> dict[str, Any]:
        return self._encrypt(versions, self._decrypt(versions, body))


@contextmanager
def transit(token: str) -> Generator[StandIn]:
    """Run a stand-in on a port of loopback."""
    engine = StandIn(token)

    class Answers(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            status, answer = engine.answer(self.path, self.headers.get("x-vault-token"), body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT  # noqa: N815 - the name is the server's

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the server's
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    engine.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield engine
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
