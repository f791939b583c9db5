"""The privacy centre: what is held, who saw it, what was agreed to."""

import datetime as dt
from itertools import groupby
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.accounts.queries import own_email
from upheld.features.applications.queries import own_applications
from upheld.features.audit.queries import own_history
from upheld.features.consents.model import Purpose
from upheld.features.privacy import actions, queries
from upheld.features.privacy.model import JournalFilter, JournalLine
from upheld.features.privacy.wording import ACTS, DONE, PARTS, PARTS_SEEN, PURPOSES
from upheld.kit.errors import NotFoundError
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import asked_number, page, redirect, words_for
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]
_LOOKS, _ACTS, _LAST_PAGE = 5, 20, 10_000


@get("/privacy", name="privacy.home")
async def centre_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show what is held, who saw it, what was agreed to, and the ways out."""
    acting = visit.acting()
    looks = await queries.journal(acting, _LOOKS)
    return page(
        request,
        "privacy/home.html",
        email=await own_email(acting),
        holdings=await queries.holdings(acting),
        days=_by_day(looks),
        looks=len(looks),
        consents=await queries.consents(acting),
        acts=await own_history(acting, _ACTS),
        erasure=await queries.own_erasure(acting),
        controller=visit.platform.settings.controller,
        contact=visit.platform.settings.contact,
        parts_seen=PARTS_SEEN,
        purposes=PURPOSES,
        act_names=ACTS,
        done=DONE.get(request.query_params.get("done", "")),
    )


@get("/privacy/journal", name="privacy.journal")
async def journal_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show the whole journal by day, or what a filter leaves of it, a hundred lines a page; also as a table."""
    acting = visit.acting()
    number = max(1, asked_number(request, "page", otherwise=1, at_most=_LAST_PAGE))
    viewers = await queries.viewers(acting)
    part = next((name for name in PARTS if name == request.query_params.get("part")), None)
    viewer = next((one for one in viewers if str(one.id) == request.query_params.get("organisation")), None)
    wanted = JournalFilter(part, viewer.id if viewer else None)
    lines = await queries.journal(acting, queries.JOURNAL_PAGE, number, wanted)
    as_table = request.query_params.get("as") == "table"
    asked = {"part": part, "organisation": viewer.id if viewer else None}
    return page(
        request, "privacy/journal.html", journal=lines, days=_by_day(lines), number=number, as_table=as_table,
        more=len(lines) == queries.JOURNAL_PAGE, parts_of_data=PARTS, parts_seen=PARTS_SEEN, viewers=viewers,
        wanted=wanted, query={name: str(value) for name, value in asked.items() if value},
    )  # fmt: skip


@get("/privacy/agreed/{notice_id:uuid}", name="privacy.agreed")
async def agreed_page(request: AnyRequest, visit: Visit, notice_id: FromPath[UUID]) -> Response[str]:
    """Show the very words that somebody was shown when they agreed, whatever is in force today."""
    notice, said = await queries.agreed_to(visit.acting(), notice_id)
    return page(request, "privacy/agreed.html", notice=notice, said=said, purposes=PURPOSES)


@get("/privacy/consents/{organisation_id:uuid}/withdraw", name="privacy.consents.withdraw")
async def withdraw_page(request: AnyRequest, visit: Visit, organisation_id: FromPath[UUID]) -> Response[str]:
    """Say what withdrawing the consent to an employer brings about, and ask once."""
    acting = visit.acting()
    consent = await queries.standing_consent(acting, Purpose.APPLICATION, organisation_id)
    taken_back = [
        one for one in await own_applications(acting) if one.organisation_id == organisation_id and not one.closed_at
    ]
    return page(request, "privacy/withdraw_consent.html", consent=consent, taken_back=taken_back)


@post("/privacy/consents", name="privacy.consents.do", status_code=303)
async def consents_do(request: AnyRequest, visit: Visit) -> Redirect:
    """Give or withdraw one consent."""
    form = await Form.read(request)
    acting, purpose = visit.acting(), _purpose(form)
    if form.get("give") == "yes":
        await actions.allow(acting, purpose, words_for(request).language)
        return redirect(request, "privacy.home", q_done="given")
    organisation = form.uuid("organisation") if form.get("organisation") else None
    await actions.withdraw(acting, purpose, organisation)
    return redirect(request, "privacy.home", q_done="withdrawn")


def _by_day(lines: list[JournalLine]) -> list[tuple[dt.date, list[JournalLine]]]:
    """Return lines, newest first, by the day (UTC) on which they were written."""
    return [(day, list(group)) for day, group in groupby(lines, lambda line: line.at.astimezone(dt.UTC).date())]


def _purpose(form: Form) -> Purpose:
    try:
        return Purpose(form.get("purpose"))
    except ValueError:
        raise NotFoundError from None


handlers = [
    centre_page, journal_page, agreed_page, withdraw_page, consents_do,
]  # fmt: skip
