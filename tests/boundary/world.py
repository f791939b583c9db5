"""Two organisations, two candidates, and the contexts that an attacker may hold."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from tests.support.cluster import Cluster
from tests.support.deployment import Browser, Deployment, deployed
from tests.support.hiring import (
    GONE_ON,
    acting_in,
    apply_for,
    candidate,
    employ,
    employer,
    new_job,
    pdf,
    upload,
)
from tests.support.inviting import invite, link_to
from tests.support.leaving import ask_to_leave
from upheld.platform.install import url
from upheld.platform.vault import PLATFORM, KeyRef

NOBODY = "nobody"
STAFF = {"mona": "manager", "ivan": "interviewer", "ines": "owner", "cleo": "custom"}
CLERK = UUID(int=7)
"""The role that Harbour has made for itself: it manages jobs and grants roles, and sees no applications."""


@dataclass
class World:
    """A deployment with people in it, their browsers, ids, and the secrets that open their contexts."""

    deployment: Deployment
    browsers: dict[str, Browser]
    ids: dict[str, str]
    secrets: dict[str, bytes]

    async def attack(self, role: str, who: str, *statements: str) -> tuple[str | None, list[Any]]:
        """Run statements in one transaction of a role and a person; return SQLSTATE or the last rows.

        Whatever happens is undone: each attack finds the same world.
        """
        opening = "open_job_context" if role == "worker" else "open_context"
        async with self.deployment.connected(role) as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                if who != NOBODY:
                    await connection.fetch(f"select upheld.{opening}($1)", self.secrets[who])
                rows: list[Any] = []
                for statement in statements:
                    rows = await connection.fetch(statement.format(**self.ids))
            except asyncpg.PostgresError as error:
                return error.sqlstate, []
            else:
                return None, rows
            finally:
                await transaction.rollback()


@asynccontextmanager
async def peopled(cluster: Cluster) -> AsyncGenerator[World]:
    """Yield a world: Olga hires at Harbour and Petra at Pier, Ada applies to the one and Ben to the other.

    Harbour has a manager, Mona, an interviewer, Ivan, and Cleo in a role of Harbour's own; it has invited
    Ada, who has not answered. Nora has an organisation and Ines is an
    owner of Harbour; neither has accepted fair use. Olaf operates the deployment.
    """
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        deployment = await enter(deployed(cluster, erasure_grace=timedelta(minutes=10)))
        olga = await enter(employer(deployment, "olga@example.com", "Harbour & Sons"))
        petra = await enter(employer(deployment, "petra@example.com", "Pier Works"))
        nora = await enter(deployment.person("nora@example.com"))
        await nora.form("/organisations/new", name="North Sheds", website="")
        staff = {name: await enter(deployment.person(f"{name}@example.com")) for name in (*STAFF, "olaf")}
        ada = await enter(candidate(deployment, "ada@example.org"))
        ben = await enter(candidate(deployment, "ben@example.org"))
        browsers = {"olga": olga, "petra": petra, "nora": nora, **staff, "ada": ada, "ben": ben}
        ids, opened = await _applied(deployment, browsers)
        ids["bens_receipt"] = (await ask_to_leave(ben)).rsplit("/", 1)[1]
        await invite(olga, "ada@example.org", "manager")
        ids["invitation_token"] = (await link_to(deployment, "ada@example.org")).rsplit("/", 1)[1]
        world = World(deployment, browsers, ids, opened)
        await _find(world)
        yield world


async def _applied(deployment: Deployment, browsers: dict[str, Browser]) -> tuple[dict[str, str], dict[str, bytes]]:
    """Post jobs, send applications; return every id and every session's secret by name."""
    ids: dict[str, str] = {}
    opened: dict[str, bytes] = {}
    for name, browser in browsers.items():
        opened[name] = deployment.secret_of(browser)
        async with acting_in(deployment, browser) as acting:
            ids[name] = str(acting.person_id)
            if acting.organisation_id:
                ids[f"org_of_{name}"] = str(acting.organisation_id)
    for employer_name, candidate_name in (("olga", "ada"), ("petra", "ben")):
        job_id = await new_job(deployment, browsers[employer_name])
        ids[f"job_of_{employer_name}"] = str(job_id)
        document = await upload(deployment, browsers[candidate_name], "resume.pdf", pdf("Jane Roe", "Boat builder"))
        ids[f"document_of_{candidate_name}"] = str(document.id)
        sent = await apply_for(browsers[candidate_name], job_id, document=str(document.id))
        ids[f"application_of_{candidate_name}"] = str(sent)
    ids["another_job_of_olga"] = str(await new_job(deployment, browsers["olga"], "Sail maker"))
    return ids, opened


