"""An owner asks the members for a passkey or an app: who is kept out of what, until when, and who is not."""

from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from tests.features.factors.steps import sets_up_an_app, signs_in
from tests.features.tokens.test_tokens import asked, made
from tests.support.deployment import Browser, Deployment, text_of
from tests.support.hiring import OWNER, acting_in, colleague, employer, new_job
from tests.support.inviting import invite, link_to

pytestmark = pytest.mark.anyio
GRACE, HEDY = "grace@example.org", "hedy@example.org"
ROOM = "/hiring/organisation/sign-in"

NOTHING = {
    "an organisation to act for": "select 1 where upheld.current_organisation() is not null",
    "a standing": "select 1 where upheld.current_standing() is not null",
    "permissions": "select 1 where upheld.current_permissions() is not null",
    "candidates": "select 1 where upheld.hiring_organisation() is not null",
    "jobs before they are public": "select 1 from upheld.jobs where status = 'draft'",
    "colleagues": "select 1 from upheld.colleagues()",
    "invitations": "select 1 from upheld.open_invitations()",
    "roles": "select 1 from upheld.roles",
    "offers of ownership": "select 1 from upheld.ownership_offers",
    "the rule itself": "select 1 from upheld.factor_rules",
    "who has a factor": "select 1 from upheld.factors_of_colleagues()",
    "applications": "select 1 from upheld.applications",
    "to change the organisation": "update upheld.organisations set website = null returning 1",
    "to change jobs": "update upheld.jobs set title = title returning 1",
    "to change roles": "update upheld.roles set name = name returning 1",
}
"""What a member who is kept out finds none of, asking as the role `web` does, past every page."""


async def _asks(browser: Browser, **fields: str) -> httpx.Response:
    return await browser.form(ROOM, **{"grace": "7", **fields})


async def _day_comes(deployment: Deployment) -> None:
    """Let a week and a day have passed since an owner asked."""
    past = "update upheld.factor_rules set required_at = required_at - {0}, starts_at = starts_at - {0}"
    connection = await deployment.administrator()
    try:
        await connection.execute(past.format("interval '8 days'"))
    finally:
        await connection.close()


async def _told(deployment: Deployment, statement: str) -> list[Any]:
    connection = await deployment.administrator()
    try:
        return [row[0] for row in await connection.fetch(statement)]
    finally:
        await connection.close()


async def _found(deployment: Deployment, browser: Browser, wanted: dict[str, str]) -> set[str]:
    """Return what somebody finds any of, in the context of their session, on a bare connection of `web`."""
    found: set[str] = set()
    async with deployment.connected("web") as connection:
        for what, statement in wanted.items():
            async with connection.transaction():
                await connection.execute("select upheld.open_context($1)", deployment.secret_of(browser))
                found |= {what} if await connection.fetch(statement) else set()
    return found


async def _does(deployment: Deployment, browser: Browser, statement: str) -> Any:
    async with deployment.connected("web") as connection, connection.transaction():
        await connection.execute("select upheld.open_context($1)", deployment.secret_of(browser))
        return await connection.fetchval(statement)


