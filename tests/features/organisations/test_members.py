"""Members and their roles: given, changed and taken away by whom they may be, and an owner always stays."""

import re
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.support.deployment import Browser, Deployment
from tests.support.hiring import acting_in, colleague, employer
from upheld.features.organisations.queries import colleagues
from upheld.platform.database import Query

pytestmark = pytest.mark.anyio
MEMBERS, ROLES = "/hiring/organisation/members", "/hiring/organisation/roles"
GRACE, HEDY = "grace@example.org", "hedy@example.org"


async def _member(deployment: Deployment, owner: Browser, email: str) -> UUID:
    async with acting_in(deployment, owner) as acting:
        return next(one.person_id for one in await colleagues(acting) if one.email == email)


async def _roles(deployment: Deployment, someone: Browser) -> dict[str, str]:
    async with acting_in(deployment, someone) as acting:
        return {one.email: str(one.role.role) for one in await colleagues(acting)}


async def _may(deployment: Deployment, someone: Browser, permission: str) -> bool:
    async with acting_in(deployment, someone) as acting:
        return acting.may(permission)


async def test_another_role_holds_from_the_next_request_on(deployment: Deployment) -> None:
    async with employer(deployment) as owner, colleague(deployment, owner, GRACE, "manager") as grace:
        grace_id = await _member(deployment, owner, GRACE)
        assert (await grace.get("/hiring/jobs/new")).status_code == httpx.codes.OK
        answer = await owner.form(f"{MEMBERS}/{grace_id}/role", role="interviewer")
        assert "Changed. It holds from their next click on." in answer.text
        assert (await grace.get("/hiring/jobs/new")).status_code == httpx.codes.FORBIDDEN
        assert not await _may(deployment, grace, "job:manage")


async def test_whoever_is_removed_is_outside_with_the_next_request(deployment: Deployment) -> None:
    async with employer(deployment) as owner, colleague(deployment, owner, GRACE, "manager") as grace:
        grace_id = await _member(deployment, owner, GRACE)
        asked = await owner.get(f"{MEMBERS}/{grace_id}/remove")
        assert GRACE in asked.text
        assert "Removed." in (await owner.post(f"{MEMBERS}/{grace_id}/remove")).text
        assert (await grace.get(MEMBERS)).url.path == "/organisations/new"
        assert await _roles(deployment, owner) == {"owner@example.com": "owner"}


