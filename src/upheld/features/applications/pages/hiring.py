"""Pages for employers: what to do next, the board of a job, one application.

A page that shows a candidate's data never answers with an error status: an error undoes its
transaction, and the journal entry with it. So a form that was filled in wrongly comes back
on a page of its own, without anything of the candidate on it.
"""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.applications.actions import decide_application, move_application
from upheld.features.applications.model import MOVES, OPEN_STAGES, OUTCOMES, Lane, Line, Stage
from upheld.features.applications.queries import (
    board,
    counts_by_stage,
    open_application,
    open_contact,
    open_resume_file,
    open_resume_picture,
    open_resume_text,
    received_application,
)
from upheld.features.applications.wording import EMPLOYER_STEPS, STAGE_NAMES
from upheld.features.jobs.queries import own_job, own_jobs
from upheld.features.organisations.errors import FairUseNeededError
from upheld.features.organisations.queries import may_see_candidates, own_organisation
from upheld.kit.errors import ConflictError, InvalidError, NotFoundError, UpheldError
from upheld.platform.acting import Acting
from upheld.platform.documents import PDF, DocumentError
from upheld.platform.i18n import mark
from upheld.platform.web.downloads import download_stored
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, redirect
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]
HIRE = frozenset({"owner", "manager"})
"""The roles that take part in hiring."""


