"""The processes of a deployment, each started by `upheld serve` (or by a service manager).

`web` serves requests over TLS, `plain` redirects plain HTTP, `worker` does background work,
`metrics` tells Prometheus what the others counted, `certificates` has an ACME authority renew.
Each ends when the process that started it ends, however that ended.
"""

import asyncio
import signal
import threading
from collections.abc import Callable
from typing import cast

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from litestar.types import ASGIApp, Receive, Scope, Send

from upheld.main.parent import end_with_parent
from upheld.main.renewing import keep_certificate
from upheld.main.web import application as make_application
from upheld.main.worker import work
from upheld.platform.certificates import certificate_files, challenge
from upheld.platform.settings import Settings
from upheld.platform.standing import give_up_capabilities, note, step_down
from upheld.platform.telemetry import logs, metrics, traces
from upheld.platform.web.headers import PRIVATE, SECURITY_HEADERS
from upheld.platform.web.listener import OVERLAP, Departing, Listener, OneQueue


def serve_web(settings: Settings) -> None:
    """Serve requests until told to stop. TLS 1.2 and 1.3 with AEAD suites only (rustls)."""
    end_with_parent()
    step_down(settings.var, "web")
    certificate, key = certificate_files(settings)
    host, port = settings.listen.rsplit(":", 1)
    Listener(
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
        respawn_interval=OVERLAP,
        workers_kill_timeout=30,
    ).serve()


def serve_plain(settings: Settings) -> None:
    """Answer plain HTTP with a redirect until told to stop."""
    end_with_parent()
    step_down(settings.var, "plain")
    host, port = settings.listen_plain.rsplit(":", 1)
    OneQueue(
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


def keep_certificates(settings: Settings) -> None:
    """See to the certificate until told to stop."""
    end_with_parent()
    step_down(settings.var, "certificates")
    give_up_capabilities()
    logs.speak("certificates", settings)
    stopping = threading.Event()

    def stop(*_: object) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    keep_certificate(settings, stopping)


def run_worker(settings: Settings) -> None:
    """Do background work until told to stop."""
    end_with_parent()
    step_down(settings.var, "worker")
    give_up_capabilities()
    logs.speak("worker", settings)
    traces.begin("worker", settings)
    asyncio.run(work(settings))


def redirect_application() -> object:
    """Make the application that redirects to the address over HTTPS, and answers an ACME authority's challenge.

    It too ends with the one that listens.
    """
    end_with_parent(signal.SIGKILL)
    give_up_capabilities()
    settings = Settings.read()

    async def redirect(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's shape
        if scope["type"] == "http":
            path = scope["raw_path"] if scope.get("raw_path") else scope["path"].encode()
            answer = challenge(settings, scope["path"])
            status, own = 200, (b"content-type", b"text/plain")
            if answer is None:
                status, own = 308, (b"location", settings.address.encode() + path)
            headers = [own, *SECURITY_HEADERS[1:], PRIVATE]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": answer or b"", "more_body": False})

    return redirect


def application() -> ASGIApp:
    """Make the application, in a process of the server's own that ends with the one that listens.

    Without that, requests would go on reaching the orphans of a server that was killed, beside
    the one that was started in its place.
    """
    end_with_parent(signal.SIGKILL)
    give_up_capabilities()
    settings = Settings.read()
    note(settings.var, "requests")
    logs.speak("web", settings)
    traces.begin("web", settings)
    return cast("ASGIApp", Departing(make_application(), certificate_files(settings)))


PROCESSES: dict[str, Callable[[Settings], None]] = {
    "web": serve_web,
    "plain": serve_plain,
    "worker": run_worker,
    "metrics": serve_metrics,
    "certificates": keep_certificates,
}
"""Each process by its name."""