async def test_the_last_owner_neither_leaves_nor_goes_nor_becomes_less(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        own_id = await _member(deployment, owner, "owner@example.com")
        for path, fields in (
            ("/organisations/leave", {}),
            (f"{MEMBERS}/{own_id}/remove", {}),
            (f"{MEMBERS}/{own_id}/role", {"role": "manager"}),
        ):
            answer = await owner.form(path, **fields)
            assert answer.status_code == httpx.codes.CONFLICT, path
            assert "An organisation keeps an owner." in answer.text
        assert await _roles(deployment, owner) == {"owner@example.com": "owner"}


async def test_the_only_owner_is_offered_nothing_that_would_be_refused_and_told_why(deployment: Deployment) -> None:
    why = "You are the only owner: you can leave, or take another role, once somebody else has accepted to own it."
    async with employer(deployment) as owner, colleague(deployment, owner, GRACE, "manager") as grace:
        own_id, grace_id = [await _member(deployment, owner, one) for one in ("owner@example.com", GRACE)]
        page = (await owner.get(MEMBERS)).text
        assert why in page
        assert (f"{own_id}/role" in page, f"{grace_id}/role" in page, "/organisations/leave" in page) == (
            False, True, False,
        )  # fmt: skip
        assert why not in (await grace.get(MEMBERS)).text, "nobody else is told about somebody"
        assert "/organisations/leave" in (await grace.get(MEMBERS)).text
        await owner.form(f"{MEMBERS}/{grace_id}/own", then="stay")
        await grace.post("/hiring/organisation/own")
        page = (await owner.get(MEMBERS)).text
        assert why not in page
        assert (f"{own_id}/role" in page, "/organisations/leave" in page) == (True, True)


async def test_the_database_keeps_an_owner_whatever_removes_the_last(deployment: Deployment) -> None:
    async with employer(deployment):
        administrator = await deployment.administrator()
        try:
            for act in ("delete from upheld.members", "update upheld.members set role = 'manager'"):
                with pytest.raises(asyncpg.CheckViolationError, match="keeps an owner"):
                    await administrator.execute(act)
        finally:
            await administrator.close()


async def test_ownership_is_offered_and_nothing_changes_before_it_is_accepted(deployment: Deployment) -> None:
    async with employer(deployment) as owner, colleague(deployment, owner, GRACE, "manager") as grace:
        grace_id = await _member(deployment, owner, GRACE)
        assert "Offered." in (await owner.form(f"{MEMBERS}/{grace_id}/own", then="step-down")).text
        assert (await _roles(deployment, owner))[GRACE] == "manager"
        shown = await grace.get("/hiring/organisation/own")
        assert "Harbour &amp; Sons" in shown.text
        assert "owner@example.com" in shown.text
        assert "You are an owner now." in (await grace.post("/hiring/organisation/own")).text
        assert await _roles(deployment, grace) == {"owner@example.com": "manager", GRACE: "owner"}


async def test_an_offer_that_was_taken_back_or_declined_makes_nobody_an_owner(deployment: Deployment) -> None:
    async with employer(deployment) as owner, colleague(deployment, owner, GRACE, "manager") as grace:
        grace_id = await _member(deployment, owner, GRACE)
        for who in (owner, grace):
            await owner.form(f"{MEMBERS}/{grace_id}/own", then="stay")
            assert "That offer has ended." in (await who.post(f"{MEMBERS}/{grace_id}/own/end")).text
            assert (await grace.post("/hiring/organisation/own")).status_code == httpx.codes.NOT_FOUND
        assert (await _roles(deployment, owner))[GRACE] == "manager"


async def test_only_an_owner_offers_and_only_whom_it_was_offered_to_accepts(deployment: Deployment) -> None:
    async with (
        employer(deployment) as owner,
        colleague(deployment, owner, GRACE, "manager") as grace,
        colleague(deployment, owner, HEDY, "manager") as hedy,
    ):
        grace_id, hedy_id = [await _member(deployment, owner, email) for email in (GRACE, HEDY)]
        assert (await grace.form(f"{MEMBERS}/{hedy_id}/own", then="stay")).status_code == httpx.codes.FORBIDDEN
        await owner.form(f"{MEMBERS}/{grace_id}/own", then="stay")
        assert (await hedy.post("/hiring/organisation/own")).status_code == httpx.codes.NOT_FOUND
        assert (await hedy.post(f"{MEMBERS}/{grace_id}/own/end")).status_code == httpx.codes.FORBIDDEN
        assert set((await _roles(deployment, owner)).values()) == {"owner", "manager"}


async def test_a_role_of_ones_own_gives_what_was_ticked_and_is_given_and_taken(deployment: Deployment) -> None:
    async with employer(deployment) as owner, colleague(deployment, owner, GRACE, "interviewer") as grace:
        grace_id = await _member(deployment, owner, GRACE)
        made = await owner.form(f"{ROLES}/new", **{"name": "Clerk", "job-manage": "yes"})
        assert "Made." in made.text
        role = re.search(rf"{ROLES}/([0-9a-f-]{{36}})", made.text)
        assert role is not None
        await owner.form(f"{MEMBERS}/{grace_id}/role", role=role[1])
        assert [await _may(deployment, grace, one) for one in ("job:manage", "member:invite")] == [True, False]
        await owner.form(f"{ROLES}/{role[1]}", **{"name": "Host", "member-invite": "yes"})
        assert [await _may(deployment, grace, one) for one in ("job:manage", "member:invite")] == [False, True]
        kept = await owner.post(f"{ROLES}/{role[1]}/remove")
        assert kept.status_code == httpx.codes.CONFLICT
        assert "Somebody has this role still." in kept.text
        await owner.form(f"{MEMBERS}/{grace_id}/role", role="interviewer")
        assert "Removed." in (await owner.post(f"{ROLES}/{role[1]}/remove")).text


async def test_a_role_without_a_name_or_with_a_taken_one_is_asked_for_again(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        await owner.form(f"{ROLES}/new", **{"name": "Clerk", "job-manage": "yes"})
        taken = await owner.form(f"{ROLES}/new", **{"name": "Clerk", "member-invite": "yes"})
        nameless = await owner.form(f"{ROLES}/new", **{"name": " ", "member-invite": "yes"})
        assert "There is a role of this name already." in taken.text
        for again in (taken, nameless):
            assert again.status_code >= httpx.codes.BAD_REQUEST
            ticked = re.search(r'<input[^>]*name="member-invite"[^>]*>', again.text)
            assert ticked is not None
            assert "checked" in ticked[0]


async def test_no_two_roles_differ_by_capitals_alone_and_none_is_called_owner(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        for name in ("Clerk", "Reader"):
            assert "Made." in (await owner.form(f"{ROLES}/new", **{"name": name, "job-manage": "yes"})).text
        for taken in ("clerk", "OWNER", "interviewer"):
            answer = await owner.form(f"{ROLES}/new", **{"name": taken, "job-manage": "yes"})
            assert "There is a role of this name already." in answer.text, taken
        role = re.search(rf'{ROLES}/([0-9a-f-]{{36}})"', (await owner.get(ROLES)).text)
        assert role is not None
        mended = await owner.form(f"{ROLES}/{role[1]}", **{"name": "CLERK", "job-manage": "yes"})
        assert "Changed." in mended.text, "its own name in other letters is no other role's"
        renamed = await owner.form(f"{ROLES}/{role[1]}", **{"name": "READER", "job-manage": "yes"})
        assert "There is a role of this name already." in renamed.text


async def test_nobody_gives_or_takes_more_than_they_may_do_themselves(deployment: Deployment) -> None:
    async with employer(deployment) as owner, colleague(deployment, owner, GRACE, "interviewer") as grace:
        grace_id, owner_id = [await _member(deployment, owner, email) for email in (GRACE, "owner@example.com")]
        made = await owner.form(
            f"{ROLES}/new", **{"name": "Clerk", "role-grant": "yes", "member-remove": "yes", "job-manage": "yes"}
        )
        role = re.search(rf"{ROLES}/([0-9a-f-]{{36}})", made.text)
        assert role is not None
        await owner.form(f"{MEMBERS}/{grace_id}/role", role=role[1])
        for answer in (
            await grace.form(f"{MEMBERS}/{grace_id}/role", role="manager"),
            await grace.form(f"{MEMBERS}/{owner_id}/role", role="interviewer"),
            await grace.post(f"{MEMBERS}/{owner_id}/remove"),
        ):
            assert answer.status_code == httpx.codes.FORBIDDEN
            assert "only what you may do yourself" in answer.text
        more = await grace.form(f"{ROLES}/new", **{"name": "More", "settings-change": "yes"})
        assert more.status_code == httpx.codes.FORBIDDEN
        async with acting_in(deployment, grace) as acting:
            ends = Query("ends", "select upheld.end_membership($1)", "Ends.")
            assert await acting.tx.value(ends, owner_id) == "beyond", "past the pages"
        assert await _roles(deployment, owner) == {"owner@example.com": "owner", GRACE: "custom"}