async def _find(world: World) -> None:
    """Look up, as the administrator, what the attacker is supposed to have guessed; plant secrets of work."""
    admin = await world.deployment.administrator()
    try:
        await _employ(admin, world.ids)
        await admin.execute("analyze")  # so that there are samples to steal
        pending = "select id from upheld.invitations where state = 'pending'"
        world.ids["invitation_of_ada"] = str(await admin.fetchval(pending))
        for name, person in (("ada", world.ids["ada"]), ("ben", world.ids["ben"])):
            secret = world.secrets[name]
            mine = await admin.fetchval("select id from upheld.sessions where secret_hash = sha256($1)", secret)
            world.ids[f"session_of_{name}"] = str(mine)
            world.ids[f"token_of_{name}"] = str(await _token(admin, world, UUID(person)))
        world.ids["erasure_of_ben"] = str(await admin.fetchval("select id from upheld.erasures"))
        world.ids["bens_receipt_hash"] = (await admin.fetchval("select receipt_hash from upheld.erasures")).hex()
        for kind in ("account", "application", "fair-use"):
            found = await admin.fetchval("select id from upheld.notices where kind = $1 and language = 'en'", kind)
            world.ids[f"notice_of_{kind.replace('-', '_')}"] = str(found)
        world.ids["passkey_of_ada"] = await _passkey(admin, world, UUID(world.ids["ada"]))
        for who in ("ada", "ben"):
            await _identity(admin, world, UUID(world.ids[who]))
        world.ids["message_of_ben"] = await _waiting_mail(admin, world, UUID(world.ids["ben"]))
        for duty, person in (("mail", "ada"), ("erasure", "ben")):
            secret = secrets.token_bytes(32)
            world.secrets[f"{duty} for {person}"] = secret
            world.ids[f"secret_of_{duty}"] = secret.hex()
            await admin.execute(
                "insert into upheld.job_secrets (secret_hash, person_id, duty, expires_at)"
                " values (sha256($1), $2, $3, now() + interval '1 hour')",
                secret,
                UUID(world.ids[person]),
                duty,
            )
        await admin.execute(GONE_ON)
    finally:
        await admin.close()


async def _token(admin: Any, world: World, person: UUID) -> UUID:
    """Plant an access token, which somebody's program holds."""
    vault, token = world.deployment.platform.vault, uuid4()
    whose = KeyRef(person, PLATFORM, "account")
    sealed = await vault.seal(whose, "access_tokens", token, {"label_sealed": "a report"})
    await admin.execute(
        "insert into upheld.access_tokens (id, person_id, label_sealed, secret_hash, scopes, expires_at)"
        " values ($1, $2, $3, $4, '{profile:read}', now() + interval '1 day')",
        token, person, sealed["label_sealed"], secrets.token_bytes(32),
    )  # fmt: skip
    return token


async def _employ(admin: Any, ids: dict[str, str]) -> None:
    """Make the staff members of Harbour and Olaf an operator."""
    harbour = UUID(ids["org_of_olga"])
    await admin.execute(
        "insert into upheld.roles (id, organisation_id, name, permissions)"
        " values ($1, $2, 'Clerk', '{job:manage,role:grant}')", CLERK, harbour,
    )  # fmt: skip
    ids["role_of_olga"] = str(CLERK)
    for name, role in STAFF.items():
        await employ(admin, harbour, UUID(ids[name]), role, CLERK if role == "custom" else None)
    await admin.execute(
        "insert into upheld.fair_use_acceptances (organisation_id, person_id, notice_id)"
        " select $1, who, n.id from unnest($2::uuid[]) as who, upheld.notices as n"
        " where n.kind = 'fair-use' and n.language = 'en'",
        harbour,
        [UUID(ids["mona"]), UUID(ids["ivan"]), UUID(ids["cleo"])],
    )
    await admin.execute("insert into upheld.operators (person_id) values ($1)", UUID(ids["olaf"]))


async def _passkey(admin: Any, world: World, person: UUID) -> str:
    passkey, key = uuid4(), KeyRef(person, PLATFORM, "account")
    sealed = await world.deployment.platform.vault.seal(key, "passkeys", passkey, {"name_sealed": "A key"})
    await admin.execute(
        "insert into upheld.passkeys (id, person_id, credential_id, public_key, sign_count, name_sealed)"
        " values ($1, $2, sha256('passkey of ada'), '\\x01', 0, $3)",
        passkey,
        person,
        sealed["name_sealed"],
    )
    return str(passkey)


async def _identity(admin: Any, world: World, person: UUID) -> None:
    """Plant who somebody is at another site."""
    identity, key = uuid4(), KeyRef(person, PLATFORM, "account")
    sealed = await world.deployment.platform.vault.seal(key, "identities", identity, {"subject_sealed": "somebody"})
    await admin.execute(
        "insert into upheld.identities (id, person_id, issuer, subject_index, subject_sealed)"
        " values ($1, $2, 'https://id.example', $3, $4)",
        identity,
        person,
        b"\x01" + secrets.token_bytes(32),
        sealed["subject_sealed"],
    )


async def _waiting_mail(admin: Any, world: World, person: UUID) -> str:
    message, key = uuid4(), KeyRef(person, PLATFORM, "messages")
    vault = world.deployment.platform.vault
    sealed = await vault.seal(key, "messages", message, {"parameters_sealed": "{}"})
    await admin.execute(
        "insert into upheld.messages (id, person_id, kind, parameters_sealed)"
        " values ($1, $2, 'accounts/verify-address', $3)",
        message,
        person,
        sealed["parameters_sealed"],
    )
    return str(message)


def keyring_of(world: World, role: str) -> str:
    """Return the URL with which a role of the data would try the keyring."""
    settings = world.deployment.settings
    return url(settings.keyring_database, role, settings.secret(role))
