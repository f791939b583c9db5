"""One real PostgreSQL for a test run, and databases cut from a migrated template."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from upheld.platform.embedded import EmbeddedPostgres
from upheld.platform.install import install, make_secrets
from upheld.platform.keyfiles import KeyFiles
from upheld.platform.migrations import migrate
from upheld.platform.settings import Settings

_TEMPLATE, _KEYRING_TEMPLATE = "template_upheld", "template_keyring"
_DATA_ROLES = "migrator, gate, web, worker, maintenance, support, auditor, backup"


class Cluster:
    """A running server with migrated template databases.

    Roles belong to the cluster, so their passwords are the same in every deployment.
    """

    def __init__(self, folder: Path, *, spares_the_disk: bool = True) -> None:
        """Take a folder of the test run's own.

        Args:
            folder: where the server lives.
            spares_the_disk: whether the server goes on before what it wrote has reached the disk;
                what is measured has to wait.
        """
        self.folder = folder
        self.spares_the_disk = spares_the_disk
        self.server = EmbeddedPostgres(folder / "postgres")
        self._numbers = count(1)

    def start(self) -> None:
        """Start the server and build the templates from the migrations."""
        self.server.start()
        settings = self._settings(self.folder / "template", _TEMPLATE, _KEYRING_TEMPLATE)
        make_secrets(settings.secrets_folder)

        async def build() -> None:
            if self.spares_the_disk:
                await _spare_the_disk(self.administrator)
            await install(self.administrator, settings)
            await migrate(settings, finish=True)

        asyncio.run(build())

    def stop(self) -> None:
        """Stop the server."""
        self.server.stop()

    @asynccontextmanager
    async def changed(self, name: str, content: str) -> AsyncGenerator[None]:
        """Put another file of the server's in force for as long as the block lasts."""
        path = self.server.data / name
        before = path.read_text()
        path.write_text(content)
        try:
            await self._reload()
            yield
        finally:
            path.write_text(before)
            await self._reload()

    async def _reload(self) -> None:
        """Let the server read its files again; return when whoever connects finds it so."""
        before = await self._loaded_at(and_again=True)
        while await self._loaded_at() == before:  # noqa: ASYNC110 - the event is in another process
            await asyncio.sleep(0.02)

    async def _loaded_at(self, *, and_again: bool = False) -> object:
        admin = await asyncpg.connect(self.administrator.format(database="postgres"))
        try:
            at = await admin.fetchval("select pg_conf_load_time()")
            if and_again:
                await admin.execute("select pg_reload_conf()")
            return at
        finally:
            await admin.close()

    @property
    def administrator(self) -> str:
        """URL of the administrator, with `{database}` for the name."""
        return f"postgresql://postgres:{self.server.password}@/{{database}}?host={self.server.sockets}"

    async def deploy(self, **chosen: Any) -> Settings:
        """Cut a new deployment: databases of its own, keys and objects of its own.

        Args:
            chosen: settings that differ from those of a test (`Settings` fields).
        """
        number = next(self._numbers)
        name, keyring = f"upheld_{number}", f"keyring_{number}"
        admin = await asyncpg.connect(self.administrator.format(database="postgres"))
        try:
            for new, old, roles in (
                (name, _TEMPLATE, _DATA_ROLES),
                (keyring, _KEYRING_TEMPLATE, "migrator, vault, backup"),
            ):
                await admin.execute(f"create database {new} template {old} strategy file_copy owner owner")
                await admin.execute(f"revoke all on database {new} from public")
                await admin.execute(f"grant connect on database {new} to {roles}")
        finally:
            await admin.close()
        settings = replace(self._settings(self.folder / f"deployment-{number}", name, keyring), **chosen)
        KeyFiles.create(settings)
        return settings

    async def drop(self, settings: Settings) -> None:
        """Give up the databases of a deployment: a run has well over a thousand, of 20 MB each."""
        admin = await asyncpg.connect(self.administrator.format(database="postgres"))
        try:
            for database in (settings.database, settings.keyring_database):
                name = urlsplit(database).path.removeprefix("/")
                await admin.execute(f"drop database if exists {name} with (force)")
        finally:
            await admin.close()

    def _settings(self, var: Path, database: str, keyring: str) -> Settings:
        base = f"postgresql:///{{}}?host={self.server.sockets}"
        return Settings(
            var=var,
            secrets=self.folder / "secrets",
            database=base.format(database),
            keyring_database=base.format(keyring),
            bcrypt_cost=10,  # the floor: tests sign in often
            erasure_grace=timedelta(0),
            proof_every=timedelta(0),  # only where a test is about them
            demo=True,
            controller="Test Operator",
            contact="privacy@example.org",
        )


@contextmanager
def running_cluster(folder: Path) -> Generator[Cluster]:
    """Run a cluster for as long as the block lasts."""
    cluster = Cluster(folder)
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()


async def _spare_the_disk(administrator: str) -> None:
    """Let the server not wait for the disk: what a test kills is a process, and never the machine."""
    connection = await asyncpg.connect(administrator.format(database="postgres"))
    try:
        for setting in ("fsync", "full_page_writes"):
            await connection.execute(f"alter system set {setting} = off")
        await connection.execute("select pg_reload_conf()")
    finally:
        await connection.close()