async def test_an_owner_without_a_factor_of_their_own_cannot_ask_for_one(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        page = await owner.get(ROOM)
        assert "to your own account first" in page.text
        assert 'name="grace"' not in page.text
        refused = await _asks(owner)
        assert refused.status_code == httpx.codes.CONFLICT
        assert "you would keep yourself out" in refused.text
        assert await _does(deployment, owner, "select upheld.require_factor('7 days')") is None
        assert await _told(deployment, "select 1 from upheld.factor_rules") == []


async def test_members_are_told_and_have_time_and_owners_see_who_has_one(deployment: Deployment) -> None:
    async with employer(deployment) as owner, colleague(deployment, owner, GRACE, "manager") as grace:
        await sets_up_an_app(owner)
        for wrong in ("31", "-1", "soon", ""):
            assert "from 0 to 30" in (await _asks(owner, grace=wrong)).text, wrong
        page = await _asks(owner)
        assert "Members who have none yet are told by mail" in page.text
        assert "1 member has neither yet" in page.text
        ((days,),) = await _told(deployment, "select array[starts_at - required_at] from upheld.factor_rules")
        assert days == timedelta(days=7)
        desk = await grace.get("/hiring")
        assert desk.url.path == "/hiring"
        assert "You have neither yet." in desk.text
        assert "You have neither yet." not in (await owner.get("/hiring")).text
        assert "lets members in with a passkey" in (await grace.get("/hiring/organisation")).text
        assert (await grace.get(ROOM)).status_code == httpx.codes.NOT_FOUND, "it is the owners' room"
        await deployment.work()
        mail = deployment.mails(GRACE)[-1]
        assert "asks you for a passkey or an app" in mail["subject"]
        assert "/account/security" in text_of(mail)
        html = mail.get_body(("html",))
        assert html is not None
        assert "/account/security" in html.get_content()
        assert not [one for one in deployment.mails(OWNER) if "asks you for" in one["subject"]]
        assert await _told(
            deployment, "select details from upheld.audit_entries where action = 'organisation.factor_required'"
        ) == ['{"days": 7}']


async def test_from_that_day_on_a_member_without_one_is_kept_out_until_they_add_one(deployment: Deployment) -> None:
    async with employer(deployment) as owner, colleague(deployment, owner, GRACE, "manager") as grace:
        await new_job(deployment, owner)
        await sets_up_an_app(owner)
        await _asks(owner)
        before = await _found(deployment, grace, NOTHING)
        assert before >= {"permissions", "colleagues", "a standing", "the rule itself", "to change jobs"}
        await _day_comes(deployment)
        assert await _found(deployment, grace, NOTHING) == set()
        for path in ("/hiring", "/hiring/jobs/new", "/hiring/organisation", "/hiring/organisation/members"):
            page = await grace.get(path)
            assert page.url.path == "/organisations/closed", path
            assert "Harbour &amp; Sons asks its members for more than a password" in page.text
            assert "/account/security" in page.text
        sent = await grace.form("/hiring/organisation/edit", name="Mine", website="")
        assert sent.url.path == "/organisations/closed"
        assert "keeps its pages closed" in (await grace.get("/home")).text
        assert "Harbour" in (await owner.get("/hiring")).text
        await sets_up_an_app(grace)
        assert await _found(deployment, grace, NOTHING) == before
        assert (await grace.get("/hiring")).url.path == "/hiring"
        assert (await grace.get("/organisations/closed")).url.path == "/hiring"
    async with deployment.browser() as elsewhere:
        await signs_in(elsewhere, GRACE)
        assert (await elsewhere.get("/hiring")).url.path == "/sign-in", "nor does the password alone get her there"


async def test_other_organisations_and_the_account_itself_are_not_touched(deployment: Deployment) -> None:
    async with employer(deployment) as owner, deployment.person(HEDY) as hedy:
        await hedy.form("/organisations/new", name="Hedy Works", website="")
        async with acting_in(deployment, hedy) as acting:
            own = acting.organisation_id
        await sets_up_an_app(owner)
        await _asks(owner, grace="0")
        await invite(owner, HEDY, "manager")
        await hedy.post(f"{await link_to(deployment, HEDY)}/accept")
        closed = await hedy.get("/hiring")
        assert closed.url.path == "/organisations/closed", "who joins later is asked from the first visit on"
        assert await _found(deployment, hedy, NOTHING) == set()
        ((at, whose),) = await _told(
            deployment,
            "select array[e.organisation_id, m.organisation_id] from upheld.audit_entries as e"
            " inner join upheld.members as m on e.actor_id = m.person_id and m.invitation_id is not null"
            " where e.action = 'invitation.accepted'",
        )
        assert at == whose, "what they accepted is written down as the organisation's all the same"
        assert (await hedy.get("/account")).status_code == httpx.codes.OK
        there = await hedy.form("/organisations/switch", organisation_id=str(own))
        assert there.url.path == "/hiring"
        assert "Hedy Works" in there.text
        assert {"permissions", "a standing"} <= await _found(deployment, hedy, NOTHING)
        back = await hedy.form("/organisations/switch", organisation_id=str(whose))
        assert back.url.path == "/organisations/closed"


async def test_an_owner_who_removes_their_last_factor_is_kept_out_like_anybody_and_comes_back_the_same_way(
    deployment: Deployment,
) -> None:
    async with employer(deployment) as owner:
        await sets_up_an_app(owner)
        await _asks(owner, grace="0")
        await owner.post("/account/security/app/remove")
        assert (await owner.get(ROOM)).url.path == "/organisations/closed"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await _does(deployment, owner, "select upheld.lift_factor_rule()")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await _does(deployment, owner, "select upheld.require_factor('30 days')")
        await sets_up_an_app(owner)
        lifted = await owner.post(f"{ROOM}/lift")
        assert "It is asked for no longer" in lifted.text
        assert "with a password alone" in lifted.text


async def test_programs_and_invitations_of_whoever_is_kept_out_rest_as_well(deployment: Deployment) -> None:
    async with employer(deployment) as owner, colleague(deployment, owner, GRACE, "manager") as grace:
        await new_job(deployment, owner)
        ours, mine = await made(grace, "hiring:jobs:read"), await made(grace, "profile:read")
        await invite(grace, HEDY, "manager")
        link = await link_to(deployment, HEDY)
        await sets_up_an_app(owner)
        assert (await asked(deployment, ours, "/api/hiring/jobs")).status_code == httpx.codes.OK
        await _asks(owner, grace="0")
        refused = await asked(deployment, ours, "/api/hiring/jobs")
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:upheld:problem:factor-needed")
        async with deployment.connected("web") as connection, connection.transaction():
            opened = await connection.fetchrow(
                "select organisation_id, role, permissions from upheld.open_token_context($1, 'hiring:jobs:read')",
                ours.encode(),
            )
            assert tuple(opened) == (None, None, None)
            assert await connection.fetch("select 1 from upheld.jobs where status = 'draft'") == []
        assert (await asked(deployment, mine, "/api/profile")).status_code == httpx.codes.OK
        async with deployment.person(HEDY) as hedy:
            assert (await hedy.get(link)).status_code == httpx.codes.NOT_FOUND
            assert (await hedy.post(f"{link}/accept")).status_code == httpx.codes.NOT_FOUND
            await sets_up_an_app(grace)
            assert "Accept" in (await hedy.get(link)).text
        assert (await asked(deployment, ours, "/api/hiring/jobs")).status_code == httpx.codes.OK


async def test_the_database_lets_only_an_owner_who_has_just_proven_themselves_ask_or_stop_asking(
    deployment: Deployment,
) -> None:
    async with employer(deployment) as owner, colleague(deployment, owner, GRACE, "manager") as grace:
        for browser in (owner, grace):
            await sets_up_an_app(browser)
        for act in ("upheld.require_factor('0 days')", "upheld.lift_factor_rule()"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await _does(deployment, grace, f"select {act}")
        for days in ("-1 days", "31 days"):
            with pytest.raises(asyncpg.CheckViolationError):
                await _does(deployment, owner, f"select upheld.require_factor('{days}')")
        await _asks(owner, grace="30")
        for forbidden in (
            "delete from upheld.factor_rules",
            "update upheld.factor_rules set starts_at = now() + interval '9 days'",
            "insert into upheld.factor_rules (organisation_id, starts_at) values (gen_random_uuid(), now())",
            "update upheld.sessions set strength = 'passkey'",
            "select upheld.has_factor(upheld.current_person())",
            "select upheld.is_held_back(upheld.current_organisation(), upheld.current_person())",
            "select upheld.queue_factor_rule(gen_random_uuid(), upheld.current_person(), '\\x00', '\\x00')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await _does(deployment, owner, forbidden)
        assert await _does(deployment, grace, "select count(*) from upheld.factors_of_colleagues()") == 0
        await deployment.proofs_grow_old()
        for act in ("upheld.require_factor('0 days')", "upheld.lift_factor_rule()"):
            with pytest.raises(asyncpg.PostgresError) as stale:
                await _does(deployment, owner, f"select {act}")
            assert stale.value.sqlstate == "UH001"
        await _asks(owner, grace="0")
        ((days,),) = await _told(deployment, "select array[starts_at - required_at] from upheld.factor_rules")
        assert days == timedelta(days=30), "the page asks for a proof first"
