"""The demo: the same people and jobs every time, in every state, dated as if it had happened; and a crowd on top."""

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg

from tests.house.sources import ROOT
from tests.support.demo import Demo, running_demo
from upheld.main.demo.cast import cast
from upheld.main.demo.colleagues import COLLEAGUES, INVITED, MAY
from upheld.main.demo.openings import EMPLOYERS, State
from upheld.main.demo.resumes import resume_of
from upheld.main.demo.script import script
from upheld.main.setup import administrator_of
from upheld.platform.documents import PDF, read_document
from upheld.platform.embedded import EmbeddedPostgres

_LEAVES = """
select count(*) from upheld.audit_entries as e where e.leaf <> sha256(e.salt || upheld.audit_content(
    e.at, e.actor_id, e.organisation_id, e.action, e.target_kind, e.target_id, e.details, e.origin_sealed))
"""
_COUNTS = """
select count(*) from (select job_id, stage, sum(number) as number from upheld.stage_counts group by 1, 2) as c
full join (select job_id, stage, count(*) as number from upheld.applications group by 1, 2) as a
on a.job_id = c.job_id and a.stage = c.stage where coalesce(a.number, 0) <> coalesce(c.number, 0)
"""


def test_the_same_seed_invents_the_same_people_jobs_and_story() -> None:
    assert cast(250) == cast(250)
    assert cast(250) != cast(250, seed=8)
    assert script(cast(250)) == script(cast(250))
    assert [resume_of(role.extra) for role in cast(5)] == [resume_of(role.extra) for role in cast(5)]


def test_nobody_is_there_twice_and_every_job_that_takes_applications_has_some() -> None:
    roles = cast(250)
    assert len({role.extra.email for role in roles}) == 250
    drawn = Counter(role.opening.title for role in roles)
    openings = [opening for employer in EMPLOYERS for opening in employer.openings]
    assert len(openings) == 12
    assert {opening.state for opening in openings} == set(State)
    assert {one.title for one in openings if one.state is not State.DRAFT} == set(drawn)


def test_a_resume_says_who_somebody_is_and_where_they_worked() -> None:
    extra = cast(1)[0].extra
    text = asyncio.run(read_document(resume_of(extra), PDF)).text
    for said in (extra.name, extra.email, extra.history[0].employer, extra.education[1], extra.skills[0]):
        assert said in text


def test_the_tour_of_the_readme_names_somebody_whom_the_demo_prints() -> None:
    tour = (ROOT / "README.md").read_text().split("## A tour of one minute\n")[1].split("\n## ")[0]
    second = cast(250)[1]  # printed with a sign-in, like the first and the third
    for said in (second.extra.name, second.opening.title, second.employer.name):
        assert f"**{said}**" in tour or f"owner of {said}" in tour


def asked(demo: Demo, *queries: str) -> list[Any]:
    """Ask the demo's database as its administrator; return the first value of each answer."""

    async def ask() -> list[Any]:
        administrator = administrator_of(EmbeddedPostgres(demo.var / "postgres"))
        connection = await asyncpg.connect(administrator.format(database="upheld"))
        try:
            return [await connection.fetchval(query) for query in queries]
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_a_demo_tells_six_weeks_and_takes_a_crowd(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    with running_demo(tmp_path / "var", UPHELD_DEMO_PEOPLE="40", UPHELD_BCRYPT_COST="10") as demo:
        standings, stages, weeks, leaving, parts = asked(
            demo,
            "select count(distinct status) from upheld.jobs where not is_probe",
            "select count(distinct stage) from upheld.applications",
            "select (now() - min(submitted_at)) > interval '35 days' from upheld.applications",
            "select count(*) from upheld.erasures where state = 'scheduled' and due_at > now() + interval '1 day'",
            "select count(distinct part) from upheld.access_journal",
        )
        assert (standings, weeks, leaving, parts) == (3, True, 1, 4)
        assert stages >= 5
        wrong_leaves, wrong_counts, clock, waits = asked(
            demo,
            _LEAVES,
            _COUNTS,
            "select upheld.clock_now() = now() and upheld.clock_of_statement() = statement_timestamp()",
            "show synchronous_commit",
        )
        assert (wrong_leaves, wrong_counts, clock, waits) == (0, 0, True, "on"), "time runs as it should again"
        signed_in_by_password, people = asked(
            demo, "select count(*) from upheld.credentials", "select count(*) from upheld.people where not is_probe"
        )
        assert signed_in_by_password == 9, (
            "three owners, three colleagues, three candidates: their sign-ins are printed"
        )
        assert people == 47
        has_colleagues(demo)
        brings_a_crowd(demo)


def has_colleagues(demo: Demo) -> None:
    """Find one colleague in each kind of role, with a sign-in, and an invitation in the outbox that nobody answered."""
    roles, waiting, may = asked(
        demo,
        "select string_agg(distinct role, ' ' order by role) from upheld.members",
        "select count(*) from upheld.invitations where state = 'pending' and expires_at > now() + interval '6 days'",
        "select permissions from upheld.roles",
    )
    assert (roles, waiting) == ("custom interviewer manager owner", 1)
    assert set(may) == set(MAY)
    for colleague in COLLEAGUES:
        assert demo.sign_in_of(colleague.shown_as)[0] == colleague.email
    limit = time.monotonic() + 60
    while not any(INVITED.email in path.read_text() for path in (demo.var / "mail").glob("*/*.eml")):
        assert time.monotonic() < limit, "no invitation came into the outbox"
        time.sleep(0.1)


def brings_a_crowd(demo: Demo) -> None:
    """Bring a crowd into a running demo, and a bit more; it is counted, sealed, and nobody in it has a password."""
    for count in (1010, 5):
        done = demo.command("seed", "--scale", str(count))
        assert done.returncode == 0, done.stderr
        assert "owner@metropolis.example" in done.stdout
    people, passwords, wrong_counts, wrong_leaves, plain = asked(
        demo,
        "select count(*) from upheld.applications where person_id not in (select person_id from upheld.credentials)",
        "select count(*) from upheld.credentials",
        _COUNTS,
        _LEAVES,
        "select count(*) from upheld.people where position('crowd' in encode(email_sealed, 'escape')) > 0",
    )
    assert people >= 1015
    assert passwords == 10, "their employer has one"
    assert (wrong_counts, wrong_leaves, plain) == (0, 0, 0)


def test_a_real_deployment_takes_no_crowd(tmp_path: Path) -> None:
    demo = Demo(tmp_path, 0, None, tmp_path, {"UPHELD_VAR": str(tmp_path), "UPHELD_DATABASE": "postgresql:///upheld"})  # pyright: ignore[reportArgumentType] - it does not run
    refused = demo.command("seed", "--scale", "10")
    assert refused.returncode == 1
    assert "Only a demo takes invented people" in refused.stderr