@get("/hiring", name="applications.hiring")
async def hiring_page(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Say what to do next, and how many applications each job has."""
    acting = visit.acting()
    if acting.organisation_id is None:
        return redirect(request, "organisations.new")
    _check_role(acting)
    counts = await counts_by_stage(acting)
    return page(
        request,
        "applications/hiring.html",
        organisation=await own_organisation(acting),
        accepted=await may_see_candidates(acting),
        jobs=[(job, _tally(counts.get(job.id, {}))) for job in await own_jobs(acting)],
    )


@get("/hiring/jobs/{job_id:uuid}", name="applications.board")
async def board_page(request: AnyRequest, visit: Visit, job_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Show the applications to a job by stage."""
    acting = visit.acting()
    try:
        await _check_fair_use(acting)
    except FairUseNeededError:
        return redirect(request, "organisations.fair_use")
    job = await own_job(acting, job_id)
    lanes = await board(acting, job.id)
    return page(
        request,
        "applications/board.html",
        job=job,
        columns=_columns(lanes),
        counts=_counts(lanes),
        total=(total := sum(lane.number for lane in lanes)),
        at_most=total,
        stage_names=STAGE_NAMES,
        moved=_stage(request.query_params.get("moved", "")),
    )


@get("/hiring/applications/{application_id:uuid}", name="applications.page")
async def application_page(
    request: AnyRequest, visit: Visit, application_id: FromPath[UUID]
) -> Response[str] | Redirect:
    """Show what a candidate sent, and the forms to go on with it."""
    acting = visit.acting()
    try:
        opened = await open_application(acting, application_id)
    except NotFoundError:
        # Asked only now: nothing is found before fair use is accepted, and nearly always it is.
        if acting.role in HIRE and not await may_see_candidates(acting):
            return redirect(request, "organisations.fair_use")
        raise
    resume = opened.sent.resume
    text = await _text_or_none(acting, application_id) if resume and resume.media_type != PDF else None
    return page(
        request,
        "applications/application.html",
        opened=opened,
        application=opened.application,
        job=opened.application.job,
        is_picture=resume is not None and resume.media_type == PDF,
        resume_text=text,
        form=Form({}),
        error=None,
        **_choices(opened.application.stage),
    )


@get("/hiring/applications/{application_id:uuid}/contact", name="applications.contact")
async def contact_page(request: AnyRequest, visit: Visit, application_id: FromPath[UUID]) -> Response[str]:
    """Show how to reach a candidate: a page of its own, because the candidate sees each look at it."""
    acting = visit.acting()
    contact = await open_contact(acting, application_id)
    return page(request, "applications/contact.html", contact=contact, application_id=application_id)


@get("/hiring/applications/{application_id:uuid}/resume.png", name="applications.resume_picture")
async def resume_picture(visit: Visit, application_id: FromPath[UUID]) -> Response[bytes]:
    """Return the résumé drawn as a picture; what an uploader wrote never runs in a browser."""
    return Response(await open_resume_picture(visit.acting(), application_id), media_type="image/png")


@get("/hiring/applications/{application_id:uuid}/resume", name="applications.resume")
async def resume_download(request: AnyRequest, visit: Visit, application_id: FromPath[UUID]) -> Response[bytes]:
    """Hand over the résumé as it was sent, or a part of it: the candidate sees each time."""
    resume = await open_resume_file(visit.acting(), application_id)
    return await download_stored(request, resume.file, resume.media_type, resume.name)


@post("/hiring/applications/{application_id:uuid}/move", name="applications.move", status_code=200)
async def move_do(request: AnyRequest, visit: Visit, application_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Move an application, and go back to the board."""
    form = await Form.read(request)
    acting = visit.acting()
    application = await received_application(acting, application_id)
    try:
        await move_application(acting, application_id, _stage(form.get("stage")) or Stage.NEW)
    except (InvalidError, ConflictError) as error:
        return _form_again(request, "applications/move.html", application_id, application.stage, form, error)
    return redirect(request, "applications.board", job_id=application.job_id, q_moved=form.get("stage"))


@post("/hiring/applications/{application_id:uuid}/decide", name="applications.decide", status_code=200)
async def decide_do(request: AnyRequest, visit: Visit, application_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Decide about an application, and go back to the board."""
    form = await Form.read(request)
    acting = visit.acting()
    application = await received_application(acting, application_id)
    try:
        await decide_application(acting, application_id, _stage(form.get("outcome")) or Stage.NEW, form.get("reason"))
    except (InvalidError, ConflictError) as error:
        return _form_again(request, "applications/decide.html", application_id, application.stage, form, error)
    return redirect(request, "applications.board", job_id=application.job_id, q_moved=form.get("outcome"))


def _form_again(
    request: AnyRequest, template: str, application_id: UUID, stage: Stage, form: Form, error: UpheldError
) -> Response[str]:
    choices = _choices(stage)
    return page(
        request, template, status=error.status, application_id=application_id, form=form, error=error, **choices
    )


def _choices(stage: Stage) -> dict[str, Any]:
    return {
        "moves": [(one.value, STAGE_NAMES[one]) for one in MOVES if one != stage],
        "outcomes": [(one.value, STAGE_NAMES[one]) for one in OUTCOMES],
        "stage_names": STAGE_NAMES,
        "step_names": EMPLOYER_STEPS,
    }


def _check_role(acting: Acting) -> None:
    """Answer everybody who has no part in hiring as if there was nothing here.

    Raises:
        NotFoundError: they are no owner or manager of an organisation.
    """
    if acting.role not in HIRE:
        raise NotFoundError


async def _check_fair_use(acting: Acting) -> None:
    _check_role(acting)
    if not await may_see_candidates(acting):
        raise FairUseNeededError


async def _text_or_none(acting: Acting, application_id: UUID) -> str | None:
    """Return the text of a résumé, or None when it does not open; the original can still be downloaded."""
    try:
        return await open_resume_text(acting, application_id)
    except DocumentError:
        return None


def _tally(by_stage: dict[Stage, int]) -> list[tuple[str, int]]:
    """Return the names of the stages at which applications stand, each with how many; closed ones together."""
    ongoing = [(STAGE_NAMES[stage], by_stage[stage]) for stage in OPEN_STAGES if by_stage.get(stage)]
    closed = sum(number for stage, number in by_stage.items() if stage not in OPEN_STAGES)
    return [*ongoing, (mark("Closed"), closed)] if closed else ongoing


def _columns(lanes: list[Lane]) -> list[tuple[Stage | None, list[Line]]]:
    """Return the open stages with the newest at each; the closed ones come last, under None."""
    columns: list[tuple[Stage | None, list[Line]]] = [
        (lane.stage, lane.lines) for lane in lanes if lane.stage in OPEN_STAGES
    ]
    return [*columns, (None, [line for lane in lanes if lane.stage not in OPEN_STAGES for line in lane.lines])]


def _counts(lanes: list[Lane]) -> dict[str, int]:
    """Return how many applications stand at each column of the board."""
    closed = sum(lane.number for lane in lanes if lane.stage not in OPEN_STAGES)
    return {**{lane.stage.value: lane.number for lane in lanes}, "closed": closed}


def _stage(text: str) -> Stage | None:
    return next((stage for stage in Stage if stage == text), None)


handlers = [
    hiring_page, board_page, application_page, contact_page,
    resume_picture, resume_download, move_do, decide_do,
]  # fmt: skip
