"""The databases of a deployment, running for as long as a command needs them."""

from collections.abc import Generator
from contextlib import contextmanager

from upheld.kit.errors import ConflictError, NotFoundError
from upheld.main.setup import Say, administrator_of, alone_in, embedded, embedded_settings
from upheld.platform.embedded import EmbeddedPostgres
from upheld.platform.settings import Settings


@contextmanager
def deployment(settings: Settings, say: Say) -> Generator[Settings]:
    """Yield settings whose database runs: the configured one, or that of the demo, started when it is not.

    Raises:
        NotFoundError: there is none in this folder. A mistyped one must not become an empty deployment.
    """
    if settings.database:
        yield settings
        return
    if not EmbeddedPostgres(settings.var / "postgres").data.exists():
        msg = f"There is no deployment in {settings.var}. Set UPHELD_VAR, or UPHELD_SETTINGS, to yours."
        raise NotFoundError(msg)
    try:
        with embedded(settings, say) as named:
            yield named
    except ConflictError:
        yield embedded_settings(settings, EmbeddedPostgres(settings.var / "postgres"))


@contextmanager
def bare_server(settings: Settings, say: Say) -> Generator[tuple[Settings, str]]:
    """Start a demo's own PostgreSQL and nothing else; yield settings that name it, and its administrator.

    Raises:
        ConflictError: the demo runs.
    """
    settings.var.mkdir(parents=True, exist_ok=True)
    with alone_in(settings.var):
        server = EmbeddedPostgres(settings.var / "postgres")
        say("Starting the embedded PostgreSQL")
        server.start()
        try:
            yield embedded_settings(settings, server), administrator_of(server)
        finally:
            server.stop()
