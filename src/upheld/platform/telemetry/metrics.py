"""Metrics, for Prometheus: how much, how fast and how well; counted by every process, added up by one.

Each process of a deployment counts in a file of its own in `var/metrics`; the process
`metrics` adds them up and answers on an address of its own, which is no page of the site.
"""

import shutil
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Summary,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from upheld.platform.settings import Settings

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Where the library reads, once, when it is imported, that several processes count together."""

REQUESTS = Counter("upheld_requests", "Requests answered.", ["route", "method", "status"])
REQUEST_SECONDS = Histogram(
    "upheld_request_seconds",
    "Seconds until the last byte of an answer.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
WORK = Summary("upheld_work_seconds", "Seconds that pieces of background work took.", ["duty", "outcome"])
WAITING = Gauge("upheld_queue_waiting", "Pieces of work in the queue.", ["duty"], multiprocess_mode="mostrecent")
PROMISES = Gauge("upheld_promises", "Promises, by what the last run found.", ["state"], multiprocess_mode="mostrecent")


def folder_of(settings: Settings) -> Path:
    """Return where the processes of a deployment keep what they count."""
    return settings.var.resolve() / "metrics"


def begin(settings: Settings) -> None:
    """Forget what processes counted that are gone; whoever starts the processes calls this."""
    folder = folder_of(settings)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)


def serve(settings: Settings) -> None:
    """Answer with the sums of all processes until told to stop."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder_of(settings)))

    class Answer(BaseHTTPRequestHandler):
        """Answers every path alike, and writes nothing about who asks."""

        def do_GET(self) -> None:
            said = generate_latest(registry)
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE_LATEST)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Write nothing."""

    host, port = settings.metrics_listen.rsplit(":", 1)
    with ThreadingHTTPServer((host, int(port)), Answer) as server:
        server.serve_forever()
