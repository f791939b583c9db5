"""What members did: who reads it, what is in it and what never is, past every page as well."""

import csv
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import asyncpg
import httpx
import pytest

from tests.features.factors.steps import sets_up_an_app
from tests.features.tokens.test_tokens import asked, made
from tests.support.deployment import Browser, Deployment
from tests.support.hiring import acting_in, colleague, employer, new_job
from tests.support.inviting import invite, joined, link_to
from tests.support.leaving import ask_to_leave
from upheld.features.activity.model import Group, Kind, Line, Someone
from upheld.features.activity.wording import SENTENCES, said
from upheld.features.audit.model import Action
from upheld.platform.database import load_queries
from upheld.platform.i18n import Words

pytestmark = pytest.mark.anyio
PAGE, TABLE = "/hiring/organisation/activity", "/hiring/organisation/activity/table"
GRACE, HEDY = "grace@example.org", "hedy@example.org"
OF_OTHERS = "select 1 from upheld.audit_entries where actor_id is distinct from (select upheld.current_person())"
ENTRIES = load_queries("upheld.features.activity")["entries"].sql
LOOKS = "select count(*) from upheld.audit_entries where action = 'activity.viewed'"


async def _told(deployment: Deployment, statement: str, *args: object) -> Any:
    connection = await deployment.administrator()
    try:
        return await connection.fetchval(statement, *args)
    finally:
        await connection.close()


async def _finds(deployment: Deployment, browser: Browser, *statements: str) -> list[Any]:
    """Return what the last of some statements finds, in somebody's context on a bare connection of `web`."""
    async with deployment.connected("web") as connection, connection.transaction():
        await connection.execute("select upheld.open_context($1)", deployment.secret_of(browser))
        found: list[Any] = []
        for statement in statements:
            found = await connection.fetch(statement)
        return found


