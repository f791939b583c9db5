"""Seeding the demo through the product's own actions, each person under a session of their own."""

import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from uuid import UUID

from upheld.features.accounts.actions import admit_invented, open_session_for
from upheld.features.applications.actions import decide_application, move_application, submit_application
from upheld.features.applications.model import Stage
from upheld.features.applications.queries import list_applications, open_application
from upheld.features.candidates.actions import add_document, save_profile
from upheld.features.candidates.model import ProfileText
from upheld.features.consents.model import Kind
from upheld.features.consents.queries import notice_in_force
from upheld.features.jobs.actions import post_job
from upheld.features.jobs.model import Employment, JobText
from upheld.features.organisations.actions import accept_fair_use, found_organisation
from upheld.main.demo.cast import EMPLOYERS, Employer, Extra, Opening, extras
from upheld.main.demo.resumes import resume_of
from upheld.platform.acting import Acting
from upheld.platform.services import Platform
from upheld.platform.web.forms import Upload
from upheld.platform.web.visits import open_context

CANDIDATES = 40

Progress = Callable[[int, int], None]
SignIns = dict[str, tuple[str, str]]
"""Sign-ins by role: address and password."""

_FATES = (
    Stage.NEW, Stage.NEW, Stage.REVIEW, Stage.REVIEW, Stage.INTERVIEW, Stage.OFFER, Stage.HIRED, Stage.REJECTED,
)  # fmt: skip
_WELCOME = "You showed us how you work, and we would like more of it."
_REASONS = (
    "We chose somebody who has worked with this kind of device before. Your test rig impressed us; apply again.",
    "The distance to the clinics would have been too far for the hours we can offer.",
)


async def seed(platform: Platform, progress: Progress) -> SignIns:
    """Fill an empty demo; return the sign-ins of the people one can be.

    Args:
        platform: opened with the roles of a web process.
        progress: told how many steps of how many are done.
    """
    async with platform.database.transaction("gate") as tx:
        account_notice = (await notice_in_force(tx, Kind.ACCOUNT, "en")).id
        application_notice = (await notice_in_force(tx, Kind.APPLICATION, "en")).id
        fair_use = (await notice_in_force(tx, Kind.FAIR_USE, "en")).id
    sign_ins: SignIns = {}
    jobs: dict[str, UUID] = {}
    owners: list[UUID] = []
    people = extras(CANDIDATES)
    steps = len(people) + len(EMPLOYERS) + 1
    for number, employer in enumerate(EMPLOYERS, start=1):
        password = _password()
        owner = await admit_invented(platform, employer.owner, password, account_notice)
        owners.append(owner)
        sign_ins[f"Owner of {employer.name}"] = (employer.owner, password)
        jobs |= await _found(platform, owner, employer, fair_use)
        progress(number, steps)
    for number, (field, extra) in enumerate(people, start=1):
        # The first candidate is one that a visitor can be.
        password = _password() if number == 1 else None
        person = await admit_invented(platform, extra.email, password, account_notice)
        if password:
            sign_ins[f"Candidate {extra.name}"] = (extra.email, password)
        await _apply(platform, person, extra, jobs[field], application_notice)
        progress(len(EMPLOYERS) + number, steps)
    for owner in owners:
        await _work_through(platform, owner, jobs)
    progress(steps, steps)
    return sign_ins


@asynccontextmanager
async def acting_as(platform: Platform, person: UUID) -> AsyncGenerator[Acting]:
    """Yield a person acting in a transaction of their own, through a real session."""
    secret = await open_session_for(platform, person, timedelta(minutes=5))
    async with platform.database.transaction("web") as tx:
        who = await open_context(tx, secret)
        assert who is not None  # noqa: S101 - the session was opened a moment ago
        yield Acting(
            tx=tx,
            platform=platform,
            person_id=who.person_id,
            organisation_id=who.organisation_id,
            role=who.role,
            origin="demo",
        )


async def _found(platform: Platform, owner: UUID, employer: Employer, fair_use: UUID) -> dict[str, UUID]:
    async with acting_as(platform, owner) as acting:
        await found_organisation(acting, employer.name, employer.website)
    async with acting_as(platform, owner) as acting:
        await accept_fair_use(acting, fair_use)
        return {
            opening.field: await post_job(acting, _job_text(opening), publish=True) for opening in employer.openings
        }


async def _apply(platform: Platform, person: UUID, extra: Extra, job: UUID, notice: UUID) -> None:
    async with acting_as(platform, person) as acting:
        text = ProfileText(
            full_name=extra.name,
            headline=extra.headline,
            email=extra.email,
            phone=extra.phone,
            location=extra.location,
            summary=extra.summary,
        )
        await save_profile(acting, text)
        file = Upload(f"{extra.name.replace(' ', '-')}.pdf", resume_of(extra))
        document = await add_document(acting, file)
    async with acting_as(platform, person) as acting:
        letter = (
            f"Your description of the work made me curious: {extra.skills[0]} and {extra.skills[3]} are what I do best."
        )
        await submit_application(acting, job, letter, document.id, notice)


async def _work_through(platform: Platform, owner: UUID, jobs: dict[str, UUID]) -> None:
    """Let an owner read and move some of the applications, so that journals and stages have content."""
    dice = Random(11)  # noqa: S311 - a demo, not a secret
    async with acting_as(platform, owner) as acting:
        listed = [row for job in jobs.values() for row in (await list_applications(acting, job)).lines]
    for row in listed:
        fate = dice.choice(_FATES)
        if fate is Stage.NEW:
            continue
        async with acting_as(platform, owner) as acting:
            await open_application(acting, row.id)
            if fate in {Stage.HIRED, Stage.REJECTED}:
                reason = dice.choice(_REASONS) if fate is Stage.REJECTED else _WELCOME
                await decide_application(acting, row.id, fate, reason)
            else:
                await move_application(acting, row.id, fate)


def _job_text(opening: Opening) -> JobText:
    return JobText(
        title=opening.title,
        description=opening.description,
        employment_type=Employment(opening.employment_type),
        location=opening.location,
        country=opening.country,
        is_remote=opening.is_remote,
        salary_currency=opening.currency,
        salary_from=opening.salary[0],
        salary_to=opening.salary[1],
        closes_on=None,
    )


def _password() -> str:
    return secrets.token_urlsafe(12)
