"""The processes of a deployment, each started by `upheld serve` (or by a service manager).

`web` serves requests over TLS, `plain` redirects plain HTTP, `worker` does background work,
`metrics` tells Prometheus what the others counted.
Each ends when the process that started it ends, however that ended.
"""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.server import Server as Granian
from litestar.types import ASGIApp, Receive, Scope, Send

from upheld.main.parent import end_with_parent
from upheld.main.web import application as make_application
from upheld.main.worker import work
from upheld.platform.settings import Settings
from upheld.platform.standing import give_up_capabilities, note, step_down
from upheld.platform.telemetry import logs, metrics, traces
from upheld.platform.tls import ensure_certificate
from upheld.platform.web.headers import PRIVATE, SECURITY_HEADERS


def serve_web(settings: Settings) -> None:
    """Serve requests until told to stop. TLS 1.2 and 1.3 with AEAD suites only (rustls)."""
    end_with_parent()
    step_down(settings.var, "web")
    certificate, key = certificate_files(settings)
    host, port = settings.listen.rsplit(":", 1)
    Granian(
        "upheld.main.processes:application",
        address=host,
        port=int(port),
        interface=Interfaces.ASGI,
        factory=True,
        workers=settings.workers,
        http=HTTPModes.auto,
        ssl_cert=certificate,
        ssl_key=key,
        ssl_protocol_min=SSLProtocols.tls12,
        log_access=False,
        log_level="warning",  # pyright: ignore[reportArgumentType] - the value of their enum
        respawn_failed_workers=True,
        workers_kill_timeout=10,
    ).serve()


def serve_plain(settings: Settings) -> None:
    """Answer plain HTTP with a redirect until told to stop."""
    end_with_parent()
    step_down(settings.var, "plain")
    host, port = settings.listen_plain.rsplit(":", 1)
    Granian(
        "upheld.main.processes:redirect_application",
        address=host,
        port=int(port),
        interface=Interfaces.ASGI,
        factory=True,
        log_access=False,
        log_level="warning",  # pyright: ignore[reportArgumentType] - the value of their enum
    ).serve()


def serve_metrics(settings: Settings) -> None:
    """Answer Prometheus until told to stop."""
    end_with_parent()
    step_down(settings.var, "metrics")
    give_up_capabilities()
    metrics.serve(settings)


def run_worker(settings: Settings) -> None:
    """Do background work until told to stop."""
    end_with_parent()
    step_down(settings.var, "worker")
    give_up_capabilities()
    logs.speak("worker", settings)
    traces.begin("worker", settings)
    asyncio.run(work(settings))


def redirect_application() -> object:
    """Make the application that only redirects to the address over HTTPS; it too ends with the one that listens."""
    end_with_parent(signal.SIGKILL)
    give_up_capabilities()
    address = Settings.read().address

    async def redirect(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's shape
        if scope["type"] == "http":
            path = scope["raw_path"] if scope.get("raw_path") else scope["path"].encode()
            headers = [(b"location", address.encode() + path), *SECURITY_HEADERS[1:], PRIVATE]
            await send({"type": "http.response.start", "status": 308, "headers": headers})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return redirect


def certificate_files(settings: Settings) -> tuple[Path, Path]:
    """Return the certificate chain and key: the operator's, or the local authority's."""
    if settings.certificate and settings.certificate_key:
        return settings.certificate, settings.certificate_key
    _, chain, key = ensure_certificate(settings.var / "tls", cast("str", urlsplit(settings.address).hostname))
    return chain, key


def application() -> ASGIApp:
    """Make the application, in a process of the server's own that ends with the one that listens.

    Without that, requests would go on reaching the orphans of a server that was killed, beside
    the one that was started in its place.
    """
    end_with_parent(signal.SIGKILL)
    give_up_capabilities()
    note(Settings.read().var, "requests")
    return make_application()


PROCESSES: dict[str, Callable[[Settings], None]] = {
    "web": serve_web,
    "plain": serve_plain,
    "worker": run_worker,
    "metrics": serve_metrics,
}
"""Each process by its name."""
