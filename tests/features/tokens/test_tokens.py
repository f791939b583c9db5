"""Personal access tokens: made on a page, shown once, and what the database lets them do."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest

from tests.support.deployment import Browser, Deployment, text_of
from tests.support.hiring import ADA, candidate, employer
from upheld.features.accounts.actions import end_sessions_of
from upheld.platform.limits import count
from upheld.platform.limits.rules import REQUESTS_PER_TOKEN, UNKNOWN_TOKENS_PER_ADDRESS
from upheld.platform.web import bearer

pytestmark = pytest.mark.anyio
OK, UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 200, 401, 403, 404
MINE = ("profile:read", "applications:read")
OURS = ("hiring:jobs:read", "hiring:applications:read", "hiring:activity:read")
EVEN_THE_LAST_OWNER = (
    "alter table upheld.members disable trigger user; {}; alter table upheld.members enable trigger user"
)
"""Lets the administrator do what no role of ours can: leave an organisation without an owner."""


async def made(browser: Browser, *scopes: str, label: str = "a report", days: str = "90") -> str:
    """Make a token on the page; return it as the page shows it."""
    answer = await browser.form("/tokens/new", label=label, days=days, **dict.fromkeys(scopes, "yes"))
    found = re.search(rf"{bearer.PREFIX}\w+", answer.text)
    assert found is not None, answer.text
    return found[0]


@asynccontextmanager
async def program(deployment: Deployment, token: str) -> AsyncGenerator[httpx.AsyncClient]:
    """Yield a program that sends a token, and nothing of what browsers send."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=deployment.app, client=("192.0.2.7", 50000)),
        base_url=deployment.settings.address,
        headers={"authorization": f"Bearer {token}"},
    ) as client:
        yield client


async def asked(deployment: Deployment, token: str, path: str = "/api/token") -> httpx.Response:
    async with program(deployment, token) as client:
        return await client.get(path)


async def changed(deployment: Deployment, statement: str, *args: object) -> str:
    administrator = await deployment.administrator()
    try:
        return await administrator.execute(statement, *args)
    finally:
        await administrator.close()


