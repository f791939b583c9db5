"""Setting up a deployment: `upheld run` for a demo, `upheld init` for a real one."""

import asyncio


from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from upheld.platform.embedded import EmbeddedPostgres
from upheld.platform.install import DATABASE, KEYRING, install, make_secrets
from upheld.platform.keyfiles import KeyFiles
from upheld.platform.migrations import migrate
from upheld.platform.settings import Settings

Say = Callable[[str], None]


@contextmanager
def embedded(settings: Settings, say: Say) -> Iterator[Settings]:
    """Start the embedded PostgreSQL for as long as the block runs; yield settings that name it.

    The names of the databases also go into the environment, for the processes started next.
    """
    server = EmbeddedPostgres(settings.var / "postgres")
    say("Starting the embedded PostgreSQL")
    server.start()
    try:
        base = f"postgresql:///{{}}?host={server.sockets}"
        named = replace(settings, database=base.format(DATABASE), keyring_database=base.format(KEYRING))
        make_secrets(named.secrets_folder)
        KeyFiles.create(named)
        say("Preparing roles, databases and schema")
        administrator = f"postgresql://postgres:{server.password}@/{{database}}?host={server.sockets}"
        asyncio.run(_prepare(administrator, named))
        yield named
    finally:
        server.stop()


async def _prepare(administrator: str, settings: Settings) -> None:
    await install(administrator, settings)
    await migrate(settings)
