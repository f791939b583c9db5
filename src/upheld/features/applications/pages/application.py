"""One application, for its employer: what was sent, and how to go on with it.

A page that shows a candidate's data never answers with an error status: an error undoes its
transaction, and the journal entry with it. So a form that was filled in wrongly comes back
on a page of its own, without anything of the candidate on it.
"""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.applications.actions import check_decision, decide_application, move_application
from upheld.features.applications.desk.store import neighbours
from upheld.features.applications.model import MOVES, OPEN_STAGES, OUTCOMES, Application, OpenedApplication, Stage
from upheld.features.applications.pages.asked import asked_stage, check_role, done_from, fair_use_first
from upheld.features.applications.queries import (
    open_application,
    open_contact,
    open_resume_file,
    open_resume_picture,
    open_resume_text,
    received_application,
)
from upheld.features.applications.wording import EMPLOYER_STEPS, STAGE_NAMES
from upheld.features.organisations.model import Permission
from upheld.features.organisations.queries import check_may
from upheld.kit.deadlines import APPLICATION_RECORD, kept_until
from upheld.kit.errors import ConflictError, InvalidError, NotFoundError, UpheldError
from upheld.platform.acting import Acting
from upheld.platform.documents import PDF, DocumentError
from upheld.platform.web.downloads import download_stored
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, redirect, words_for
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]


@get("/hiring/applications/{application_id:uuid}", name="applications.page")
async def application_page(
    request: AnyRequest, visit: Visit, application_id: FromPath[UUID]
) -> Response[str] | Redirect:
    """Show what a candidate sent, and the forms to go on with it."""
    acting = visit.acting()
    check_role(acting)
    try:
        opened = await open_application(acting, application_id)
    except NotFoundError:
        return await fair_use_first(request, acting)
    return page(
        request,
        "applications/application.html",
        opened=opened,
        application=opened.application,
        job=opened.application.job,
        beside=opened.beside,
        form=Form({"stage": _next_stage(opened.application.stage)}),
        error=None,
        done=done_from(request),
        **await _resume(acting, opened),
        **_choices(request, opened.application.stage),
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
    """Move an application, and go on to the board or to the next application."""
    form = await Form.read(request)
    acting = visit.acting()
    application = await received_application(acting, application_id)
    after = await _after(acting, application, form)
    try:
        await move_application(acting, application_id, asked_stage(form.get("stage")) or Stage.NEW)
    except (InvalidError, ConflictError) as error:
        return _form_again(request, "applications/move.html", application, form, error)
    return _go_on(request, application, after, form.get("stage"))


@post("/hiring/applications/{application_id:uuid}/decide/check", name="applications.decide.check", status_code=200)
async def check_do(request: AnyRequest, visit: Visit, application_id: FromPath[UUID]) -> Response[str]:
    """Show a decision as the candidate will read it, and what it does; nothing is decided yet."""
    form = await Form.read(request)
    application = await received_application(visit.acting(), application_id)
    check_may(visit.acting(), Permission.APPLICATION_DECIDE)
    try:
        check_decision(application, asked_stage(form.get("outcome")), form.get("reason"))
    except (InvalidError, ConflictError) as error:
        return _form_again(request, "applications/decide.html", application, form, error)
    return page(
        request,
        "applications/decide_check.html",
        application_id=application_id,
        form=form,
        outcome=form.get("outcome"),
        keep_until=kept_until(APPLICATION_RECORD, visit.platform.clock.now()),
        stage_names=STAGE_NAMES,
    )


@post("/hiring/applications/{application_id:uuid}/decide/again", name="applications.decide.again", status_code=200)
async def again_do(request: AnyRequest, visit: Visit, application_id: FromPath[UUID]) -> Response[str]:
    """Show the form of a decision once more, with everything that was typed."""
    form = await Form.read(request)
    application = await received_application(visit.acting(), application_id)
    check_may(visit.acting(), Permission.APPLICATION_DECIDE)
    return _form_again(request, "applications/decide.html", application, form, None)


@post("/hiring/applications/{application_id:uuid}/decide", name="applications.decide", status_code=200)
async def decide_do(request: AnyRequest, visit: Visit, application_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Decide about an application for good, and go on to the board or to the next application."""
    form = await Form.read(request)
    acting = visit.acting()
    application = await received_application(acting, application_id)
    after = await _after(acting, application, form)
    outcome = asked_stage(form.get("outcome")) or Stage.NEW
    try:
        await decide_application(acting, application_id, outcome, form.get("reason"))
    except (InvalidError, ConflictError) as error:
        return _form_again(request, "applications/decide.html", application, form, error)
    return _go_on(request, application, after, form.get("outcome"))


def _next_stage(stage: Stage) -> str:
    """Return where an application usually goes from here: the next open stage, or the one before the last."""
    later = [one for one in MOVES if stage in OPEN_STAGES and OPEN_STAGES.index(one) > OPEN_STAGES.index(stage)]
    return (later or [MOVES[-2]])[0]


async def _after(acting: Acting, application: Application, form: Form) -> UUID | None:
    """Return the application to show next, when that is what was asked for; read before this one moves."""
    if form.get("then") not in {"next", "yes"}:
        return None
    beside = await neighbours(acting.tx, application.id)
    return beside.older or beside.newer


def _go_on(request: AnyRequest, application: Application, after: UUID | None, stage: str) -> Redirect:
    name, parts = "applications.board", {"job_id": application.job_id}
    if after is not None:
        name, parts = "applications.page", {"application_id": after}
    return redirect(request, name, cookies=(), q_moved=stage, q_was=application.stage, q_one=application.id, **parts)


def _form_again(
    request: AnyRequest, template: str, application: Application, form: Form, error: UpheldError | None
) -> Response[str]:
    return page(
        request,
        template,
        status=error.status if error else 200,
        application_id=application.id,
        form=form,
        error=error,
        **_choices(request, application.stage),
    )


def _choices(request: AnyRequest, stage: Stage) -> dict[str, Any]:
    words = words_for(request)
    return {
        "moves": [(one.value, words(STAGE_NAMES[one])) for one in MOVES if one != stage],
        "outcomes": [(one.value, words(STAGE_NAMES[one]), "") for one in OUTCOMES],
        "open_stages": OPEN_STAGES,
        "stage_names": STAGE_NAMES,
        "step_names": EMPLOYER_STEPS,
    }


async def _resume(acting: Acting, opened: OpenedApplication) -> dict[str, Any]:
    """Return how the résumé is shown: as a picture, as text, or not at all; the original can be downloaded."""
    resume = opened.sent.resume
    if resume is None or resume.media_type == PDF:
        return {"is_picture": resume is not None, "resume_text": None}
    try:
        return {"is_picture": False, "resume_text": await open_resume_text(acting, opened.application.id)}
    except DocumentError:
        return {"is_picture": False, "resume_text": None}


handlers = [
    application_page, contact_page, resume_picture, resume_download, move_do, check_do, again_do, decide_do,
]  # fmt: skip
