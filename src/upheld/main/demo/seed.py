"""Telling the demo's story through the product's own actions, each person under a session of their own."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from upheld.features.accounts.actions import admit_invented, end_other_sessions, open_session_for, sign_out
from upheld.features.applications.actions import (
    decide_application,
    move_application,
    submit_application,
    withdraw_application,
)
from upheld.features.applications.model import OUTCOMES
from upheld.features.applications.queries import list_applications, open_application, open_contact, open_resume_file
from upheld.features.candidates.actions import keep_invented_document, save_profile
from upheld.features.candidates.model import ProfileText
from upheld.features.consents.model import Kind
from upheld.features.consents.queries import notice_in_force
from upheld.features.jobs.actions import close_job, post_job
from upheld.features.jobs.model import Employment, JobText
from upheld.features.organisations.actions import (
    accept_fair_use,
    accept_invitation,
    found_organisation,
    invite,
    make_role,
)
from upheld.features.organisations.model import Role, RoleChoice
from upheld.features.privacy.actions import cancel_erasure, request_erasure
from upheld.main.demo.cast import Role as Part
from upheld.main.demo.cast import cast
from upheld.main.demo.colleagues import COLLEAGUES, EMPLOYER, FORMER, INVITED, MAY, OWN_ROLE, Colleague
from upheld.main.demo.openings import EMPLOYERS, Employer, Opening, State
from upheld.main.demo.past import Past
from upheld.main.demo.resumes import resume_of
from upheld.main.demo.script import Day, Deed, Step, script
from upheld.main.demo.upkeep import UPKEEP
from upheld.platform.acting import Acting
from upheld.platform.services import Platform
from upheld.platform.web.forms import Upload
from upheld.platform.web.visits import open_context

AT_ONCE = 6
"""How many people act at the same time."""

Progress = Callable[[int, int], None]
SignIns = dict[str, tuple[str, str]]
"""Sign-ins by role: address and password."""

_LIVES = timedelta(days=90)
"""One session lasts somebody for the whole story."""


@dataclass
class _Stage:
    """What stands on the stage so far: who plays, their jobs and applications, by number or name."""

    platform: Platform
    roles: list[Part]
    notices: dict[Kind, UUID]
    sign_ins: SignIns = field(default_factory=SignIns)
    people: dict[str | int, UUID] = field(default_factory=dict[str | int, UUID])
    sessions: dict[str | int, bytes] = field(default_factory=dict[str | int, bytes])
    jobs: dict[str, UUID] = field(default_factory=dict[str, UUID])
    shown: list[str | int] = field(default_factory=list[str | int])
    sent: dict[int, UUID] = field(default_factory=dict[int, UUID])

    @asynccontextmanager
    async def acting(self, who: str | int) -> AsyncGenerator[Acting]:
        """Yield somebody acting in a transaction of their own, through their session."""
        async with self.platform.database.transaction("web") as tx:
            found = await open_context(tx, self.sessions[who])
            assert found is not None  # noqa: S101 - the session was opened by us, and lasts
            yield found.acting(tx, self.platform, "demo")

    async def admit(self, who: str | int, address: str, shown_as: str | None) -> None:
        """Let somebody in; only who is shown as a sign-in has a password."""
        password = secrets.token_urlsafe(12) if shown_as else None
        self.people[who] = await admit_invented(self.platform, address, password, self.notices[Kind.ACCOUNT])
        if shown_as and password:
            self.sign_ins[shown_as] = (address, password)
            self.shown.append(who)
        await self.enter(who)

    async def enter(self, who: str | int) -> None:
        """Open a session for somebody who was let in: what cannot be undone, the database lets only a new one do."""
        self.sessions[who] = await open_session_for(self.platform, self.people[who], _LIVES)

    async def leave(self, who: str | int) -> None:
        """End every session of somebody: whoever signs in as them finds no other in their list."""
        await self.enter(who)
        async with self.acting(who) as acting:
            await end_other_sessions(acting)
            await sign_out(acting)


async def seed(platform: Platform, past: Past, count: int, progress: Progress) -> SignIns:
    """Fill an empty demo; return the sign-ins of the people one can be.

    Args:
        platform: opened with the roles of a web process, and with `past` for a clock.
        past: the demo's clocks.
        count: how many candidates to invent.
        progress: told how many of them, of how many, have played their part so far.
    """
    async with platform.database.transaction("gate") as tx:
        notices = {kind: (await notice_in_force(tx, kind, "en")).id for kind in Kind}
    stage = _Stage(platform, cast(count), notices)
    days = script(stage.roles)
    await past.go(next(iter(days)) + 0.5)
    await asyncio.gather(*(_found(stage, employer) for employer in EMPLOYERS))
    await _hire(stage, past)
    done, upkeep = 0, dict(UPKEEP)
    for ago, day in days.items():
        await past.go(ago)
        await _play(stage, day)
        for due in [when for when in upkeep if when >= ago]:
            await stage.enter(EMPLOYER)
            async with stage.acting(EMPLOYER) as acting:
                await upkeep.pop(due)(acting)
        progress(done := done + len(day.applies), count)
    await stage.enter(EMPLOYER)
    await _invite(stage, INVITED)
    await _some_at_once(stage.leave(who) for who in stage.shown)
    order = (*(f"Owner of {one.name}" for one in EMPLOYERS), *stage.sign_ins)
    return {shown: stage.sign_ins[shown] for shown in order}


async def _play(stage: _Stage, day: Day) -> None:
    """Let one day happen."""
    for employer, opening in day.posts:
        await _post(stage, employer, opening)
    await _some_at_once(_apply(stage, number) for number in day.applies)
    await _some_at_once(_work(stage, employer, steps) for employer, steps in day.steps.items())
    await _some_at_once(_do(stage, number, deed) for number, deed in day.deeds)
    for employer, opening in day.closes:
        async with stage.acting(employer.name) as acting:
            await close_job(acting, stage.jobs[opening.title])


async def _some_at_once(acts: Iterable[Coroutine[Any, Any, None]]) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def in_turn(act: Coroutine[Any, Any, None]) -> None:
        async with turns:
            await act

    await asyncio.gather(*(in_turn(act) for act in acts))


async def _found(stage: _Stage, employer: Employer) -> None:
    await stage.admit(employer.name, employer.owner, f"Owner of {employer.name}")
    async with stage.acting(employer.name) as acting:
        await found_organisation(acting, employer.name, employer.website)
    async with stage.acting(employer.name) as acting:
        await accept_fair_use(acting, stage.notices[Kind.FAIR_USE])


async def _hire(stage: _Stage, past: Past) -> None:
    """Let an owner invite colleagues, and each of them accept."""
    async with stage.acting(EMPLOYER) as acting:
        own_role = await make_role(acting, OWN_ROLE, MAY)
    for colleague in (*COLLEAGUES, FORMER):
        invitation = await _invite(stage, colleague, own_role if colleague.role is Role.CUSTOM else None)
        await stage.admit(colleague.email, colleague.email, colleague.shown_as)
        token = await past.known_link(invitation)
        async with stage.acting(colleague.email) as acting:
            await accept_invitation(acting, token)


async def _invite(stage: _Stage, colleague: Colleague, custom_role: UUID | None = None) -> UUID:
    async with stage.acting(EMPLOYER) as acting:
        return await invite(acting, colleague.email, RoleChoice(colleague.role, custom_role), "en")


async def _post(stage: _Stage, employer: Employer, opening: Opening) -> None:
    async with stage.acting(employer.name) as acting:
        text = _job_text(stage.platform, opening)
        stage.jobs[opening.title] = await post_job(acting, text, publish=opening.state is not State.DRAFT)


async def _apply(stage: _Stage, number: int) -> None:
    """Let a candidate register, write a profile, add a résumé and apply."""
    role = stage.roles[number]
    await stage.admit(number, role.extra.email, _shown_as(number, role))
    async with stage.acting(number) as acting:
        extra = role.extra
        await save_profile(
            acting,
            ProfileText(
                full_name=extra.name, headline=extra.headline, email=extra.email, phone=extra.phone,
                location=extra.location, summary=extra.summary,
            ),
        )  # fmt: skip
        drawn = await asyncio.to_thread(resume_of, extra)
        document = await keep_invented_document(acting, Upload(f"{extra.name.replace(' ', '-')}.pdf", drawn))
        notice = stage.notices[Kind.APPLICATION]
        job = stage.jobs[role.opening.title]
        stage.sent[number] = await submit_application(acting, job, extra.letter, document, notice)


def _shown_as(number: int, role: Part) -> str | None:
    """Return how a candidate's sign-in is shown; only the first three can be signed in as."""
    name = f"Candidate {role.extra.name}"
    return {
        0: f"{name}, invited to an interview at {role.employer.name}",
        1: f"{name}, who would be a field technician there",
        2: f"{name}, who is leaving",
    }.get(number)