async def test_whoever_may_reads_what_was_done_in_sentences(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        await new_job(deployment, owner, "Boat keeper")
        seen = {"job-manage": "yes"}
        await owner.form("/hiring/organisation/roles/new", name="Editors", **seen)
        async with joined(deployment, owner, GRACE, "interviewer") as grace:
            async with acting_in(deployment, grace) as acting:
                member = acting.person_id
            await owner.form(f"/hiring/organisation/members/{member}/role", role="manager")
            await new_job(deployment, grace, "Rigger")
            text = (await owner.get(PAGE)).text
    for sentence in (
        "Founded the organisation.", "Accepted the fair-use policy.", "Published a job: Boat keeper.",
        "Made a role: Editors.", "May: Manage jobs.", "Invited somebody, as Interviewer.", "Accepted an invitation.",
        f"Gave another role, Manager, to {GRACE}.", "Published a job: Rigger.", "Looked at this record.",
    ):  # fmt: skip
        assert sentence in text, sentence


async def test_what_members_do_for_themselves_and_whence_they_come_is_not_in_it(deployment: Deployment) -> None:
    async with employer(deployment) as owner, colleague(deployment, owner, GRACE, "owner") as grace:
        await made(grace, "profile:read")
        await grace.form("/language", language="hi", back="/home")
        await grace.get("/hiring/applications/00000000-0000-0000-0000-000000000000")
        await grace.form("/profile", full_name="Grace")
        await sets_up_an_app(grace)
        await owner.get(PAGE)
        page = await owner.get(PAGE)
        assert "192.0.2.7" not in page.text
        assert page.text.count(f">{GRACE}</td>") == 0, "all she did was her own affair"
        own = await _told(
            deployment,
            "select count(*) from upheld.audit_entries as e inner join upheld.people as p on e.actor_id = p.id"
            " inner join upheld.members as m on m.person_id = p.id and m.invitation_id is not null"
            " where e.organisation_id is not null",
        )
        assert own >= 2, "it is in the log under her organisation all the same"
        found = await _finds(deployment, owner, OF_OTHERS)
        assert found == []
        for column in ("origin_sealed", "salt", "leaf"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await _finds(deployment, owner, f"select {column} from upheld.audit_entries limit 1")  # noqa: S608 - names from the line above


async def test_the_database_shows_exactly_the_acts_that_have_a_sentence(deployment: Deployment) -> None:
    connection = await deployment.administrator()
    try:
        async with connection.transaction():
            await connection.execute(
                "insert into upheld.audit_entries (action, salt, leaf)"
                " select a, sha256('salt'), sha256('leaf') from unnest($1::text[]) as a", list(Action)
            )  # fmt: skip
            rows = await connection.fetch("select action from upheld.audit_entries where concerns is not null")
            assert {row["action"] for row in rows} == set(SENTENCES)
            raise asyncpg.TransactionRollbackError
    except asyncpg.TransactionRollbackError:
        pass
    finally:
        await connection.close()


async def test_that_somebody_looks_is_an_entry_once_an_hour_and_without_it_nothing_is_shown(
    deployment: Deployment,
) -> None:
    async with employer(deployment) as owner, colleague(deployment, owner, GRACE, "manager") as grace:
        await new_job(deployment, grace)
        assert await _finds(deployment, owner, OF_OTHERS) == [], "nobody has written down that they look"
        for query in ("", "?group=jobs", "?group=members", "?after=1772357400000000_1"):
            assert (await owner.get(PAGE + query)).status_code == httpx.codes.OK
        assert await _told(deployment, LOOKS) == 1
        assert await _finds(deployment, owner, OF_OTHERS)
        # The log is only appended to, for the administrator too: its guard steps aside for one statement.
        await _told(deployment, "alter table upheld.audit_entries disable trigger user")
        await _told(
            deployment, "update upheld.audit_entries set at = at - interval '61 minutes' where concerns = 'activity'"
        )
        await _told(deployment, "alter table upheld.audit_entries enable trigger user")
        assert await _finds(deployment, owner, OF_OTHERS) == []
        await owner.get(PAGE)
        assert await _told(deployment, LOOKS) == 2


async def test_nobody_else_reads_it_whatever_they_ask_the_database(deployment: Deployment) -> None:
    look, forge = (
        "select upheld.look_at_activity(null)",
        ("select upheld.record_act('activity.viewed', 'organisation', null, '{}', null)"),
    )
    async with (
        employer(deployment) as owner,
        colleague(deployment, owner, GRACE, "manager") as grace,
        employer(deployment, HEDY, "Hedy Works") as hedy,
    ):
        await new_job(deployment, owner)
        assert (await owner.get(PAGE)).status_code == httpx.codes.OK
        # A member whose role does not include it.
        assert (await grace.get(PAGE)).status_code == httpx.codes.FORBIDDEN
        assert (await grace.form(TABLE)).status_code == httpx.codes.FORBIDDEN
        assert await _finds(deployment, grace, look, forge, OF_OTHERS) == []
        # The owner of another organisation, who has looked at their own.
        assert "Boat keeper" not in (await hedy.get(PAGE)).text
        assert await _finds(deployment, hedy, look, OF_OTHERS) == []
        # A member who becomes an owner, looks, and is removed.
        await _become(deployment, GRACE, "owner")
        assert (await grace.get(PAGE)).status_code == httpx.codes.OK
        assert await _finds(deployment, grace, OF_OTHERS)
        async with acting_in(deployment, grace) as acting:
            member = acting.person_id
        await owner.form(f"/hiring/organisation/members/{member}/remove")
        assert (await grace.get(PAGE)).status_code == httpx.codes.FORBIDDEN
        assert await _finds(deployment, grace, look, forge, OF_OTHERS) == []


async def test_who_is_kept_out_for_want_of_a_factor_reads_none_of_it(deployment: Deployment) -> None:
    async with employer(deployment) as owner, colleague(deployment, owner, GRACE, "owner") as grace:
        await new_job(deployment, owner)
        assert (await grace.get(PAGE)).status_code == httpx.codes.OK
        assert await _finds(deployment, grace, OF_OTHERS)
        await sets_up_an_app(owner)
        await owner.form("/hiring/organisation/sign-in", grace="0")
        assert (await grace.get(PAGE)).url.path == "/organisations/closed"
        assert await _finds(deployment, grace, "select upheld.look_at_activity(null)", OF_OTHERS) == []


async def test_who_has_left_and_who_is_erased_have_no_name_any_more(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        async with colleague(deployment, owner, GRACE, "manager") as grace:
            await new_job(deployment, grace, "Rigger")
            await grace.post("/organisations/leave")
        async with colleague(deployment, owner, HEDY, "manager") as hedy:
            await new_job(deployment, hedy, "Caulker")
            assert HEDY in (await owner.get(PAGE)).text
            await ask_to_leave(hedy)
            await _told(deployment, "update upheld.erasures set due_at = upheld.clock_now()")
            await deployment.work()
        assert await _told(deployment, "select count(*) from upheld.people") == 1 + 1
        page = await owner.get(PAGE)
        assert GRACE not in page.text
        assert HEDY not in page.text
        assert "somebody who has left" in page.text
        assert "somebody erased" in page.text
        said = (await asked(deployment, await made(owner, "hiring:activity:read"), "/api/hiring/activity")).json()
    for title, kind in (("Rigger", "left"), ("Caulker", "erased")):
        (entry,) = [one for one in said["entries"] if one["name"] == title and one["action"] == "job.posted"]
        assert entry["who"] == {"kind": kind, "person_id": None, "email": None}


async def test_it_is_narrowed_by_what_it_concerns_by_member_and_by_day(deployment: Deployment) -> None:
    async with employer(deployment) as owner, colleague(deployment, owner, GRACE, "manager") as grace:
        await new_job(deployment, owner, "Boat keeper")
        await new_job(deployment, grace, "Rigger")
        async with acting_in(deployment, grace) as acting:
            member = acting.person_id
        today = await _told(deployment, "select (upheld.clock_now() at time zone 'UTC')::date::text")
        jobs = (await owner.get(f"{PAGE}?group=jobs")).text
        assert "Rigger" in jobs
        assert "Founded" not in jobs
        hers = (await owner.get(f"{PAGE}?person={member}&first=2020-01-01")).text
        assert "Rigger" in hers
        assert "Boat keeper" not in hers
        nobody = (await owner.get(f"{PAGE}?person=00000000-0000-0000-0000-000000000000")).text
        assert "No entry fits" in nobody
        assert "No entry fits" in (await owner.get(f"{PAGE}?last=2020-01-01")).text
        for wrong in ("first=2026-02-30", f"last={today[:4]}-W01", f"first={today}&last=2020-01-01", "person=x"):
            answer = await owner.get(f"{PAGE}?{wrong}")
            assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY, wrong
            assert "There is a problem" in answer.text
            assert "Rigger" not in answer.text, "an error undoes the look: it shows nothing"


async def test_the_table_is_taken_after_a_fresh_proof_is_an_entry_and_calculates_nothing(
    deployment: Deployment,
) -> None:
    async with employer(deployment) as owner:
        await new_job(deployment, owner, '=HYPERLINK("https://evil.example")')
        await owner.form("/hiring/organisation/roles/new", **{"name": "=1+1", "job-manage": "yes"})
        answer = await owner.form(TABLE, group="jobs")
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.headers["content-disposition"].startswith("attachment; ")
        heading, *rows = csv.reader(StringIO(answer.content.decode("utf-8-sig"), newline=""))
        assert heading == ["When (UTC)", "Who", "What", "More", "Concerns"]
        assert {row[-1] for row in rows} == {"Jobs"}
        assert not [cell for row in rows for cell in row if cell[:1] in set("=+-@")]
        details = await _told(deployment, "select details from upheld.audit_entries where action = 'activity.exported'")
        assert "jobs" in details
        await deployment.proofs_grow_old()
        page = await owner.form(TABLE, group="jobs")
        assert page.headers["content-type"].startswith("text/html"), "a proof is asked for first"
        with pytest.raises(asyncpg.PostgresError) as refused:
            await _finds(
                deployment, owner, "select upheld.record_act('activity.exported', 'organisation', null, '{}', null)"
            )
        assert refused.value.sqlstate == "UH001"


async def test_a_hundred_thousand_entries_are_paged_through_by_an_index_and_are_too_many_for_one_table(
    deployment: Deployment,
) -> None:
    async with employer(deployment) as owner:
        async with acting_in(deployment, owner) as acting:
            organisation, person = acting.organisation_id, acting.person_id
        connection = await deployment.administrator()
        await connection.execute(
            "insert into upheld.audit_entries (at, actor_id, organisation_id, action, target_kind, salt, leaf)"
            " select upheld.clock_now() - n * interval '1 minute', $2, $1,"
            " (array['job.changed', 'application.opened', 'member.invited'])[1 + n % 3], 'job',"
            " sha256('salt'), sha256('leaf') from generate_series(1, 150000) as n", organisation, person
        )  # fmt: skip
        await connection.execute("analyze upheld.audit_entries")
        await connection.close()
        page = await owner.get(PAGE)
        assert "50 entries on this page" in page.text
        seen, after = set[str](), ""
        token = await made(owner, "hiring:activity:read")
        for _ in range(4):
            said = (await asked(deployment, token, f"/api/hiring/activity?after={after}")).json()
            stamps = {entry["at"] for entry in said["entries"]}
            assert not stamps & seen, "a page begins after the last"
            seen, after = seen | stamps, said["next"]
        assert len(seen) == 200
        plan = await _finds(
            deployment, owner,
            "set local plan_cache_mode = force_generic_plan",
            f"prepare entries (text, uuid, timestamptz, timestamptz, timestamptz, bigint, bigint) as {ENTRIES}",
            "explain (analyze) execute entries (null, null, '-infinity', 'infinity', 'infinity', 0, 51)",
        )  # fmt: skip
        said = "\n".join(row[0] for row in plan)
        assert "Index Scan Backward using audit_entries_organisation_id_idx" in said, said
        assert "Sort" not in said, said
        answer = await owner.form(TABLE)
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert "more than 20,000 entries" in answer.text


async def test_programs_read_it_with_a_token_made_for_it_by_somebody_who_may(deployment: Deployment) -> None:
    async with employer(deployment) as owner, colleague(deployment, owner, GRACE, "manager") as grace:
        await new_job(deployment, grace, "Rigger")
        path = "/api/hiring/activity"
        answer = await asked(deployment, await made(owner, "hiring:activity:read"), f"{path}?concerns=jobs")
        assert {(one["name"], one["who"]["email"]) for one in answer.json()["entries"]} == {("Rigger", GRACE)}
        assert await _told(deployment, LOOKS) == 1
        for browser, scope in ((grace, "hiring:activity:read"), (owner, "hiring:jobs:read")):
            refused = await asked(deployment, await made(browser, scope), path)
            assert refused.status_code == httpx.codes.FORBIDDEN
            assert refused.headers["content-type"] == "application/problem+json"
        assert await _told(deployment, LOOKS) == 1


async def test_an_invitation_that_is_declined_says_nothing_of_who_was_invited(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        await invite(owner, GRACE, "manager")
        async with deployment.person(GRACE) as grace:
            await grace.post(f"{await link_to(deployment, GRACE)}/decline")
        page = (await owner.get(PAGE)).text
    assert "Declined an invitation." in page
    assert "somebody invited" in page
    assert GRACE not in page


async def _become(deployment: Deployment, address: str, role: str) -> None:
    """Give everybody but the founder a role; there is one."""
    assert address == GRACE
    await _told(deployment, "update upheld.members set role = $1 where not is_founder", role)


@pytest.mark.parametrize(
    ("by_themselves", "sentence"), [(True, "Declined to own"), (False, "Took an offer of ownership back")]
)
def test_who_has_gone_declined_only_what_was_offered_to_them(*, by_themselves: bool, sentence: str) -> None:
    gone = Someone(Kind.LEFT)
    line = Line(
        at=datetime(2026, 11, 23, tzinfo=UTC),
        group=Group.MEMBERS,
        action=Action.OWNERSHIP_OFFER_ENDED,
        who=gone,
        whom=gone,
        is_about_oneself=by_themselves,
        details={},
    )
    assert said(Words("en"), line).startswith(sentence)
