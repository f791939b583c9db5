"""Who is asked for a passkey or an app is told in time: before they join, before the day, and on the way out."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.features.factors.steps import sets_up_an_app
from tests.features.privacy.test_erasure import worker
from tests.support.deployment import Browser, Deployment, text_of
from tests.support.hiring import OWNER, acting_in, colleague, employer
from tests.support.inviting import invite, link_to
from upheld.features.organisations import jobs
from upheld.features.organisations.jobs import remind_of_factors
from upheld.main.worker import REMIND_AT
from upheld.platform.i18n import Words

pytestmark = pytest.mark.anyio
GRACE, HEDY, IVY = "grace@example.org", "hedy@example.org", "ivy@example.org"
ROOM, CLOSED, LEAVE = "/hiring/organisation/sign-in", "/organisations/closed", "/organisations/leave"
TO_DO = "/account/security"
_WORKER = """
import asyncio
from upheld.main.worker import work
from upheld.platform.mail import FolderMail
from upheld.platform.settings import Settings

settings = Settings.read()
asyncio.run(work(settings, FolderMail(settings.var / "mail")))
"""
TOLD = "select factor_by from upheld.invitation_by_token($1)"


@asynccontextmanager
async def _asking(deployment: Deployment, days: int) -> AsyncGenerator[Browser]:
    """Yield the browser of an owner who asks the members for a factor, after some days."""
    async with employer(deployment) as owner:
        await sets_up_an_app(owner)
        asked = await owner.form(ROOM, grace=str(days))
        assert "Members who have none yet are told by mail" in asked.text
        yield owner


async def _administer(deployment: Deployment, statement: str, *values: object) -> list[Any]:
    connection = await deployment.administrator()
    try:
        return [tuple(row) for row in await connection.fetch(statement, *values)]
    finally:
        await connection.close()


async def _days_pass(deployment: Deployment, days: int) -> None:
    times = ("required_at", "starts_at", "told_at")
    past = ", ".join(f"{one} = {one} - make_interval(days => {days})" for one in times)
    await _administer(deployment, f"update upheld.factor_rules set {past}")  # noqa: S608 - names from the line above


async def _day(deployment: Deployment) -> str:
    """Return from which day on a factor is asked for, as pages and mails in English write it."""
    ((starts_at,),) = await _administer(deployment, "select starts_at from upheld.factor_rules")
    return Words("en").day(starts_at)


async def _does(deployment: Deployment, browser: Browser, statement: str, *values: object) -> Any:
    async with deployment.connected("web") as connection, connection.transaction():
        await connection.execute("select upheld.open_context($1)", deployment.secret_of(browser))
        return await connection.fetchval(statement, *values)


async def _members(deployment: Deployment) -> int:
    return (await _administer(deployment, "select count(*)::integer from upheld.members"))[0][0]


def _reminders(deployment: Deployment, address: str) -> list[EmailMessage]:
    """Return the mails that name the organisation; whoever joined later was written to about nothing else of it."""
    return [mail for mail in deployment.mails(address) if "Harbour" in mail["subject"]]


async def _speaks(deployment: Deployment, person: UUID, language: str) -> None:
    await _administer(deployment, "update upheld.people set language = $2 where id = $1", person, language)


async def test_an_invitation_says_beforehand_what_is_asked_for_and_the_first_page_what_to_do(
    deployment: Deployment,
) -> None:
    async with _asking(deployment, 7) as owner, deployment.person(HEDY) as hedy:
        await invite(owner, HEDY, "manager")
        link, day = await link_to(deployment, HEDY), await _day(deployment)
        shown = await hedy.get(link)
        assert f"From {day} on, Harbour &amp; Sons lets members in with a passkey" in shown.text
        assert TO_DO in shown.text
        assert "to do by then" not in shown.text
        welcome = await hedy.post(f"{link}/accept")
        assert welcome.url.path == "/hiring/organisation"
        assert "You belong to Harbour &amp; Sons now" in welcome.text
        assert f"Before {day}: add a passkey or an app for codes" in welcome.text
        assert TO_DO in welcome.text


async def test_where_the_day_has_come_accepting_leads_to_what_is_to_be_done(deployment: Deployment) -> None:
    async with _asking(deployment, 0) as owner, deployment.person(HEDY) as hedy:
        await invite(owner, HEDY, "manager")
        link = await link_to(deployment, HEDY)
        assert "A password alone is not enough." in (await hedy.get(link)).text
        welcome = await hedy.post(f"{link}/accept")
        assert welcome.url.path == CLOSED
        assert "Welcome. You belong to Harbour &amp; Sons now." in welcome.text
        assert "Welcome" not in (await hedy.get(CLOSED)).text


async def test_whoever_has_shown_a_factor_is_told_that_nothing_is_left_to_do(deployment: Deployment) -> None:
    async with _asking(deployment, 0) as owner, deployment.person(HEDY) as hedy:
        await invite(owner, HEDY, "manager")
        link = await link_to(deployment, HEDY)
        await sets_up_an_app(hedy)
        assert "there is nothing more to do" in (await hedy.get(link)).text
        assert (await hedy.post(f"{link}/accept")).url.path == "/hiring/organisation"


async def test_only_whom_an_invitation_is_for_is_told_what_the_organisation_asks(deployment: Deployment) -> None:
    async with _asking(deployment, 7) as owner, deployment.person(HEDY) as hedy, deployment.person(GRACE) as grace:
        await invite(owner, HEDY, "manager")
        link = await link_to(deployment, HEDY)
        token = UUID(link.rsplit("/", 1)[1]).bytes
        async with deployment.browser() as stranger:
            for other in (stranger, grace):
                page = await other.get(link)
                assert "Harbour &amp; Sons" in page.text
                assert TO_DO not in page.text
        async with deployment.connected("web") as connection:
            assert await connection.fetchval(TOLD, token) is None
        assert await _does(deployment, grace, TOLD, token) is None
        assert await _does(deployment, hedy, TOLD, token) is not None
        for browser in (hedy, grace):
            assert await _does(deployment, browser, "select count(*) from upheld.factor_rules") == 0
        unproven = "update upheld.people set verified_at = null where id <> (select person_id from upheld.members)"
        await _administer(deployment, unproven)
        assert await _does(deployment, hedy, TOLD, token) is None


async def test_a_member_who_is_kept_out_leaves_by_themselves_after_a_fresh_proof(deployment: Deployment) -> None:
    async with (
        _asking(deployment, 7) as owner,
        colleague(deployment, owner, GRACE, "manager") as grace,
        colleague(deployment, owner, HEDY, "manager"),
    ):
        await _days_pass(deployment, 8)
        assert LEAVE in (await grace.get(CLOSED)).text
        asked = await grace.get(LEAVE)
        assert "Leave Harbour &amp; Sons?" in asked.text
        await deployment.proofs_grow_old()
        assert "Is it you?" in (await grace.post(LEAVE)).text
        with pytest.raises(asyncpg.PostgresError) as stale:
            await _does(deployment, grace, "select upheld.end_membership(upheld.current_person())")
        assert stale.value.sqlstate == "UH001"
        assert await _members(deployment) == 3
        await _administer(deployment, "update upheld.sessions set proven_at = upheld.clock_now()")
        home = await grace.post(LEAVE)
        assert home.url.path == "/home", home.text
        assert "You have left the organisation." in home.text, home.text
        assert await _members(deployment) == 2
        left = "select target_id = organisation_id from upheld.audit_entries where action = 'member.left'"
        assert await _administer(deployment, left) == [(True,)], "it is written down as the organisation's"
        assert (await grace.get(CLOSED)).url.path != CLOSED
        assert (await grace.post(LEAVE)).status_code == httpx.codes.NOT_FOUND


async def test_whoever_is_kept_out_ends_their_own_membership_and_nothing_else(deployment: Deployment) -> None:
    async with (
        _asking(deployment, 7) as owner,
        colleague(deployment, owner, GRACE, "owner") as grace,
        colleague(deployment, owner, HEDY, "manager") as hedy,
    ):
        async with acting_in(deployment, hedy) as acting:
            other = acting.person_id
        await invite(grace, IVY, "manager")
        ((waiting,),) = await _administer(deployment, "select id from upheld.invitations where state = 'pending'")
        await _days_pass(deployment, 8)
        for refused in (
            f"select upheld.end_membership('{other}')",
            f"select upheld.change_role('{other}', 'owner', null)",
            f"select upheld.revoke_invitation('{waiting}')",
            "delete from upheld.members",
            "delete from upheld.invitations",
            "select upheld.closed_organisation()",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await _does(deployment, grace, refused)
        assert await _does(deployment, grace, "select upheld.end_membership(upheld.current_person())") == "gone"
        assert await _members(deployment) == 2


async def test_the_last_owner_stays_even_when_kept_out_and_is_told_the_way(deployment: Deployment) -> None:
    async with _asking(deployment, 0) as owner:
        await owner.post("/account/security/app/remove")
        assert (await owner.get(ROOM)).url.path == CLOSED
        refused = await owner.post(LEAVE)
        assert refused.status_code == httpx.codes.CONFLICT
        assert "An organisation keeps an owner." in refused.text
        assert "Add a passkey or an app for codes first." in refused.text
        assert await _does(deployment, owner, "select upheld.end_membership(upheld.current_person())") == "last owner"
        assert await _members(deployment) == 1


async def test_members_without_a_factor_are_reminded_three_days_before_and_on_the_day_before_and_once_each(
    deployment: Deployment,
) -> None:
    platform = deployment.platform
    async with (
        _asking(deployment, 7) as owner,
        colleague(deployment, owner, GRACE, "manager") as grace,
        colleague(deployment, owner, HEDY, "manager") as hedy,
        colleague(deployment, owner, IVY, "manager") as ivy,
    ):
        await sets_up_an_app(hedy)
        assert await remind_of_factors(platform) == 0, "a week before it is too early"
        await _days_pass(deployment, 4)
        assert sum(await asyncio.gather(*(remind_of_factors(platform) for _ in range(3)))) == 2
        assert await remind_of_factors(platform) == 0, "once is enough"
        async with acting_in(deployment, grace) as acting:
            person = acting.person_id
        await _speaks(deployment, person, "hi")
        await deployment.work()
        assert [mail["content-language"] for mail in _reminders(deployment, GRACE)] == ["hi"]
        assert len(_reminders(deployment, IVY)) == 1
        await ivy.post(LEAVE)
        await _days_pass(deployment, 1)
        assert await remind_of_factors(platform) == 0, "two days before is neither"
        await _days_pass(deployment, 1)
        assert await remind_of_factors(platform) == 1, "who has left is not written to"
        await _speaks(deployment, person, "en")
        await deployment.work()
        _, last = _reminders(deployment, GRACE)
        day = await _day(deployment)
        assert last["subject"] == f"Harbour & Sons: a passkey or an app from {day} on"
        assert TO_DO in text_of(last)
        html = last.get_body(("html",))
        assert html is not None
        assert f"From {day} on, you cannot work with Harbour &amp; Sons" in html.get_content()
        assert TO_DO in html.get_content()
        assert len(_reminders(deployment, IVY)) == 1
        assert _reminders(deployment, HEDY) == _reminders(deployment, OWNER) == []
        await _days_pass(deployment, 1)
        assert await remind_of_factors(platform) == 0, "the day has come"
        done = "select details from upheld.audit_entries where action = 'maintenance.factor_reminded' order by at"
        assert [json.loads(one) for (one,) in await _administer(deployment, done)] == [{"members": 2}, {"members": 1}]


async def test_a_worker_that_dies_on_the_way_has_reminded_nobody_and_the_next_turn_reminds_everybody(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        _asking(deployment, 4) as owner,
        colleague(deployment, owner, GRACE, "manager"),
        colleague(deployment, owner, HEDY, "manager"),
    ):
        await _days_pass(deployment, 1)
        real, queued = jobs.queue_reminder_of_factors, list[UUID]()

        async def dies(tx: Any, vault: Any, to: UUID, told: Any) -> None:
            await real(tx, vault, to, told)
            queued.append(to)
            if len(queued) == 2:
                raise ConnectionError

        with monkeypatch.context() as broken:
            broken.setattr(jobs, "queue_reminder_of_factors", dies)
            with pytest.raises(ConnectionError):
                await remind_of_factors(deployment.platform)
        assert await _administer(deployment, "select kind from upheld.messages where kind like '%-reminder'") == []
        assert await remind_of_factors(deployment.platform) == 2
        await deployment.work()
        assert [len(_reminders(deployment, one)) for one in (GRACE, HEDY)] == [1, 1]


async def test_the_worker_reminds_by_itself_when_its_turn_has_come(deployment: Deployment) -> None:
    async with _asking(deployment, 4) as owner, colleague(deployment, owner, GRACE, "manager"):
        await _days_pass(deployment, 1)
        due = "insert into queue.pgqueuer_schedules (expression, entrypoint, next_run) values ($1, 'remind', now())"
        await _administer(deployment, due, REMIND_AT)
        running = worker(deployment, _WORKER)
        try:
            limit = time.monotonic() + 30
            while not _reminders(deployment, GRACE):
                assert time.monotonic() < limit, "nobody was reminded"
                await asyncio.sleep(0.1)
        finally:
            running.terminate()
            assert running.wait(20) == 0
        assert len(_reminders(deployment, GRACE)) == 1


async def test_whom_an_owner_has_just_asked_is_not_reminded_on_top_of_it(deployment: Deployment) -> None:
    async with _asking(deployment, 3) as owner, colleague(deployment, owner, GRACE, "manager"):
        assert await remind_of_factors(deployment.platform) == 0


async def test_the_platform_itself_mails_nobody_but_members_who_are_to_be_reminded(deployment: Deployment) -> None:
    mail = "select upheld.queue_factor_reminder(gen_random_uuid(), $1, '\\x00', sha256('x'))"
    async with (
        _asking(deployment, 7) as owner,
        colleague(deployment, owner, GRACE, "manager") as grace,
        deployment.person(HEDY) as hedy,
    ):
        people = list[UUID]()
        for browser in (owner, grace, hedy):
            async with acting_in(deployment, browser) as acting:
                people.append(acting.person_id)
        await _days_pass(deployment, 4)
        async with deployment.connected("maintenance") as connection:
            for person in people:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(mail, person)
            for person in (people[0], people[2]):
                async with _undone(connection):
                    (due,) = await connection.fetch("select people from upheld.take_factor_reminder()")
                    assert due["people"] == [people[1]]
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        await connection.execute(mail, person)
            async with _undone(connection):
                await connection.fetch("select people from upheld.take_factor_reminder()")
                await connection.execute(mail, people[1])


@asynccontextmanager
async def _undone(connection: Any) -> AsyncGenerator[None]:
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()