async def _work(stage: _Stage, employer: str, steps: list[Step]) -> None:
    """Let an owner look at who applied, read some, and go on with them."""
    jobs = {stage.jobs[stage.roles[step.number].opening.title] for step in steps}
    async with stage.acting(employer) as acting:
        for job in sorted(jobs):
            await list_applications(acting, job)
        for step in steps:
            application = stage.sent[step.number]
            await open_application(acting, application)
            if step.looks_closer:
                await open_resume_file(acting, application)
                await open_contact(acting, application)
            if step.to in OUTCOMES:
                await decide_application(acting, application, step.to, step.reason)
            else:
                await move_application(acting, application, step.to)


async def _do(stage: _Stage, number: int, deed: Deed) -> None:
    if deed is Deed.LEAVES:
        await stage.enter(number)
    async with stage.acting(number) as acting:
        if deed is Deed.WITHDRAWS:
            await withdraw_application(acting, stage.sent[number])
        elif deed is Deed.LEAVES:
            await request_erasure(acting)
        else:
            await cancel_erasure(acting)


def _job_text(platform: Platform, opening: Opening) -> JobText:
    closes_in = None if opening.closes_in is None else timedelta(days=opening.posted_ago + opening.closes_in)
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
        closes_on=None if closes_in is None else (platform.clock.now() + closes_in).date(),
    )
