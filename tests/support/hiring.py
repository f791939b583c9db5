"""People who hire and people who apply, brought to where a test begins."""

import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import UUID

import httpx
from docx import Document as WordDocument
from reportlab.pdfgen.canvas import Canvas

from tests.support.deployment import Browser, Deployment, hidden
from upheld.features.candidates.actions import add_document, save_profile
from upheld.features.candidates.model import Document, ProfileText
from upheld.features.jobs.actions import post_job
from upheld.features.jobs.model import Employment, JobText
from upheld.platform.acting import Acting
from upheld.platform.web.forms import Upload
from upheld.platform.web.visits import open_context

OWNER, ADA = "owner@example.com", "ada@example.org"
GONE_ON = "update upheld.sessions as s set made_at_change = p.changes from upheld.people as p where s.person_id = p.id"
"""Has no secret be older than what was planted: as if each had opened a page since. Tests hold on to cookies."""
LETTER = "I would like to look after your boats."
PROFILE = ProfileText(
    full_name="Ada Okafor",
    headline="Boat builder",
    email="ada.okafor@example.org",
    phone="+44 20 7946 0000",
    location="Bristol",
    summary="Twelve years of wooden boats.",
)


@dataclass(frozen=True)
class Application:
    """An application that was sent, with the browsers of both sides."""

    id: UUID
    job_id: UUID
    owner: Browser
    candidate: Browser

    def page(self, part: str = "") -> str:
        """Return the address of the employer's page, or of a part of it."""
        return f"/hiring/applications/{self.id}{part}"

    def own_page(self, part: str = "") -> str:
        """Return the address of the candidate's page, or of a part of it."""
        return f"/applications/{self.id}{part}"


@asynccontextmanager
async def acting_in(deployment: Deployment, browser: Browser) -> AsyncGenerator[Acting]:
    """Yield the person signed in to a browser, acting in a transaction of the web's role."""
    async with deployment.platform.database.transaction("web") as tx:
        who = await open_context(tx, deployment.secret_of(browser))
        assert who is not None
        yield who.acting(tx, deployment.platform, "192.0.2.7 tests")


@asynccontextmanager
async def employer(
    deployment: Deployment, address: str = OWNER, name: str = "Harbour & Sons"
) -> AsyncGenerator[Browser]:
    """Yield the browser of the owner of a new organisation, who has accepted the fair-use policy."""
    async with deployment.person(address) as browser:
        await browser.form("/organisations/new", name=name, website="")
        notice = hidden(await browser.get("/hiring/fair-use"), "notice")
        answer = await browser.form("/hiring/fair-use", accept="yes", notice=notice)
        assert answer.url.path == "/hiring", answer.text
        yield browser


@asynccontextmanager
async def colleague(deployment: Deployment, owner: Browser, address: str, role: str) -> AsyncGenerator[Browser]:
    """Yield the browser of another member of an owner's organisation; `test_invitations` has the way in."""
    async with acting_in(deployment, owner) as acting:
        organisation_id = acting.organisation_id
    async with deployment.person(address) as browser:
        async with acting_in(deployment, browser) as acting:
            person_id = acting.person_id
        administrator = await deployment.administrator()
        await employ(administrator, organisation_id, person_id, role)
        await administrator.close()
        yield browser


async def employ(
    administrator: Any, organisation: UUID | None, person: UUID, role: str, custom_role: UUID | None = None
) -> None:
    """Plant a member, with the acceptance without which nobody is one; their sessions act for the organisation."""
    accepted = await administrator.fetchval(
        "insert into upheld.invitations (id, organisation_id, role, language, state, accepted_by, answered_at,"
        " expires_at) values (gen_random_uuid(), $1, $3, 'en', 'accepted', $2, now(), now()) returning id",
        organisation, person, role,
    )  # fmt: skip
    await administrator.execute(
        "insert into upheld.members (organisation_id, person_id, role, custom_role_id, invitation_id)"
        " values ($1, $2, $3, $4, $5)",
        organisation, person, role, custom_role, accepted,
    )  # fmt: skip
    await administrator.execute(
        "update upheld.sessions set organisation_id = $1 where person_id = $2", organisation, person
    )
    await administrator.execute(GONE_ON)


async def everybody_becomes(administrator: Any, role: str) -> None:
    """Give every member a role, past the rule that an organisation keeps an owner."""
    async with administrator.transaction():
        await administrator.execute("set local session_replication_role = replica")
        await administrator.execute("update upheld.members set role = $1", role)


@asynccontextmanager
async def candidate(
    deployment: Deployment, address: str = ADA, profile: ProfileText = PROFILE
) -> AsyncGenerator[Browser]:
    """Yield the browser of a candidate who has written a profile."""
    async with deployment.person(address) as browser:
        async with acting_in(deployment, browser) as acting:
            await save_profile(acting, profile)
        yield browser


async def new_job(
    deployment: Deployment, owner: Browser, title: str = "Boat keeper", *, publish: bool = True, **chosen: Any
) -> UUID:
    """Post a job, and publish it unless it is to stay a draft."""
    text = JobText(
        title=title,
        employment_type=Employment.FULL_TIME,
        description="Look after nine wooden boats, all the year round.",
        location="Bristol",
        country="GB",
        **chosen,
    )
    async with acting_in(deployment, owner) as acting:
        return await post_job(acting, text, publish=publish)


async def upload(deployment: Deployment, browser: Browser, name: str, content: bytes) -> Document:
    """Upload a document of a candidate."""
    async with acting_in(deployment, browser) as acting:
        return await add_document(acting, Upload(name, content))


async def filled_form(browser: Browser, job_id: UUID, **fields: str) -> dict[str, str]:
    """Open the form of an application and fill it in; `fields` is what differs."""
    form = await browser.get(f"/jobs/{job_id}/apply")
    shown = {"profile": hidden(form, "profile"), "notice": hidden(form, "notice"), "document": "", "letter": LETTER}
    return {**shown, "consent": "yes", **fields}


async def send(browser: Browser, job_id: UUID, **fields: str) -> httpx.Response:
    """Open the form of an application, fill it in and send it."""
    return await browser.form(f"/jobs/{job_id}/apply", **await filled_form(browser, job_id, **fields))


async def apply_for(browser: Browser, job_id: UUID, **fields: str) -> UUID:
    """Apply for a job; return the id of the application."""
    answer = await send(browser, job_id, **fields)
    assert answer.status_code == httpx.codes.OK, answer.text
    found = re.fullmatch(r"/applications/([0-9a-f-]{36})", answer.url.path)
    assert found is not None, answer.url
    return UUID(found[1])


@asynccontextmanager
async def applied(deployment: Deployment, resume: tuple[str, bytes] | None = None) -> AsyncGenerator[Application]:
    """Yield an application of Ada's to a job of Harbour & Sons."""
    async with AsyncExitStack() as stack:
        owner = await stack.enter_async_context(employer(deployment))
        ada = await stack.enter_async_context(candidate(deployment))
        job_id = await new_job(deployment, owner)
        document = str((await upload(deployment, ada, *resume)).id) if resume else ""
        yield Application(await apply_for(ada, job_id, document=document), job_id, owner, ada)


def pdf(*lines: str) -> bytes:
    """Return a PDF with a few lines of text."""
    out = BytesIO()
    canvas = Canvas(out)
    for number, line in enumerate(lines):
        canvas.drawString(72, 760 - 18 * number, line)
    canvas.save()
    return out.getvalue()


def docx(*paragraphs: str) -> bytes:
    """Return a Word file with a few paragraphs."""
    out, document = BytesIO(), WordDocument()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(out)
    return out.getvalue()
