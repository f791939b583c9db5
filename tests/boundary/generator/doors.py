"""Doors that ought to be locked: who is let into the cluster without a password."""

from typing import Any

import asyncpg

from upheld.platform.install import LOGIN_ROLES, database_name, url
from upheld.platform.settings import Settings

_RULES = (
    "select line_number, type, auth_method from pg_hba_file_rules where auth_method is distinct from 'scram-sha-256'"
)


async def open_doors(administrator: Any, settings: Settings) -> list[str]:
    """Return the lines that let somebody in without a password, and the roles that got in with a wrong one."""
    found = [
        f"pg_hba.conf, line {row['line_number']}: {row['type']} by {row['auth_method']}"
        for row in await administrator.fetch(_RULES)
    ]
    for role in LOGIN_ROLES:
        base = settings.keyring_database if role == "vault" else settings.database
        try:
            connection = await asyncpg.connect(url(base, role, "wrong"))
        except asyncpg.InvalidPasswordError:
            continue
        await connection.close()
        found.append(f"{role} enters {database_name(base)} with a wrong password")
    return found
