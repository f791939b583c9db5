"""edge.database: how we reach the database, whom it lets in, and what we ship for that."""

import ipaddress
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import asyncpg
import msgspec

from upheld.features.trust import store
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.catalog import RUNTIME_ROLES
from upheld.features.trust.scene import Scene
from upheld.platform.database import Database, Role
from upheld.platform.install import LOGIN_ROLES, sql, url
from upheld.platform.reach import is_here, tls_for
from upheld.platform.settings import Settings, SettingsError

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

SHIPPED = "pg_hba.conf"
_LAX = ("disable", "allow", "prefer", "require", "verify-ca")
_TLS = {"TLSv1.2", "TLSv1.3"}


class Line(msgspec.Struct, frozen=True):
    """A line that says whom the server lets in."""

    line_number: int
    kind: str
    address: str
    netmask: str
    method: str
    error: str | None = None

    @property
    def is_wide(self) -> bool:
        """Whether it names no network in particular."""
        return self.address == "all" or self.netmask in {"0.0.0.0", "::"}  # noqa: S104 - a mask that holds nobody off, nothing is bound

    @property
    def is_loopback(self) -> bool:
        """Whether it is about the server's own machine."""
        try:
            return self.address == "samehost" or ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            return False


@probe(privilege="logs in as every role", cost="a connection and a query for each role")
async def connections(scene: Scene) -> Finding:
    """Have the server say how each role is connected: on this machine, or over TLS that we verify."""
    faults: list[str] = []
    ways: dict[str, str] = {}
    for role in RUNTIME_ROLES:
        base = scene.settings.keyring_database if role == "vault" else scene.settings.database
        try:
            async with scene.connected(cast("Role", role)) as connection:
                rows = await connection.fetch(store.QUERIES["own_connections"].sql)
        except SettingsError as error:
            faults.append(f"{role}: {error.message}")
            continue
        if not rows:
            msg = "The server does not show this role its own connections (pg_stat_ssl)."
            raise CannotLookError(msg)
        ways[role] = f"{len(rows)} {'on this machine' if is_here(base) else 'over ' + rows[0]['version']}"
        if not is_here(base):
            faults += [f"{role}: {fault}" for row in rows if (fault := fault_of(row["encrypted"], row["version"]))]
    return judged(faults, connections=ways)


def fault_of(encrypted: bool, version: str) -> str | None:  # noqa: FBT001 - a column of the server's own view
    """Return what is wrong with a connection to another machine, as its server sees it."""
    if not encrypted:
        return "the server sees no TLS on a connection from another machine"
    return None if version in _TLS else f"the server sees {version}"


@probe(privilege="none", cost="opens no connection")
async def refused(scene: Scene) -> Finding:
    """Start against databases and keyrings elsewhere, with less than verified TLS asked for: each is refused."""
    tries: dict[str, tuple[Role, Settings]] = {}
    for mode in _LAX:
        base = f"postgresql://db.example.org/upheld?sslmode={mode}"
        tries[f"a database with sslmode={mode}"] = ("web", replace(scene.settings, database=base))
        tries[f"a keyring with sslmode={mode}"] = ("vault", replace(scene.settings, keyring_database=base))
    faults = [what for what, (role, settings) in tries.items() if await _starts(settings, role)]
    tls = tls_for("postgresql://db.example.org/upheld")
    if tls is None or not tls.check_hostname or tls.verify_mode.name != "CERT_REQUIRED":
        faults.append("a database elsewhere need not prove who it is")
    return judged(faults, tried=len(tries))


async def _starts(settings: Settings, role: Role) -> bool:
    """Whether the pools open, which connect to nothing before they are used."""
    try:
        async with Database.open(settings, [role]):
            return True
    except SettingsError:
        return False


@probe(
    privilege="an administrator who may read pg_hba_file_rules",
    cost="two queries, and a wrong password for each role",
)
async def admits(scene: Scene) -> Finding:
    """Read whom the servers let in, and try to get in as every role with a wrong password."""
    faults: list[str] = []
    counted: dict[str, int] = {}
    own = scene.database_files is not None
    for keyring in (False, True):
        which = "keyring" if keyring else "data"
        async with scene.as_administrator(keyring=keyring) as connection:
            lines = await _lines(connection)
            listens = await connection.fetchval(store.QUERIES["listens_on"].sql)
        counted[which] = len(lines)
        faults += [f"{which}, {fault}" for line in lines for fault in faults_of(line, own=own)]
        faults += [f"{which}: listens on {listens}"] if own and listens else []
    faults += [f"{role} gets in with a wrong password" for role in LOGIN_ROLES if await _gets_in(scene, role)]
    return judged(sorted(set(faults)), lines=counted, embedded=own, wrong_passwords=len(LOGIN_ROLES))


async def _lines(connection: "Connection") -> list[Line]:
    try:
        rows = await connection.fetch(store.QUERIES["admission_rules"].sql)
    except asyncpg.InsufficientPrivilegeError:
        msg = "This administrator may not read pg_hba_file_rules."
        raise CannotLookError(msg) from None
    return [msgspec.convert(dict(row), Line) for row in rows]


async def _gets_in(scene: Scene, role: str) -> bool:
    base = scene.settings.keyring_database if role == "vault" else scene.settings.database
    try:
        connection = await asyncpg.connect(url(base, role, "a wrong password"), ssl=tls_for(base))
    except asyncpg.InvalidAuthorizationSpecificationError:
        return False
    await connection.close()
    return True


@probe(privilege="none", cost="reads one file")
async def shipped(scene: Scene) -> Finding:  # noqa: ARG001 - it is the same for every deployment
    """Read the example we ship for a server elsewhere: it admits TLS with a password, and ends with a refusal."""
    lines = lines_of(sql(SHIPPED))
    faults = [fault for line in lines for fault in faults_of(line, own=False)]
    kinds = {line.kind for line in lines if line.method == "reject" and line.address in {"", "all"}}
    faults += [f"nobody is refused in the end over {kind}" for kind in ("local", "host") if kind not in kinds]
    return judged(faults, lines=len(lines))


def lines_of(text: str) -> list[Line]:
    """Read the lines of a pg_hba.conf that has neither quotes nor inclusions."""
    found: list[Line] = []
    for number, content in enumerate(text.splitlines(), 1):
        kind, *fields = content.partition("#")[0].split() or [""]
        if kind:
            address, method = ("", fields[2]) if kind == "local" else (fields[2], fields[3])
            network, _, length = address.partition("/")
            mask = "0.0.0.0" if length == "0" else length  # noqa: S104 - a mask, nothing is bound
            found.append(Line(number, kind, network, mask, method))
    return found


def faults_of(line: Line, *, own: bool) -> list[str]:
    """Return what is wrong with a line, of our own embedded server or of one elsewhere."""
    where = f"line {line.line_number}"
    if line.error:
        return [f"{where}: {line.error}"]
    if line.method == "reject":
        return []
    if own:
        good = line.kind == "local" and line.method == "scram-sha-256"
        return [] if good else [f"{where}: {line.kind} by {line.method}"]
    if line.kind == "local":
        return [] if line.method in {"scram-sha-256", "peer"} else [f"{where}: local by {line.method}"]
    faults = [] if line.method in {"scram-sha-256", "cert"} else [f"{where}: {line.kind} by {line.method}"]
    if line.kind != "hostssl" and not line.is_loopback:
        faults.append(f"{where}: {line.kind} admits connections without TLS")
    if line.is_wide:
        faults.append(f"{where}: admits every network")
    return faults