async def test_a_token_is_shown_once_and_kept_as_a_hash(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        token = await made(browser, *MINE, label="Report on my laptop")
        page = await browser.get("/tokens")
        assert "Report on my laptop" in page.text
        assert token not in page.text
        assert "Never used." in page.text
        administrator = await deployment.administrator()
        row: Any = await administrator.fetchrow("select * from upheld.access_tokens")
        await administrator.close()
        assert token.encode() not in b"".join(value for value in row.values() if isinstance(value, bytes))
        assert b"laptop" not in row["label_sealed"]
        assert (await asked(deployment, token)).json()["scopes"] == [*MINE]
        assert "Last used on" in (await browser.get("/tokens")).text
    await deployment.work()
    told = text_of(deployment.mails(ADA)[-1])
    assert "Report on my laptop" in told
    assert token not in told


async def test_a_token_can_be_recognised_by_whoever_looks_for_leaked_secrets() -> None:
    tokens = {bearer.new_token() for _ in range(200)}
    assert len(tokens) == 200
    for token in tokens:
        assert re.fullmatch(r"upheld_pat_[0-9A-Za-z]{49}", token)
        assert bearer.secret_of(token) == token.encode()
        swapped = token[:20] + ("a" if token[20] != "a" else "b") + token[21:]
        for wrong in (swapped, token[:-1], token + "0", token.replace("_pat_", "_key_"), token.upper(), "", "é" * 60):
            assert bearer.secret_of(wrong) is None


async def test_a_token_reads_what_it_was_made_for_and_nothing_else(deployment: Deployment) -> None:
    async with candidate(deployment) as browser:
        profile, applications = await made(browser, "profile:read"), await made(browser, "applications:read")
    paths = ("/api/profile", "/api/applications", "/api/hiring/jobs", "/api/hiring/applications")
    for token, allowed in ((profile, "/api/profile"), (applications, "/api/applications")):
        for path in paths:
            answer = await asked(deployment, token, path)
            assert answer.status_code == (OK if path == allowed else FORBIDDEN), path
            if path != allowed:
                assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
                assert answer.headers["content-type"] == "application/problem+json"
    assert (await asked(deployment, profile, "/api/profile")).json()["full_name"] == "Ada Okafor"


async def test_without_a_token_that_works_the_api_answers_nothing_personal(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        await made(browser, *MINE)
        session = await browser.get("/api/profile")
        assert (session.status_code, session.headers["www-authenticate"]) == (UNAUTHORIZED, "Bearer")
    for token in (bearer.new_token(), "upheld_pat_x", ""):
        answer = await asked(deployment, token, "/api/profile")
        assert answer.status_code == UNAUTHORIZED
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_a_token_opens_no_page_and_changes_nothing(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        token = await made(browser, *MINE)
        cookies = browser.cookies
        async with program(deployment, token) as client:
            for path in ("/", "/home", "/profile", "/tokens", "/sign-in", "/privacy/export"):
                answer = await client.get(path)
                assert answer.status_code == FORBIDDEN, path
            assert (await client.post("/tokens/new", data={"label": "x", "days": "7"})).status_code == FORBIDDEN
            client.cookies = cookies
            both = await client.get("/home")
            assert both.status_code == FORBIDDEN, "a token beside a session opens no page either"
            assert (await client.post("/api/profile", headers={"sec-fetch-site": "none"})).status_code == 405


async def test_under_a_token_nothing_is_written(deployment: Deployment) -> None:
    """Whatever statement a program could smuggle in: the database refuses to change a row, but for the trace."""
    async with deployment.person(ADA) as browser:
        token = (await made(browser, *MINE)).encode()
    administrator = await deployment.administrator()
    tables = await administrator.fetch(
        "select c.relname, has_table_privilege('web', c.oid, 'insert') or has_any_column_privilege('web', c.oid,"
        " 'insert') as adds, has_any_column_privilege('web', c.oid, 'update') as changes,"
        " has_table_privilege('web', c.oid, 'delete') as removes,"
        " (select attname from pg_attribute as a where a.attrelid = c.oid and a.attnum > 0"
        "  and has_column_privilege('web', c.oid, a.attname, 'update') limit 1) as col"
        " from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname = 'upheld' and c.relkind = 'r'"
    )
    triggers = await administrator.fetch(
        "select tgrelid::regclass::text as tab from pg_trigger"
        " where tgname = 'tokens_change_nothing' and tgenabled = 'O'"
    )
    await administrator.close()
    traced = {"audit_entries", "access_journal", "limit_counters"}
    assert {row["tab"].removeprefix("upheld.") for row in triggers} == {row["relname"] for row in tables} - traced
    statements = [f"delete from upheld.{row['relname']}" for row in tables if row["removes"]]  # noqa: S608 - names of the catalog
    statements += [f"update upheld.{row['relname']} set {row['col']} = null" for row in tables if row["col"]]  # noqa: S608 - names of the catalog
    statements += [f"insert into upheld.{row['relname']} select" for row in tables if row["adds"]]
    statements += [
        "select upheld.found_organisation(gen_random_uuid(), 'Mine', null)",
        "select upheld.queue_message(gen_random_uuid(), upheld.current_person(), 'a/b', 'x', 'x')",
        "select upheld.add_access_token(gen_random_uuid(), 'x', sha256('x'), array['profile:read'], '1 day')",
        "update upheld.access_tokens set revoked_at = now()",
    ]
    assert len(statements) > 20
    async with deployment.connected("web") as connection:
        for statement in statements:
            async with connection.transaction():
                await connection.fetch("select * from upheld.open_token_context($1, 'profile:read')", token)
                with pytest.raises(asyncpg.PostgresError) as refused:
                    async with connection.transaction():
                        await connection.execute(statement)
            # Not granted to anybody, wanting a fresh proof, or not for tokens: `insert … select` names no column.
            assert refused.value.sqlstate in {"42501", "UH001", "42601"}, statement


async def test_a_context_of_a_token_cannot_become_a_session(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        token = (await made(browser, *MINE)).encode()
    async with deployment.connected("web") as connection, connection.transaction():
        await connection.fetch("select * from upheld.open_token_context($1, 'profile:read')", token)
        assert await connection.fetchval("select upheld.current_session()") is None
        renamed = "replace(current_setting('upheld.context'), 'token', 'session')"
        for forged, outcome in ((renamed, "28000"), ("'1|session|x|y'", "22P02"), ("''", "UPDATE 0")):
            assert await _tried_as(connection, forged) == outcome


async def _tried_as(connection: Any, context: str) -> str:
    """Return what came of a change under a context that somebody wrote over a token's."""
    try:
        async with connection.transaction():
            await connection.fetch(f"select set_config('upheld.context', {context}, true)")
            return await connection.execute("update upheld.people set language = 'hi'")
    except asyncpg.PostgresError as error:
        return str(error.sqlstate)


@pytest.mark.parametrize(
    "ending",
    [
        "update upheld.access_tokens set revoked_at = now()",
        "update upheld.access_tokens set created_at = now() - interval '2 days', expires_at = now()",
        EVEN_THE_LAST_OWNER.format("delete from upheld.members"),
        EVEN_THE_LAST_OWNER.format("delete from upheld.people"),
    ],
    ids=["revoked", "too old", "no longer a member", "account erased"],
)
async def test_a_token_ends_with_the_next_request(deployment: Deployment, ending: str) -> None:
    async with employer(deployment) as owner:
        token = await made(owner, *OURS)
    assert (await asked(deployment, token, "/api/hiring/jobs")).status_code == OK
    await changed(deployment, ending)
    assert (await asked(deployment, token, "/api/hiring/jobs")).status_code == UNAUTHORIZED


async def test_a_token_ends_in_the_middle_of_a_transaction(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        token = (await made(browser, *MINE)).encode()
    assert (await asked(deployment, token.decode())).status_code == OK, "its use was noted; this minute it is not again"
    async with deployment.connected("web") as connection, connection.transaction():
        await connection.fetch("select * from upheld.open_token_context($1, 'profile:read')", token)
        assert await connection.fetchval("select count(*) from upheld.people") == 1
        await changed(deployment, "update upheld.access_tokens set revoked_at = now() where revoked_at is null")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await connection.fetchval("select count(*) from upheld.people")


async def test_an_operator_who_ends_somebodys_sessions_ends_their_tokens_too(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada, deployment.person("ben@example.org") as ben:
        tokens = [await made(one, *MINE) for one in (ada, ben)]
        await end_sessions_of(deployment.platform, None, ADA)
        assert [(await asked(deployment, token)).status_code for token in tokens] == [UNAUTHORIZED, OK]


async def test_its_person_revokes_a_token_and_nobody_else_can(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser, deployment.person("ben@example.org") as other:
        token = await made(browser, *MINE)
        answer = await browser.get("/tokens")
        path = re.search(r"/tokens/[0-9a-f-]{36}/revoke", answer.text)
        assert path is not None
        assert (await other.get(path[0])).status_code == NOT_FOUND
        assert (await other.post(path[0])).status_code == NOT_FOUND
        assert (await asked(deployment, token)).status_code == OK
        assert "cannot be taken back" in (await browser.get(path[0])).text
        assert "Revoked. The next request" in (await browser.post(path[0])).text
        assert (await asked(deployment, token)).status_code == UNAUTHORIZED
        assert (await browser.post(path[0])).status_code == NOT_FOUND


async def test_what_is_wrong_with_a_wish_is_said_and_nothing_is_lost(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        for fields, said in (
            ({"label": "", "days": "90", "profile:read": "yes"}, "Give it a name"),
            ({"label": "mine", "days": "90"}, "Choose at least one thing"),
            ({"label": "mine", "days": "9000", "profile:read": "yes"}, "Choose how long"),
            ({"label": "mine", "days": "90", "profile:read": "yes", OURS[0]: "yes"}, "Make one for each"),
        ):
            answer = await owner.post("/tokens/new", data=fields)
            assert answer.status_code == 422
            assert said in answer.text
            assert f'value="{fields["label"]}"' in answer.text
        assert "No token yet" in (await owner.get("/tokens")).text


async def test_the_database_makes_a_token_for_a_fresh_proof_alone(deployment: Deployment) -> None:
    making = (
        "select upheld.add_access_token(gen_random_uuid(), 'x', sha256($1), array['profile:read'], $2::text::interval)"
    )
    async with deployment.person(ADA) as browser, deployment.connected("web") as connection:
        secret = deployment.secret_of(browser)
        for proven, lives, outcome in (
            ("0 minutes", "90 days", None),
            ("0 minutes", "367 days", "23514"),
            ("11 minutes", "90 days", "UH001"),
        ):
            await changed(deployment, f"update upheld.sessions set proven_at = now() - interval '{proven}'")  # noqa: S608 - constants
            try:
                async with connection.transaction():
                    await connection.fetch("select * from upheld.open_context($1)", secret)
                    await connection.fetchval(making, lives.encode(), lives)
                said = None
            except asyncpg.PostgresError as error:
                said = error.sqlstate
            assert said == outcome


async def test_the_form_is_for_a_fresh_proof_alone(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        await changed(deployment, "update upheld.sessions set proven_at = now() - interval '11 minutes'")
        wish = {"label": "a report", "days": "7", "profile:read": "yes"}
        answer = await browser.post("/tokens/new", data=wish)
        assert bearer.PREFIX not in answer.text
        assert 'type="password"' in answer.text
        assert "No token yet" in (await browser.get("/tokens")).text


async def test_twenty_tokens_are_the_most(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        for number in range(20):
            await made(browser, *MINE, label=f"number {number}")
        answer = await browser.form("/tokens/new", label="one more", days="7", **{"profile:read": "yes"})
        assert answer.status_code == 409
        assert "20 access tokens" in answer.text


async def test_a_token_has_limits_of_its_own(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        token, other = await made(browser, *MINE), await made(browser, *MINE)
    for limit, subject in ((REQUESTS_PER_TOKEN, token), (UNKNOWN_TOKENS_PER_ADDRESS, "192.0.2.7")):
        async with deployment.platform.database.attempt() as tx:
            for _ in range(limit.at_most):
                await count(tx, deployment.platform, limit, subject)
    refused = await asked(deployment, token)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert refused.headers["content-type"] == "application/problem+json"
    assert (await asked(deployment, bearer.new_token())).status_code == 429
    assert (await asked(deployment, other)).status_code == OK, "others behind the address go on"
