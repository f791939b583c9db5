"""Inviting somebody: nothing is given before they accept, and only they can."""

import asyncio
import html
import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.support.cluster import Cluster
from tests.support.deployment import PASSWORD, Deployment, deployed, hidden, text_of
from tests.support.hiring import acting_in, employer, everybody_becomes
from tests.support.inviting import invite, joined, link_to
from tests.support.leaving import ask_to_leave
from upheld.features.organisations.actions import accept_invitation
from upheld.features.organisations.queries import colleagues
from upheld.features.privacy.duties import tidy
from upheld.kit.errors import ProofNeededError
from upheld.main.worker import drain
from upheld.platform.letters import compose
from upheld.platform.mail import FolderMail

pytestmark = pytest.mark.anyio
GRACE, HEDY = "grace@example.org", "hedy@example.org"


async def _rows(deployment: Deployment, statement: str, *values: object) -> list[Any]:
    connection = await deployment.administrator()
    try:
        return list(await connection.fetch(statement, *values))
    finally:
        await connection.close()


async def _members(deployment: Deployment) -> int:
    return (await _rows(deployment, "select count(*) from upheld.members"))[0][0]


async def test_whoever_is_invited_reads_what_it_is_about_accepts_and_acts_for_the_organisation(
    deployment: Deployment,
) -> None:
    async with employer(deployment) as owner:
        await invite(owner, " Grace@Example.org ", "manager")
        link = await link_to(deployment, GRACE)
        async with deployment.person(GRACE) as grace:
            page = await grace.get(link)
            for told in ("Harbour &amp; Sons", "Manager", "owner@example.com", "Manage jobs", "Accept", "Decline"):
                assert told in page.text, told
            assert (await grace.get("/hiring/organisation")).url.path == "/organisations/new"
            welcome = await grace.post(f"{link}/accept")
            assert "Welcome. You belong to Harbour &amp; Sons now" in welcome.text
            async with acting_in(deployment, grace) as acting:
                assert (acting.role, acting.may("job:manage"), acting.may("settings:change")) == (
                    "manager",
                    True,
                    False,
                )
                assert {one.email for one in await colleagues(acting)} == {"owner@example.com", GRACE}
            assert (await grace.get(link)).status_code == httpx.codes.NOT_FOUND, "it works once"
            assert (await grace.post(f"{link}/accept")).status_code == httpx.codes.NOT_FOUND


