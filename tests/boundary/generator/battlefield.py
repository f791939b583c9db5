"""The world that is attacked: people, their contexts, rows of others in every table, and a witness."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from tests.boundary.generator.holdings import Caller, Holdings, held
from tests.boundary.generator.witness import watch
from tests.boundary.world import NOBODY, World
from upheld.platform.install import database_name, url
from upheld.platform.settings import Settings

_TABLES = """
select schemaname || '.' || tablename from pg_tables
where schemaname !~ '^pg_' and schemaname not in ('information_schema', 'witness') order by 1
"""

# One row of somebody else's where the world has none, and a job that is not published.
_PLANTS = (
    "insert into upheld.operators (person_id) values ('{petra}')",
    """insert into upheld.factor_rules (organisation_id, starts_at) select id, now() + interval '1 hour'
    from upheld.organisations where id in ('{org_of_olga}', '{org_of_petra}')""",
    """insert into upheld.ownership_offers (organisation_id, person_id, offered_by, steps_down, expires_at)
    values ('{org_of_olga}', '{mona}', '{olga}', false, now() + interval '1 hour')""",
    "insert into upheld.operator_invitations values (sha256('invitation'), now() + interval '1 hour')",
    "insert into upheld.email_verifications values (sha256('link'), '{ben}', now() + interval '1 hour')",
    "insert into upheld.authenticator_apps (person_id, secret_sealed) values ('{ben}', sha256('app'))",
    """insert into upheld.passkeys (id, person_id, credential_id, public_key, sign_count, name_sealed)
    values (gen_random_uuid(), '{ben}', sha256('passkey'), sha256('key'), 0, sha256('name'))""",
    "insert into upheld.recovery_codes (code_hash, person_id) values (sha256('code'), '{ben}')",
    """insert into upheld.half_open_sign_ins (secret_hash, person_id, strength, expires_at)
    values (sha256('sign-in'), '{ben}', 'password', now() + interval '1 hour')""",
    """insert into upheld.passkey_challenges (challenge_hash, purpose, sign_in_hash, expires_at)
    values (sha256('challenge'), 'second-factor', sha256('sign-in'), now() + interval '1 hour')""",
    """insert into upheld.departures (state_hash, browser_hash, provider, purpose, expires_at)
    values (sha256('state'), sha256('browser'), 'work', 'enter', now() + interval '1 hour')""",
    """insert into upheld.account_links (token_hash, person_id, purpose, expires_at)
    values (sha256('reset'), '{ben}', 'reset', now() + interval '1 hour')""",
    """insert into upheld.access_journal (person_id, viewer_id, organisation_id, application_id, part) values
    ('{ben}', '{petra}', '{org_of_petra}', '{application_of_ben}', 'application'),
    ('{ada}', '{olga}', '{org_of_olga}', '{application_of_ada}', 'application')""",
    """insert into upheld.jobs (id, organisation_id, title, description, employment_type, location, country)
    select gen_random_uuid(), o.id, 'canary-' || left(md5(o.id::text), 12),
    'canary-' || left(md5(o.id::text), 12) || repeat(' not published', 3), 'full-time', 'Bristol', 'GB'
    from upheld.organisations as o where o.id in ('{org_of_olga}', '{org_of_petra}')""",
    "insert into upheld.runs (report) values (jsonb_build_object('signature', 'canary-0a0b0c0d0e0f'))",
    "insert into queue.pgqueuer_schedules (expression, entrypoint) values ('* * * * *', 'tidy')",
    "insert into queue.pgqueuer_statistics (count, priority, status, entrypoint) values (1, 0, 'successful', 'mail')",
    "insert into queue.pgqueuer_log (job_id, status, priority, entrypoint) values (1, 'successful', 0, 'mail')",
    """insert into upheld.limit_counters (subject, taken_at, expires_at)
    values (sha256('limit'), array[now()], now() + interval '1 hour')""",
)

OPENING = {"web": "select 1 from upheld.open_context($1)", "worker": "select upheld.open_job_context($1)"}


@dataclass
class Battlefield:
    """A database under attack, who attacks it, and whose every row in it is."""

    settings: Settings
    administrator_url: str
    callers: list[Caller]
    secrets: dict[str, bytes]
    ids: dict[str, str]
    holdings: Holdings
    tables: list[str]

    @asynccontextmanager
    async def connected(self, role: str) -> AsyncGenerator[Any]:
        """Yield a connection of a login role, as injected SQL would have it."""
        base = url(self.settings.database, role, self.settings.secret(role))
        connection = await asyncpg.connect(base, statement_cache_size=0, command_timeout=120)
        try:
            yield connection
        finally:
            connection.terminate()

    @asynccontextmanager
    async def administrated(self) -> AsyncGenerator[Any]:
        """Yield a connection of the administrator."""
        connection = await asyncpg.connect(
            self.administrator_url.format(database=database_name(self.settings.database))
        )
        try:
            yield connection
        finally:
            await connection.close()

    async def open(self, connection: Any, caller: Caller) -> None:
        """Begin a transaction in a caller's context."""
        await connection.execute("begin")
        await connection.execute("set local statement_timeout = '5s'; set local lock_timeout = '200ms'")
        if caller.person is not None:
            await connection.fetch(OPENING[caller.role], self.secrets[caller.who])

    @asynccontextmanager
    async def stolen(self, caller: Caller) -> AsyncGenerator[dict[str, str]]:
        """Yield sealed contexts of others: of a transaction that is over, and of one that runs elsewhere."""
        found: dict[str, str] = {}
        async with AsyncExitStack() as stack:
            if caller.role in OPENING:
                for name in ("over", "running"):
                    connection = await stack.enter_async_context(self.connected(caller.role))
                    await connection.execute("begin")
                    await connection.fetch(OPENING[caller.role], self.secrets[_victim(caller)])
                    found[name] = await connection.fetchval("select current_setting('upheld.context')")
                    if name == "over":
                        await connection.execute("rollback")
            yield found


