"""Whatever changes what a session may do, or what opens one, replaces its secret; nothing else does, none is lost."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
import pytest

from tests.features.factors.steps import adds_a_passkey, device, sets_up_an_app
from tests.features.tokens.test_tokens import MINE, made
from tests.support.deployment import PASSWORD, Browser, Deployment, hidden, text_of
from tests.support.hiring import OWNER, acting_in, colleague, employer
from tests.support.inviting import invite, link_to
from upheld.features.organisations.queries import colleagues
from upheld.platform.web.cookies import SESSION_COOKIE

pytestmark = pytest.mark.anyio
ADA, NEW, GRACE = "ada@example.org", "ada.new@example.org", "grace@example.org"
PROOF = {"own-password": PASSWORD}
MEMBERS, ROLES, ROOM = "/hiring/organisation/members", "/hiring/organisation/roles", "/hiring/organisation/sign-in"

MINUTE_LATER = "update upheld.sessions set former_until = former_until - interval '1 minute'"

AT_ONCE, NEXT, KEPT = "with the answer itself", "with the next answer", "kept"


@dataclass
class Watched:
    """A browser, and what became of its session's secret with each act."""

    browser: Browser
    seen: dict[str, str] = field(default_factory=dict[str, str])

    async def does(self, what: str, act: Awaitable[httpx.Response]) -> httpx.Response:
        """Act, and note whether the answer brought another secret."""
        answer = await act
        assert answer.is_success or what == "is wrong about the password", (what, answer.text)
        steps = [_brings_a_secret(one) for one in (*answer.history, answer)]
        self.seen[what] = AT_ONCE if steps[0] else NEXT if any(steps) else KEPT
        return answer

    async def meets(self, what: str, path: str = "/account") -> None:
        """Open a page after somebody else's act, and note the same."""
        brings = _brings_a_secret(await self.browser.get(path))
        self.seen[what] = NEXT if brings else KEPT


def _brings_a_secret(answer: httpx.Response) -> bool:
    return any(said.startswith(f"{SESSION_COOKIE}=") for said in answer.headers.get_list("set-cookie"))


@asynccontextmanager
async def late(deployment: Deployment, browser: Browser) -> AsyncGenerator[Browser]:
    """Yield a browser that shows what another one's cookie is now, whatever it is afterwards."""
    async with deployment.browser() as other:
        other.cookies.set(SESSION_COOKIE, browser.cookies[SESSION_COOKIE], domain="upheld.localhost")
        yield other


async def execute(deployment: Deployment, statement: str, *values: object) -> None:
    administrator = await deployment.administrator()
    try:
        await administrator.execute(statement, *values)
    finally:
        await administrator.close()


async def is_in(browser: Browser) -> bool:
    return (await browser.get("/account")).url.path == "/account"


async def founds(browser: Browser, name: str) -> httpx.Response:
    return await browser.form("/organisations/new", name=name, website="")


