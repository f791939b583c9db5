"""The HTTPS listener: it takes a new certificate over while it serves, and drops nobody for it.

Granian's workers read the certificate when they start, and it replaces them one by one when it
is told to. Left to itself each worker listens at a socket of its own, and whoever waits in the
queue of one that ends is turned away; here all share one queue, which outlives every worker.
"""

import logging
import os
import socket
import ssl
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from granian._granian import ListenerSpec
from granian.server.mp import MPServer
from litestar.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("upheld.listener")

_GLANCE = 1.0
"""Seconds between two looks at the files of the certificate."""

SUCCESSOR, OVERLAP = 9.0, 12.0
"""Seconds in which a new worker begins to serve; seconds after which the old one is told to end."""


class OneQueue(MPServer):
    """Granian, with one queue for all workers.

    It is opened before any of them starts, by the process that may still hold the right to a low port.
    """

    def _init_shared_socket(self) -> None:
        self._ssp = None
        self._sso = None
        self._shd = ListenerSpec(self.bind_addr, self.bind_port, self.backlog).build()
        self._sfd = self._shd.get_fd()


class Listener(OneQueue):
    """Keeps an eye on its certificate."""

    def __init__(self, target: str, *, ssl_cert: Path, ssl_key: Path, **chosen: Any) -> None:  # noqa: ANN401 - Granian's own
        """Take what Granian takes; the certificate is not optional."""
        cast("Any", super()).__init__(target, ssl_cert=ssl_cert, ssl_key=ssl_key, **chosen)
        self._files = (ssl_cert, ssl_key)
        # Before any worker reads them: what changes from here on is a change to both.
        self._known = _stamp(self._files)

    def startup(self, spawn_target: Any, target_loader: Any) -> None:  # noqa: ANN401 - Granian's own
        """Begin to serve, and to watch."""
        cast("Any", super()).startup(spawn_target, target_loader)
        threading.Thread(target=self._watch_certificate, daemon=True, name="certificate").start()

    def _watch_certificate(self) -> None:
        while not self.interrupt_signal:
            time.sleep(_GLANCE)
            found = _stamp(self._files)
            if found not in {None, self._known} and _is_pair(self._files):
                log.warning("the certificate has changed; new workers take it over")
                cast("Any", self).signal_handler_reload()
                self._known = found


class Departing:
    """An application that says goodbye: its worker is about to be replaced, since the certificate has changed.

    From then on the worker takes no newcomer in, and closes each connection with an answer on it:
    nobody finds a connection closed that they have just opened, or on which they ask again.
    (HTTP/2 says so by itself.)
    """

    def __init__(self, app: ASGIApp, files: tuple[Path, Path], successor: float = SUCCESSOR) -> None:
        """Take the application, the certificate it is served under, and how long a successor takes to begin.

        Made in the worker's own process.
        """
        self._app, self._files, self._successor = app, files, successor
        self._is_departing = False
        threading.Thread(target=self._watch, daemon=True, name="departure").start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and say goodbye when it is time."""
        is_old = scope["type"] == "http" and str(cast("dict[str, Any]", scope).get("http_version")).startswith("1")
        await self._app(scope, receive, _closing(send) if is_old and self._is_departing else send)

    def _watch(self) -> None:
        known = _stamp(self._files)
        while _stamp(self._files) in {None, known} or not _is_pair(self._files):
            time.sleep(_GLANCE)
        time.sleep(self._successor)
        self._is_departing = True
        _stop_listening()


def _stop_listening() -> None:
    """Take no more connections from the queue that all workers share; Granian stops only when all is over.

    Whatever it holds of that queue becomes another, to which nobody ever comes.
    """
    deaf = socket.create_server(("127.0.0.1", 0))
    deaf.settimeout(0)
    held = [int(entry.name) for entry in Path("/proc/self/fd").iterdir()] if sys.platform == "linux" else []
    for fd in held:
        with suppress(OSError), socket.socket(fileno=os.dup(fd)) as found:
            is_network = found.family in {socket.AF_INET, socket.AF_INET6}
            if is_network and found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and fd != deaf.fileno():
                os.dup2(deaf.fileno(), fd)
    deaf.detach()


def _closing(send: Send) -> Send:
    async def outgoing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)

    return outgoing


def _stamp(files: tuple[Path, Path]) -> tuple[tuple[int, int], ...] | None:
    """Return what tells one version of the files from another; None while one is away."""
    try:
        return tuple((stat.st_ino, stat.st_mtime_ns) for stat in (file.stat() for file in files))
    except OSError:
        return None


def _is_pair(files: tuple[Path, Path]) -> bool:
    """Whether chain and key belong together; of two files that are replaced one after the other, not at once."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*files)
    except (OSError, ValueError):
        return False
    return True
