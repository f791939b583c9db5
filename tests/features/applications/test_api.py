"""Applications for programs: a candidate's own, and what an organisation's token reads, which leaves its trace."""

import pytest

from tests.features.tokens.test_tokens import EVEN_THE_LAST_OWNER, MINE, OURS, asked, changed, made
from tests.support.deployment import Deployment
from tests.support.hiring import LETTER, applied, apply_for, candidate, employer, new_job

pytestmark = pytest.mark.anyio


async def test_a_candidates_program_follows_their_applications(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        token = await made(sent.candidate, *MINE)
        listed = (await asked(deployment, token, "/api/applications")).json()
        assert [one["id"] for one in listed["applications"]] == [str(sent.id)]
        assert (listed["page"], listed["next_page"]) == (1, None)
        shown = (await asked(deployment, token, f"/api/applications/{sent.id}")).json()
        assert shown["sent"]["letter"] == LETTER
        assert [step["stage"] for step in shown["steps"]] == ["new"]
        assert (await asked(deployment, token, "/api/applications?page=2")).json()["applications"] == []
        async with deployment.person("ben@example.org") as other:
            theirs = await made(other, *MINE)
        assert (await asked(deployment, theirs, f"/api/applications/{sent.id}")).status_code == 404


async def test_what_an_employers_program_reads_is_in_the_candidates_journal(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        token = await made(sent.owner, *OURS)
        base = "/api/hiring/applications"
        line = (await asked(deployment, token, base)).json()["applications"][0]
        assert (line["id"], line["full_name"]) == (str(sent.id), "Ada Okafor")
        assert "email" not in (await asked(deployment, token, f"{base}/{sent.id}")).text
        contact = (await asked(deployment, token, f"{base}/{sent.id}/contact")).json()
        assert contact["email"] == "ada.okafor@example.org"
        journal = (await sent.candidate.get("/privacy/journal")).text
        for said in ("saw your name in a list", "read your application", "looked up how to reach you"):
            assert said in journal
        async with employer(deployment, "petra@example.org", "Pier Works") as other:
            theirs = await made(other, *OURS)
            for path in ("", "/contact"):
                assert (await asked(deployment, theirs, f"{base}/{sent.id}{path}")).status_code == 404
            assert (await asked(deployment, theirs, base)).json()["applications"] == []
            assert (await asked(deployment, theirs, f"/api/hiring/jobs/{sent.job_id}")).status_code == 404


async def test_a_list_goes_on_where_the_page_before_ended(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        token, job = await made(owner, *OURS), await new_job(deployment, owner)
        for number in range(3):
            async with candidate(deployment, f"candidate{number}@example.org") as one:
                await apply_for(one, job)
        first = (await asked(deployment, token, "/api/hiring/applications")).json()
        assert (len(first["applications"]), first["next"]) == (3, None)
        newest = first["applications"][0]
        at = await _micros(deployment, newest["id"])
        rest = await asked(deployment, token, f"/api/hiring/applications?after={at}_{newest['id']}")
        assert rest.json()["applications"] == first["applications"][1:]
        for wrong in ("x", "1_x", "99999999999999999_" + newest["id"], "2026-01-01_" + newest["id"]):
            refused = await asked(deployment, token, f"/api/hiring/applications?after={wrong}")
            assert refused.status_code == 422
            assert refused.headers["content-type"] == "application/problem+json"


async def test_a_role_that_is_taken_away_closes_the_program_too(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        token = await made(sent.owner, *OURS)
        path = f"/api/hiring/applications/{sent.id}"
        assert (await asked(deployment, token, path)).status_code == 200
        await changed(deployment, EVEN_THE_LAST_OWNER.format("update upheld.members set role = 'interviewer'"))
        assert (await asked(deployment, token, path)).status_code == 404


async def _micros(deployment: Deployment, application: str) -> int:
    administrator = await deployment.administrator()
    try:
        return await administrator.fetchval(
            "select (extract(epoch from submitted_at) * 1000000)::bigint from upheld.applications where id = $1",
            application,
        )
    finally:
        await administrator.close()