async def test_neither_opening_the_link_nor_signing_up_changes_anything(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        await invite(owner, GRACE, "manager")
        link = await link_to(deployment, GRACE)
        async with deployment.browser() as stranger:
            page = await stranger.get(link)
            assert "Neither accepts it" in page.text
            assert "/accept" not in page.text
            asked = await stranger.post(f"{link}/accept")
            assert asked.status_code == httpx.codes.UNAUTHORIZED
        async with deployment.person(GRACE) as grace:
            await grace.get(link)
            assert await _members(deployment) == 1
            states = await _rows(deployment, "select state, accepted_by from upheld.invitations")
            assert [tuple(row) for row in states] == [("pending", None)]


async def test_the_way_through_sign_up_leads_back_to_the_invitation(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        await invite(owner, GRACE, "interviewer")
        link = await link_to(deployment, GRACE)
        async with deployment.browser() as browser:
            to_register = re.search(r'href="(/register\?[^"]+)"', (await browser.get(link)).text)
            assert to_register is not None
            form = await browser.get(to_register[1].replace("&amp;", "&"))
            token = link.rsplit("/", 1)[1]
            assert f'name="id" value="{token}"' in form.text
        await deployment.register(GRACE)
        async with deployment.browser() as browser:
            answer = await browser.form(
                "/sign-in", email=GRACE, password="seven green lanterns", to="organisations.invitation", id=token
            )
            assert answer.url.path == link
            assert "Accept" in answer.text


async def test_every_door_of_an_invitation_leads_back_to_it(deployment: Deployment) -> None:
    async with employer(deployment) as owner, deployment.browser() as grace:
        await invite(owner, GRACE, "manager")
        link = await link_to(deployment, GRACE)
        shown = await grace.get(link)
        for door in ("/sign-in", "/register"):
            here = set(re.findall(rf'href="({door}[?"][^"]*)', shown.text))
            assert len(here) == 1, here
            next_page = await grace.get(here.pop().replace("&amp;", "&"))
            assert f'name="id" value="{link.rsplit("/", 1)[1]}"' in next_page.text
            others = set(re.findall(r'href="(/(?:sign-in|register)[^"]*)', next_page.text))
            assert all(link.rsplit("/", 1)[1] in found for found in others), others


async def test_somebody_else_with_the_link_is_given_nothing(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        await invite(owner, GRACE, "manager")
        link = await link_to(deployment, GRACE)
        async with deployment.person(HEDY) as hedy:
            page = await hedy.get(link)
            assert "went to another address" in page.text
            assert GRACE not in page.text
            assert "/accept" not in page.text
            refused = await hedy.post(f"{link}/accept")
            assert refused.status_code == httpx.codes.FORBIDDEN
            assert await _members(deployment) == 1
    token = UUID(link.rsplit("/", 1)[1])
    noted = await _rows(deployment, "select 1 from upheld.audit_entries where target_id = $1", token)
    assert noted == [], "a secret in an address is written down nowhere"


async def test_an_invitation_is_declined_without_an_account_and_its_link_is_spent(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        await invite(owner, GRACE, "manager")
        link = await link_to(deployment, GRACE)
        async with deployment.browser() as stranger:
            assert "Declined" in (await stranger.post(f"{link}/decline")).text
            assert (await stranger.get(link)).status_code == httpx.codes.NOT_FOUND
            assert (await stranger.post(f"{link}/decline")).status_code == httpx.codes.NOT_FOUND
        assert "Declined" in (await owner.get("/hiring/organisation/members")).text
    entries = await _rows(
        deployment, "select actor_id, target_kind from upheld.audit_entries where action = 'invitation.declined'"
    )
    assert [tuple(row) for row in entries] == [(None, "invitation")]


async def test_what_is_taken_back_leaves_nothing_behind_its_key_included(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        await invite(owner, GRACE, "manager")
        link = await link_to(deployment, GRACE)
        ((invitation, organisation),) = await _rows(deployment, "select id, organisation_id from upheld.invitations")
        assert await deployment.platform.vault.key_ids(invitation, organisation) != []
        answer = await owner.post(f"/hiring/organisation/invited/{invitation}/revoke")
        assert "Taken back" in answer.text
        assert await _rows(deployment, "select 1 from upheld.invitations") == []
        assert await deployment.platform.vault.key_ids(invitation, organisation) == []
        async with deployment.browser() as stranger:
            assert (await stranger.get(link)).status_code == httpx.codes.NOT_FOUND


async def test_accepting_erases_the_address_and_its_key_and_keeps_the_acceptance(deployment: Deployment) -> None:
    async with employer(deployment) as owner, joined(deployment, owner, GRACE, "manager") as grace:
        async with acting_in(deployment, grace) as acting:
            person, organisation = acting.person_id, acting.organisation_id
        (row,) = await _rows(deployment, "select * from upheld.invitations")
        assert (row["state"], row["accepted_by"]) == ("accepted", person)
        assert [row[name] for name in ("email_index", "email_sealed", "token_hash", "letter_sealed")] == [None] * 4
        assert organisation is not None
        assert await deployment.platform.vault.key_ids(row["id"], organisation) == []


async def test_sending_again_makes_a_new_link_and_spends_the_old_one(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        await invite(owner, GRACE, "manager")
        first = await link_to(deployment, GRACE)
        ((invitation,),) = await _rows(deployment, "select id from upheld.invitations")
        assert "Sent again" in (await owner.post(f"/hiring/organisation/invited/{invitation}/again")).text
        second = await link_to(deployment, GRACE)
        assert first != second
        async with deployment.browser() as stranger:
            assert (await stranger.get(first)).status_code == httpx.codes.NOT_FOUND
            assert (await stranger.get(second)).status_code == httpx.codes.OK


async def test_an_invitation_ends_after_a_week_and_is_removed_a_week_later(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        await invite(owner, GRACE, "manager")
        link = await link_to(deployment, GRACE)
        await _rows(deployment, "update upheld.invitations set expires_at = now()")
        async with deployment.person(GRACE) as grace:
            assert (await grace.get(link)).status_code == httpx.codes.NOT_FOUND
            assert (await grace.post(f"{link}/accept")).status_code == httpx.codes.NOT_FOUND
        assert "Not answered in time" in (await owner.get("/hiring/organisation/members")).text
        await _rows(deployment, "update upheld.invitations set expires_at = now() - interval '8 days'")
        ((invitation, organisation),) = await _rows(deployment, "select id, organisation_id from upheld.invitations")
        assert (await tidy(deployment.platform))["invitations"] == 1
        assert await _rows(deployment, "select 1 from upheld.invitations") == []
        assert await deployment.platform.vault.key_ids(invitation, organisation) == []


@pytest.mark.parametrize("loss", ["demoted", "removed"])
async def test_the_authority_of_whoever_invited_is_looked_at_once_more(deployment: Deployment, loss: str) -> None:
    async with employer(deployment) as owner, joined(deployment, owner, HEDY, "manager") as hedy:
        await invite(hedy, GRACE, "interviewer")
        link = await link_to(deployment, GRACE)
        async with acting_in(deployment, hedy) as acting:
            whom = f"/hiring/organisation/members/{acting.person_id}"
        if loss == "demoted":
            await owner.form(f"{whom}/role", role="interviewer")
        else:
            await owner.form(f"{whom}/remove")
        async with deployment.person(GRACE) as grace:
            assert (await grace.get(link)).status_code == httpx.codes.NOT_FOUND
            assert (await grace.post(f"{link}/accept")).status_code == httpx.codes.NOT_FOUND
        assert await _members(deployment) == (2 if loss == "demoted" else 1)


async def test_nobody_invites_into_more_than_they_may_do_themselves(deployment: Deployment) -> None:
    async with employer(deployment) as owner, joined(deployment, owner, HEDY, "manager") as hedy:
        for role in ("owner", "custom", str(uuid4())):
            answer = await invite(hedy, GRACE, role)
            assert answer.status_code in {
                httpx.codes.FORBIDDEN,
                httpx.codes.UNPROCESSABLE_ENTITY,
                httpx.codes.NOT_FOUND,
            }
        assert (await invite(hedy, GRACE, "manager")).status_code == httpx.codes.OK
        assert (await invite(owner, "ida@example.org", "owner")).status_code == httpx.codes.OK
    rows = await _rows(deployment, "select role from upheld.invitations where state = 'pending' order by role")
    assert [row["role"] for row in rows] == ["manager", "owner"]


async def test_an_interviewer_invites_nobody_not_even_past_the_pages(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        administrator = await deployment.administrator()
        await everybody_becomes(administrator, "interviewer")
        await administrator.close()
        assert (await owner.get("/hiring/organisation/invite")).status_code == httpx.codes.FORBIDDEN
        assert (await invite(owner, GRACE, "interviewer")).status_code == httpx.codes.FORBIDDEN


async def test_the_same_is_done_and_answered_whether_the_address_has_an_account_or_not(deployment: Deployment) -> None:
    await deployment.register(HEDY)
    async with employer(deployment) as owner:
        answers: list[tuple[int, str]] = []
        for address in (GRACE, HEDY):
            answer = await invite(owner, address, "manager")
            await link_to(deployment, address)
            answers.append((answer.status_code, re.sub(r"grace|hedy", "x", answer.text.split("Invited</h2>")[0])))
        assert answers[0] == answers[1]
    mails = [text_of(deployment.mails(address)[-1]) for address in (GRACE, HEDY)]
    assert re.sub("/invitations/[0-9a-f-]+", "", mails[0]) == re.sub("/invitations/[0-9a-f-]+", "", mails[1])


async def test_whoever_invites_hears_of_all_that_is_wrong_at_once(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        again = await invite(owner, "no address", "")
        assert again.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert "Enter an e-mail address like name@example.org." in again.text
        assert "Choose a role." in again.text
        assert 'value="no address"' in again.text


async def test_an_address_is_invited_once_at_a_time_and_no_member_again(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        await invite(owner, GRACE, "manager")
        again = await invite(owner, GRACE, "interviewer")
        assert again.status_code == httpx.codes.CONFLICT
        assert "has an invitation already" in again.text
        member = await invite(owner, "owner@example.com", "manager")
        assert member.status_code == httpx.codes.CONFLICT
        assert "is a member already" in member.text
        wrong = await invite(owner, "nobody", "manager")
        assert wrong.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert 'value="nobody"' in wrong.text
        nothing = await owner.form("/hiring/organisation/invite", email=HEDY, language="en")
        assert "Choose a role" in nothing.text


async def test_two_who_accept_at_once_become_one_member(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        await invite(owner, GRACE, "manager")
        link = await link_to(deployment, GRACE)
        async with deployment.person(GRACE) as one, deployment.signed_in(GRACE) as other:
            answers = await asyncio.gather(*(browser.post(f"{link}/accept") for browser in (one, other)))
    assert sorted(answer.status_code for answer in answers) == [200, 404]
    assert await _members(deployment) == 2


async def test_the_mail_is_in_the_language_that_was_chosen_and_sent_once(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        await invite(owner, GRACE, "manager", language="hi")
        await link_to(deployment, GRACE)
        (mail,) = deployment.mails(GRACE)
        assert mail["content-language"] == "hi"
        await drain(deployment.platform, FolderMail(deployment.settings.var / "mail"))
        assert len(deployment.mails(GRACE)) == 1
        letters = await _rows(deployment, "select letter_sealed from upheld.invitations")
        assert [row[0] for row in letters] == [None], "what was mailed is crossed out"


async def test_the_name_of_a_role_of_ones_own_stands_in_the_mail(deployment: Deployment) -> None:
    told = {
        "token": "0", "organisation": "Harbour", "inviter": "o@example.com", "role": "custom", "role_name": "Recruiter",
        "until": "2026-11-30T10:00:00+00:00",
    }  # fmt: skip
    mail = compose(deployment.platform, "organisations/invitation", GRACE, "en", told)
    assert "Your role would be: Recruiter." in text_of(mail)


async def test_a_pending_invitation_is_erased_with_the_account_of_its_address(cluster: Cluster) -> None:
    async with deployed(cluster, erasure_grace=timedelta(0)) as deployment, employer(deployment) as owner:
        await invite(owner, GRACE, "manager")
        async with deployment.person(GRACE) as grace:
            await ask_to_leave(grace)
            await deployment.work()
        assert await _rows(deployment, "select 1 from upheld.invitations") == []


async def test_accepting_takes_a_fresh_proof_so_that_no_old_secret_gains_rights(deployment: Deployment) -> None:
    async with employer(deployment) as owner, deployment.person(GRACE) as grace:
        await invite(owner, GRACE, "manager")
        link = await link_to(deployment, GRACE)
        before = deployment.secret_of(grace)
        await deployment.proofs_grow_old()
        async with acting_in(deployment, grace) as acting:
            with pytest.raises(ProofNeededError):
                await accept_invitation(acting, UUID(link.rsplit("/", 1)[1]))
        answer = hidden(await grace.get(link), "answer")
        asked = await grace.form(f"{link}/accept", answer=answer)
        assert asked.status_code == httpx.codes.UNAUTHORIZED
        assert await _members(deployment) == 1
        form = re.search(r'<form method="post" action="(/prove[^"]*)"', asked.text)
        assert form is not None
        welcome = await grace.form(html.unescape(form[1]), answer=answer, **{"own-password": PASSWORD})
        assert welcome.url.path == "/hiring/organisation", "one proof, and the answer given before it counts"
        assert deployment.secret_of(grace) != before
