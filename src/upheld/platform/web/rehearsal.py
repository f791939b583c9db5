"""A rehearsal of what happens when a certificate is renewed: our listener, a trivial application, a port of its own.

Run as `python -m upheld.platform.web.rehearsal <port> <file>`; ends when its standard input closes.
"""

import ctypes
import os
import signal
import sys
import threading
from pathlib import Path

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from litestar.types import ASGIApp, Receive, Scope, Send

from upheld.platform.web.listener import Departing, Listener

_PR_SET_PDEATHSIG = 1
_SUCCESSOR = 1.0


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's shape
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def application() -> ASGIApp:
    """Make the trivial application, in a process that ends with the listener."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    pair = Path(sys.argv[2])
    return Departing(_answer, (pair, pair), _SUCCESSOR)  # pyright: ignore[reportReturnType] - ASGI's types know frameworks only


def main() -> None:
    """Serve until nobody listens to us any more."""
    pair = Path(sys.argv[2])
    threading.Thread(target=_end_with_input, daemon=True).start()
    Listener(
        "upheld.platform.web.rehearsal:application", ssl_cert=pair, ssl_key=pair, address="127.0.0.1",
        port=int(sys.argv[1]), interface=Interfaces.ASGINL, factory=True, http=HTTPModes.auto, workers=1,
        ssl_protocol_min=SSLProtocols.tls12, log_enabled=False, workers_kill_timeout=10,
        respawn_interval=_SUCCESSOR + 1.5,
    ).serve()  # fmt: skip


def _end_with_input() -> None:
    # Not `sys.stdin`: its lock would be held in every worker that is forked meanwhile.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
