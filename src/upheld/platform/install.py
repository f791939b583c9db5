"""Installing: roles with their passwords, the two databases, the schema.

Run once as an administrator of the cluster. Passwords reach the server as SCRAM verifiers
(RFC 5802), so that no log or statistics view ever holds one in the clear.
"""

import base64
import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from urllib.parse import quote, urlsplit

import asyncpg

from upheld.kit.errors import UnavailableError
from upheld.platform import naming
from upheld.platform.private import write_private
from upheld.platform.reach import tls_for
from upheld.platform.settings import Settings

log = logging.getLogger("upheld.install")

LOGIN_ROLES = ("migrator", "gate", "web", "worker", "maintenance", "support", "auditor", "vault", "backup")
DATABASE, KEYRING = "upheld", "keyring"
KEYRING_ROLES = ("migrator", "vault", "backup")
DATA_ROLES = tuple(role for role in LOGIN_ROLES if role != "vault")


class InstallError(UnavailableError):
    """The databases could not be set up."""

    code = "install"


def make_secrets(folder: Path) -> None:
    """Write a random password for every role that has none yet."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for role in LOGIN_ROLES:
        path = folder / role
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32).encode())


def scram_verifier(password: str) -> str:
    """Return what PostgreSQL stores for a password, so that the password need not travel."""
    salt, rounds = secrets.token_bytes(16), 4096
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored = hashlib.sha256(client).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    b64 = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${rounds}:{b64[0]}${b64[1]}:{b64[2]}"


async def install(administrator: str, settings: Settings) -> None:
    """Make roles and databases as `administrator` (a URL with `{database}` for the name).

    Safe to repeat: what exists is kept, passwords are set to those in the secrets folder.

    Raises:
        InstallError: the server is older than PostgreSQL 18.
        SettingsError: the URL asks for less than full verification of a remote server.
    """
    database, keyring = database_name(settings.database), database_name(settings.keyring_database)
    base = administrator.format(database="postgres")
    admin = await asyncpg.connect(base, ssl=tls_for(base))
    try:
        if admin.get_server_version().major < 18:  # noqa: PLR2004 - the one version we build for
            msg = "Upheld needs PostgreSQL 18 or newer; this server is older."
            raise InstallError(msg)
        await admin.execute(sql("roles.sql"))
        for role in LOGIN_ROLES:
            await admin.execute(naming.set_password(role, scram_verifier(settings.secret(role))))
        for name in (database, keyring):
            if not await admin.fetchval("select true from pg_database where datname = $1", name):
                await admin.execute(naming.make_database(name))
        await let_in(admin, database, DATA_ROLES)
        await let_in(admin, keyring, KEYRING_ROLES)
    finally:
        await admin.close()
    for name in (database, keyring):
        await harden(administrator.format(database=name))


# Functions that PostgreSQL lets everyone call, and that serve an application nothing: large
# objects, which have no row security, and ending connections of the same role.
_HARDEN = """
do $$
declare
    one regprocedure;
begin
    for one in
        select p.oid from pg_catalog.pg_proc as p
        where p.pronamespace = 'pg_catalog'::regnamespace
        and (p.proname ~ '^lo_|^lo(read|write)$' or p.proname in ('pg_terminate_backend', 'pg_cancel_backend'))
    loop
        execute format('revoke execute on function %s from public', one);
    end loop;
end
$$
"""


async def harden(base: str) -> None:
    """Take from everyone what only a superuser can take away; an administrator who is none leaves it."""
    admin = await asyncpg.connect(base, ssl=tls_for(base))
    try:
        if await admin.fetchval("select rolsuper from pg_roles where rolname = current_user"):
            await admin.execute(_HARDEN)
        else:
            log.warning("The administrator is no superuser: large objects and pg_terminate_backend stay open.")
    finally:
        await admin.close()


async def let_in(admin: "asyncpg.Connection[asyncpg.Record]", database: str, roles: Iterable[str]) -> None:
    """Let these roles connect to a database, and nobody else."""
    await admin.execute(naming.shut_out(database))
    for role in roles:
        await admin.execute(naming.let_in(database, role))


def database_name(base: str) -> str:
    """Return the name of the database in a URL.

    Raises:
        InstallError: the URL names none, or a name that would need quoting.
    """
    name = urlsplit(base).path.removeprefix("/")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        msg = "A database URL ends in a name of small letters, digits and underscores, like postgresql://host:5432/upheld."
        raise InstallError(msg)
    return name


def renamed(base: str, name: str) -> str:
    """Return the URL of another database on the same server."""
    scheme, rest = base.split("://", 1)
    place, _, path = rest.partition("/")
    _, mark, query = path.partition("?")
    return f"{scheme}://{place}/{name}{mark}{query}"


def sql(*path: str) -> str:
    """Return one file of `upheld/database`."""
    return resources.files("upheld.database").joinpath(*path).read_text()


def url(base: str, role: str, password: str) -> str:
    """Return a database URL with role and password filled in.

    Raises:
        InstallError: no database is configured.
    """
    if "://" not in base:
        msg = (
            "UPHELD_DATABASE is not set. For a demo, `upheld run` takes care of everything; `upheld init` is for real."
        )
        raise InstallError(msg)
    scheme, rest = base.split("://", 1)
    return f"{scheme}://{role}:{quote(password, safe='')}@{rest}"
