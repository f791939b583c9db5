"""Traces, for an OpenTelemetry collector: what a request waited for, statement by statement.

Off until an operator names a collector; then `span` costs what the library costs, and before
that nothing. Spans carry names from the code only.
"""

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, TracerProvider

from upheld.platform.settings import Settings, SettingsError

_NOTHING = nullcontext()
_tracer: Tracer | None = None


def begin(process: str, settings: Settings) -> None:
    """Send spans of this process to the collector that the operator named, if there is one.

    Raises:
        SettingsError: the libraries that send are not installed.
    """
    if not settings.traces:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace import TracerProvider as Provider  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - an extra
    except ImportError:
        msg = "UPHELD_TRACES is set, and the libraries for it are not installed: `uv sync --extra traces`."
        raise SettingsError(msg) from None
    provider = Provider(resource=Resource.create({"service.name": f"upheld-{process}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.traces)))
    record_with(provider)


def record_with(provider: TracerProvider | None) -> None:
    """Record spans with a provider, or no longer."""
    global _tracer  # noqa: PLW0603 - one for the process, like the library's own
    _tracer = provider.get_tracer("upheld") if provider is not None else None


def span(name: str, kind: SpanKind = SpanKind.INTERNAL) -> AbstractContextManager[Span | None]:
    """Return a block that is timed under a name from the code."""
    return _NOTHING if _tracer is None else _recorded(_tracer, name, kind)


@contextmanager
def _recorded(tracer: Tracer, name: str, kind: SpanKind) -> Generator[Span]:
    # An exception's words may quote what people typed: only that it failed, and its kind.
    with tracer.start_as_current_span(name, kind=kind, record_exception=False, set_status_on_exception=False) as span:
        try:
            yield span
        except BaseException as error:
            span.set_status(Status(StatusCode.ERROR))
            span.set_attribute("error.type", type(error).__name__)
            raise