async def test_each_act_on_ones_own_account_replaces_the_secret_or_does_not(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        watched = Watched(ada)
        does = watched.does
        await does("reads a page", ada.get("/home"))
        await does("chooses a language", ada.form("/language", language="en"))
        await does("takes everything along", ada.post("/privacy/export"))
        await does("ends the other sessions", ada.post("/account/sessions/end-others"))
        await does("is wrong about the password", ada.form("/prove", **{"own-password": "wrong on purpose"}))
        await does("begins an app", ada.post("/account/security/app"))
        await does("asks for another address", ada.form("/account/address", email=NEW))
        await made(ada, *MINE)
        await does("revokes a token", ada.post(await _only_token(ada)))
        await does("proves who they are", ada.form("/prove", **PROOF))
        await does("adds a passkey", adds_a_passkey(ada, device(ada)))
        await does("adds an app", _confirms_an_app(ada))
        await does("makes new recovery codes", ada.post("/account/security/codes"))
        await does("removes a passkey", ada.post(await _only_passkey(ada)))
        await does("removes the app", ada.post("/account/security/app/remove"))
        await deployment.work()
        link = re.search(r"/address/[\w-]+", text_of(deployment.mails(NEW)[-1]))
        assert link is not None
        await does("opens the link to a new address", ada.get(link[0]))
        await does("confirms the new address", ada.post(f"/account{link[0]}"))
        change = {**PROOF, "new-password": "nine purple harbours", "end-others": "yes"}
        await does("changes the password", ada.form("/account/password", **change))
        assert await is_in(ada)
    assert watched.seen == {
        "reads a page": KEPT,
        "chooses a language": KEPT,
        "takes everything along": KEPT,
        "ends the other sessions": KEPT,
        "is wrong about the password": KEPT,
        "begins an app": KEPT,
        "asks for another address": KEPT,
        "revokes a token": KEPT,
        "proves who they are": AT_ONCE,
        "adds a passkey": AT_ONCE,
        "adds an app": AT_ONCE,
        "makes new recovery codes": AT_ONCE,
        "removes a passkey": AT_ONCE,
        "removes the app": AT_ONCE,
        "opens the link to a new address": KEPT,
        "confirms the new address": AT_ONCE,
        "changes the password": AT_ONCE,
    }


async def test_each_act_in_an_organisation_replaces_the_secret_or_does_not(deployment: Deployment) -> None:
    async with deployment.person(OWNER) as owner, deployment.person(GRACE) as grace:
        olga, hers = Watched(owner), Watched(grace)
        await olga.does("founds an organisation", founds(owner, "Harbour & Sons"))
        notice = hidden(await owner.get("/hiring/fair-use"), "notice")
        await olga.does("accepts fair use", owner.form("/hiring/fair-use", accept="yes", notice=notice))
        await olga.does("invites somebody", invite(owner, GRACE, "manager"))
        link = await link_to(deployment, GRACE)
        await hers.does("opens an invitation", grace.get(link))
        await hers.does("accepts an invitation", grace.post(f"{link}/accept"))
        role = await _made_role(olga)
        await _meets_what_the_owner_does(deployment, olga, hers, role)
        await olga.does(
            "offers ownership", owner.form(f"{MEMBERS}/{await _id(deployment, owner)}/own", then="step-down")
        )
        await hers.meets("is offered ownership")
        await hers.does("accepts ownership", grace.post("/hiring/organisation/own"))
        await olga.meets("steps down")
        home = await _organisation(deployment, owner)
        await olga.does("founds another organisation", founds(owner, "Pier"))
        await olga.does("acts for another one", owner.form("/organisations/switch", organisation_id=home))
        await olga.does("acts for the same one again", owner.form("/organisations/switch", organisation_id=home))
        await olga.does("leaves", owner.post("/organisations/leave"))
        assert await is_in(owner)
        assert await is_in(grace)
    assert olga.seen == {
        "founds an organisation": AT_ONCE,
        "accepts fair use": AT_ONCE,
        "invites somebody": KEPT,
        "makes a role": KEPT,
        "gives another role": KEPT,
        "changes what a role may do": AT_ONCE,  # every member is counted, whoever has the role
        "gives a role another name": KEPT,
        "offers ownership": KEPT,
        "steps down": NEXT,
        "founds another organisation": AT_ONCE,
        "acts for another one": AT_ONCE,
        "acts for the same one again": KEPT,
        "leaves": AT_ONCE,
    }
    assert hers.seen == {
        "opens an invitation": KEPT,
        "accepts an invitation": AT_ONCE,
        "is given another role": NEXT,
        "has a role that may do something else": NEXT,
        "has a role of another name": KEPT,
        "is offered ownership": KEPT,
        "accepts ownership": AT_ONCE,
    }


async def _meets_what_the_owner_does(deployment: Deployment, olga: Watched, hers: Watched, role: str) -> None:
    owner, grace_id = olga.browser, await _id(deployment, olga.browser)
    await olga.does("gives another role", owner.form(f"{MEMBERS}/{grace_id}/role", role=role))
    await hers.meets("is given another role")
    await olga.does(
        "changes what a role may do", owner.form(f"{ROLES}/{role}", **{"name": "Clerk", "member-invite": "yes"})
    )
    await hers.meets("has a role that may do something else")
    await olga.does(
        "gives a role another name", owner.form(f"{ROLES}/{role}", **{"name": "Host", "member-invite": "yes"})
    )
    await hers.meets("has a role of another name")


async def _made_role(olga: Watched) -> str:
    answer = await olga.does(
        "makes a role", olga.browser.form(f"{ROLES}/new", **{"name": "Clerk", "job-manage": "yes"})
    )
    found = re.search(rf"{ROLES}/([0-9a-f-]{{36}})", answer.text)
    assert found is not None, answer.text
    return found[1]


async def _id(deployment: Deployment, owner: Browser) -> str:
    async with acting_in(deployment, owner) as acting:
        return str(next(one.person_id for one in await colleagues(acting) if one.email == GRACE))


async def _organisation(deployment: Deployment, browser: Browser) -> str:
    async with acting_in(deployment, browser) as acting:
        return str(acting.organisation_id)


async def _confirms_an_app(browser: Browser) -> httpx.Response:
    answers: list[httpx.Response] = []

    async def noting(response: httpx.Response) -> None:
        answers.append(response)

    browser.event_hooks["response"].append(noting)
    await sets_up_an_app(browser)
    browser.event_hooks["response"].remove(noting)
    return answers[-1]


async def _only_token(browser: Browser) -> str:
    found = re.search(r"/tokens/[0-9a-f-]{36}/revoke", (await browser.get("/tokens")).text)
    assert found is not None
    return found[0]


async def _only_passkey(browser: Browser) -> str:
    found = re.search(r"/account/security/passkeys/[0-9a-f-]{36}/remove", (await browser.get("/account/security")).text)
    assert found is not None
    return found[0]


PLANTED: dict[str, tuple[Sequence[str], bool]] = {
    "members let in with a factor alone": (
        ["insert into upheld.factor_rules (organisation_id, starts_at) select id, now() from upheld.organisations"],
        True,
    ),
    "the same put off": (["update upheld.factor_rules set starts_at = starts_at + interval '1 day'"], True),
    "the same no longer": (["delete from upheld.factor_rules"], True),
    "an operator": (["insert into upheld.operators (person_id) select id from upheld.people"], True),
    "no operator any more": (["delete from upheld.operators"], True),
    "another site": (
        [
            (
                "insert into upheld.identities (id, person_id, issuer, subject_index, subject_sealed)"
                " select gen_random_uuid(), id, 'https://id.example', '\\x01' || sha256('x'), 'x' from upheld.people"
            )
        ],
        True,
    ),
    "another site, used": (["update upheld.identities set used_at = now()"], False),
    "no other site": (["delete from upheld.identities"], True),
    "no password": (["set constraints all deferred", "delete from upheld.credentials"], True),
    "fair use no longer accepted": (["delete from upheld.fair_use_acceptances"], True),
    "outside": (
        ["alter table upheld.members disable trigger an_organisation_keeps_an_owner", "delete from upheld.members"],
        True,
    ),
    "the index of an address under another key": (["update upheld.people set email_index = email_index"], False),
    "another language": (["update upheld.people set language = 'hi'"], False),
    "seen again": (["update upheld.sessions set last_seen_at = now()"], False),
}


async def test_every_change_is_counted_whoever_makes_it(deployment: Deployment) -> None:
    async with employer(deployment):
        administrator = await deployment.administrator()
        counted: dict[str, bool] = {}
        try:
            attempt = administrator.transaction()
            await attempt.start()
            for what, (statements, _) in PLANTED.items():
                before = await administrator.fetchval("select changes from upheld.people")
                for statement in statements:
                    await administrator.execute(statement)
                counted[what] = await administrator.fetchval("select changes from upheld.people") > before
            await attempt.rollback()
        finally:
            await administrator.close()
    assert counted == {what: is_counted for what, (_, is_counted) in PLANTED.items()}


async def test_two_tabs_that_press_at_the_same_time_lose_nothing(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        for turn in range(3):
            answers = await asyncio.gather(*(founds(ada, f"Harbour {turn} {tab}") for tab in range(2)))
            assert {answer.url.path for answer in answers} == {"/hiring/fair-use"}
            assert await is_in(ada)
        await execute(deployment, MINUTE_LATER)
        assert await is_in(ada), "what the browser kept is the newest secret"


async def test_a_former_secret_opens_for_a_minute_and_is_replaced_by_nothing(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada, late(deployment, ada) as tab:
        await founds(ada, "Harbour & Sons")
        for answer in (await tab.get("/account"), await tab.form("/organisations/new", name="Pier", website="")):
            assert answer.is_success
            assert not any(_brings_a_secret(one) for one in (*answer.history, answer))
        async with late(deployment, ada) as second:
            assert _brings_a_secret(await ada.get("/account")), "what the late tab did is the newer one's to be told"
            assert [await is_in(one) for one in (tab, second)] == [False, True], "one former secret there is, no more"
            assert await is_in(ada)
            await execute(deployment, MINUTE_LATER)
            assert not await is_in(second)
        assert await is_in(ada)


async def test_an_answer_that_is_lost_loses_no_session(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada, late(deployment, ada) as lost:
        form = {"name": "Harbour & Sons", "website": ""}
        assert _brings_a_secret(await lost.post("/organisations/new", data=form, follow_redirects=False))
        await execute(deployment, MINUTE_LATER)
        assert await is_in(ada), "nobody has shown the new secret: it may never have arrived"


async def test_where_a_session_is_looked_for_by_a_secret_an_index_is_used(deployment: Deployment) -> None:
    """Whoever shows a secret that opens nothing costs no walk through everybody's sessions."""
    administrator = await deployment.administrator()
    try:
        await administrator.execute("set role context_keeper")
        await administrator.execute("set enable_seqscan = off")
        for column in ("secret_hash", "former_hash"):
            plan = await administrator.fetch(f"explain select from upheld.sessions where {column} = sha256('x')")
            assert any(f"Index Cond: ({column} = " in line for (line,) in plan), plan
    finally:
        await administrator.close()


@pytest.mark.parametrize("ending", ["/prove", "/sign-out"])
async def test_nothing_is_left_of_a_former_secret_after_a_proof_or_the_end(deployment: Deployment, ending: str) -> None:
    async with deployment.person(ADA) as ada, late(deployment, ada) as tab:
        await founds(ada, "Harbour & Sons")
        assert await is_in(tab)
        assert (await ada.form(ending, **PROOF)).is_success
        assert not await is_in(tab)


async def test_others_sessions_of_the_same_person_go_on_as_well_and_nobody_elses(deployment: Deployment) -> None:
    async with (
        employer(deployment) as owner,
        colleague(deployment, owner, GRACE, "manager") as grace,
        deployment.signed_in(OWNER) as elsewhere,
    ):
        await grace.get("/account")
        await founds(owner, "Pier")
        assert _brings_a_secret(await elsewhere.get("/account"))
        assert not _brings_a_secret(await grace.get("/account"))


async def test_a_new_session_has_a_secret_of_its_moment(deployment: Deployment) -> None:
    async with employer(deployment), deployment.signed_in(OWNER) as newest:
        assert not _brings_a_secret(await newest.get("/account"))


async def test_who_gets_into_the_database_as_a_page_replaces_no_secret_that_they_do_not_hold(
    deployment: Deployment,
) -> None:
    async with deployment.person(ADA) as ada, deployment.connected("web") as connection:
        renew = "select upheld.renew_session($1, sha256('mine'))"
        secret = deployment.secret_of(ada)
        assert await connection.fetchval(renew, b"guessed") is None
        assert await connection.fetchval(renew, secret) is None, "none is due"
        for statement in (
            "update upheld.sessions set made_at_change = -1",
            "update upheld.sessions set secret_hash = sha256('mine')",
            "update upheld.sessions set former_hash = sha256('mine'), former_until = now() + '1 hour'",
            "update upheld.people set changes = 0",
            "select former_hash from upheld.sessions",
        ):
            async with _undone(connection):
                await connection.fetchval("select upheld.open_context($1)", secret)
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
        assert await is_in(ada)


@asynccontextmanager
async def _undone(connection: Any) -> AsyncGenerator[None]:
    attempt = connection.transaction()
    await attempt.start()
    try:
        yield
    finally:
        await attempt.rollback()
