"""What operators are told of a running deployment, and that nobody is in it."""

import gzip
import json
import logging
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anyio.to_thread
import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.cluster import Cluster
from tests.support.deployment import deployed
from tests.support.server import free_port, serving
from upheld.kit.errors import UpheldError
from upheld.platform.settings import Settings, SettingsError
from upheld.platform.telemetry import metrics
from upheld.platform.telemetry.logs import Json, Line

pytestmark = pytest.mark.anyio

CANARY = "canary-0b1e2d3c4f5a"


@contextmanager
def collecting() -> Generator[tuple[str, list[ExportTraceServiceRequest]]]:
    """Listen like a collector; yield where, and what arrived."""
    arrived: list[ExportTraceServiceRequest] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            arrived.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", arrived
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def test_routes_are_counted_over_all_processes_logged_and_traced_and_nobody_is_in_it(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
    async with deployed(cluster) as deployment:
        with collecting() as (collector, arrived):
            settings = replace(
                deployment.settings, metrics_listen=f"127.0.0.1:{free_port()}", traces=collector, logs="json",
                log_requests=True, workers=2,
            )  # fmt: skip
            metrics.begin(settings)
            said, log = await anyio.to_thread.run_sync(_visited, settings)
        spans = [span for one in arrived for r in one.resource_spans for scope in r.scope_spans for span in scope.spans]
    assert 'upheld_requests_total{method="GET",route="jobs.list",status="200"} 12.0' in said
    assert 'upheld_requests_total{method="GET",route="none",status="404"} 1.0' in said
    assert 'upheld_request_seconds_count{route="jobs.list"} 12.0' in said
    assert 'upheld_queue_waiting{duty="mail"} 0.0' in said, log
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    routes = [line["route"] for line in lines if line["logger"] == "upheld.requests"]
    assert routes.count("jobs.list") == 12
    assert {"at", "level", "process", "logger", "message"} <= lines[0].keys()
    assert {"jobs.list", "open_jobs"} & {span.name for span in spans} == {"jobs.list", "open_jobs"}
    parents = {span.span_id: span.name for span in spans}
    assert {parents.get(span.parent_span_id) for span in spans if span.name == "open_jobs"} == {"jobs.list"}
    for text in (said, log, str(arrived)):
        assert CANARY not in text
        assert "127.0.0.1" not in text.replace(collector, "")


def _visited(settings: Settings) -> tuple[str, str]:
    """Visit some pages; return what Prometheus reads then, and what stands in the logs."""
    with serving(settings, "web", "worker", "metrics") as server:
        for _ in range(12):
            with server.client() as browser:
                assert browser.get("/jobs", params={"q": CANARY}).status_code == 200
        with server.client() as browser:
            assert browser.get(f"/nowhere/{CANARY}").status_code == 404
        time.sleep(1)  # spans are sent every fifth of a second
        limit = time.monotonic() + 30
        said = ""
        while "upheld_queue_waiting" not in said and time.monotonic() < limit:
            try:
                said = httpx.get(f"http://{settings.metrics_listen}/metrics").text
            except httpx.TransportError:
                time.sleep(0.2)
        return said, "".join(path.read_text() for path in (settings.var / "log").iterdir())


@pytest.mark.parametrize("form", [Line("web"), Json("web")])
def test_a_logged_exception_keeps_its_words_to_itself(form: logging.Formatter) -> None:
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        record = logging.LogRecord(
            "upheld", logging.ERROR, "", 0, "it failed", (), (ValueError, error, error.__traceback__)
        )
    said = form.format(record)
    assert "it failed: ValueError at test_a_logged_exception_keeps_its_words_to_itself" in said
    assert CANARY not in said
    assert "\n" not in said


def test_traces_travel_over_tls_or_not_at_all() -> None:
    with pytest.raises(SettingsError, match="must begin with https"):
        Settings(traces="http://collector.example.org/v1/traces")
    with pytest.raises(UpheldError, match="neither text nor json"):
        Settings(logs="xml")