def _victim(caller: Caller) -> str:
    if caller.role == "worker":
        return "mail for ada" if caller.who != "mail for ada" else "erasure for ben"
    return "ben" if caller.who != "ben" else "ada"


async def prepare(world: World) -> Battlefield:
    """Plant what the world lacks, put up the witness, and note whose every row is."""
    administrator = await world.deployment.administrator()
    await administrator.execute("set timezone = 'UTC'")
    try:
        for statement in _PLANTS:
            await administrator.execute(statement.format(**world.ids))
        tables = [row[0] for row in await administrator.fetch(_TABLES)]
        await watch(administrator, tables)
        await administrator.execute("analyze")
        holdings = await held(administrator, tables)
    finally:
        await administrator.close()
    return Battlefield(
        world.deployment.settings, world.deployment.cluster.administrator, callers_of(world.ids), dict(world.secrets),
        dict(world.ids), holdings, tables,
    )  # fmt: skip


def callers_of(ids: dict[str, str]) -> list[Caller]:
    """Return everyone who attacks: each login role, with and without a context that it may hold."""
    olga = ids["org_of_olga"]
    return [
        Caller("web", NOBODY),
        Caller("web", "ada", ids["ada"]),
        Caller("web", "ben", ids["ben"]),
        Caller("web", "olga", ids["olga"], olga, "owner", accepted=True),
        Caller("web", "ines", ids["ines"], olga, "owner"),
        Caller("worker", NOBODY),
        Caller("worker", "mail for ada", ids["ada"], standing="duty:mail"),
        Caller("worker", "erasure for ben", ids["ben"], standing="duty:erasure"),
        Caller("gate", NOBODY),
        Caller("maintenance", NOBODY),
        Caller("support", NOBODY),
        Caller("auditor", NOBODY),
    ]
