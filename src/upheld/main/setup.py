"""Setting up a deployment: the embedded database of a demo, or an external one for real."""

import asyncio
import fcntl
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec

from upheld.features.accounts.actions import invite_operator
from upheld.features.consents.actions import publish_notices
from upheld.kit.errors import ConflictError, NotFoundError, RefusedError
from upheld.platform.embedded import EmbeddedPostgres
from upheld.platform.install import DATABASE, KEYRING, install, make_secrets
from upheld.platform.keyfiles import KeyFiles
from upheld.platform.migrations import migrate
from upheld.platform.private import write_private
from upheld.platform.services import open_platform
from upheld.platform.settings import Settings

Say = Callable[[str], None]
SignIns = dict[str, tuple[str, str]]

_SEED_ROLES = ("web", "gate", "worker", "maintenance")
_STORY_GRACE = timedelta(days=7)


@contextmanager
def embedded(settings: Settings, say: Say) -> Generator[Settings]:
    """Start the embedded PostgreSQL for as long as the block runs; yield settings that name it.

    Raises:
        ConflictError: another run uses the same folder.
    """
    with embedded_server(settings, say) as (named, _):
        yield named


@contextmanager
def embedded_server(settings: Settings, say: Say) -> Generator[tuple[Settings, EmbeddedPostgres]]:
    """Do the same; yield the server, too, for whoever keeps it running."""
    settings.var.mkdir(parents=True, exist_ok=True)
    with alone_in(settings.var):
        yield from _running(settings, say)


def _running(settings: Settings, say: Say) -> Generator[tuple[Settings, EmbeddedPostgres]]:
    server = EmbeddedPostgres(settings.var / "postgres")
    if _half_seeded(settings).exists():
        say("The last set-up was interrupted; starting over")
        server.stop_leftover()
        for name in ("postgres", "objects", "keys", "mail"):
            shutil.rmtree(settings.var / name, ignore_errors=True)
        _half_seeded(settings).unlink()
    say("Starting the embedded PostgreSQL")
    server.start()
    try:
        named = embedded_settings(settings, server)
        make_secrets(named.secrets_folder)
        KeyFiles.create(named)
        say("Preparing roles, databases and schema")
        asyncio.run(_prepare(administrator_of(server), named, finish=True))
        yield named, server
    finally:
        server.stop()


def embedded_settings(settings: Settings, server: EmbeddedPostgres) -> Settings:
    """Return settings that name the databases of an embedded server."""
    base = f"postgresql:///{{}}?host={server.sockets}"
    return replace(settings, database=base.format(DATABASE), keyring_database=base.format(KEYRING))


def administrator_of(server: EmbeddedPostgres) -> str:
    """Return the administrator's URL of an embedded server, with `{database}` for the name."""
    return f"postgresql://postgres:{server.password}@/{{database}}?host={server.sockets}"


async def initialise(administrator: str, settings: Settings) -> str:
    """Set up a real deployment on an external PostgreSQL; return the first operator's one-time link.

    Raises:
        RefusedError: the settings do not name both databases.
    """
    if not settings.database or not settings.keyring_database:
        msg = "Set UPHELD_DATABASE and UPHELD_KEYRING_DATABASE first. The embedded database is for demos only."
        raise RefusedError(msg)
    make_secrets(settings.secrets_folder)
    KeyFiles.create(settings)
    await _prepare(administrator, settings, finish=False)
    async with open_platform(settings, ["maintenance"]) as platform:
        await publish_notices(platform)
        return settings.address + await invite_operator(platform)


async def seed_demo(settings: Settings, administrator: str, progress: Callable[[int, int], None]) -> SignIns:
    """Fill an empty demo and keep its sign-ins; return them. A demo that has some is left alone.

    Args:
        settings: of the demo, naming its databases.
        administrator: its URL, with `{database}` for the name.
        progress: told how many candidates, of how many, have played their part.
    """
    if (settings.var / "sign-ins").exists():
        return read_sign_ins(settings)
    from upheld.main.demo.past import past  # noqa: PLC0415 - of the demo alone, as the next
    from upheld.main.demo.seed import seed  # noqa: PLC0415 - makes PDFs with the extra `demo`

    _half_seeded(settings).touch()
    # Whoever leaves in the story is still here when it is told, however short the grace is from then on.
    told = replace(settings, erasure_grace=max(settings.erasure_grace, _STORY_GRACE))
    async with (
        past(administrator.format(database=DATABASE)) as clock,
        open_platform(told, _SEED_ROLES, clock) as platform,
    ):
        await publish_notices(platform)
        sign_ins = await seed(platform, clock, settings.demo_people, progress)
    path = settings.var / "sign-ins"
    write_private(path, msgspec.json.encode(sign_ins))
    _half_seeded(settings).unlink()
    return sign_ins


def read_sign_ins(settings: Settings) -> SignIns:
    """Return the demo's sign-ins.

    Raises:
        NotFoundError: there is no demo in this folder.
    """
    path = settings.var / "sign-ins"
    if not path.exists():
        msg = f"There is no demo in {settings.var}. `upheld run` makes one."
        raise NotFoundError(msg)
    return msgspec.json.decode(path.read_bytes(), type=SignIns)


@contextmanager
def alone_in(folder: Path) -> Generator[None]:
    """Hold a folder; the kernel lets go of it however this process ends."""
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = f"Upheld is running in {folder} already. Stop it first, or set UPHELD_VAR to another folder."
            raise ConflictError(msg) from None
        yield


def _half_seeded(settings: Settings) -> Path:
    """Return the file that is there while a demo is being seeded, and only then."""
    return settings.var / "seeding"


async def _prepare(administrator: str, settings: Settings, *, finish: bool) -> None:
    await install(administrator, settings)
    await migrate(settings, finish=finish)
