"""Pages for candidates: applying, following an application to its end, taking it back."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.applications.actions import submit_application, withdraw_application
from upheld.features.applications.errors import (
    AlreadyAppliedError,
    ApplicationClosedError,
    NotTakingApplicationsError,
)
from upheld.features.applications.model import LONGEST_LETTER, OPEN_STAGES
from upheld.features.applications.queries import (
    applied_already,
    one_own_application,
    own_application,
    own_applications,
    own_resume_file,
)
from upheld.features.applications.wording import CANDIDATE_STEPS, OWN_STAGE_NAMES, ROAD
from upheld.features.candidates.queries import own_documents, own_profile
from upheld.features.candidates.wording import QUESTIONS
from upheld.features.consents.model import Kind
from upheld.features.consents.queries import notice_in_force
from upheld.features.jobs.queries import open_job
from upheld.kit.errors import InvalidError, NotFoundError, UpheldError
from upheld.platform.i18n import mark
from upheld.platform.web.downloads import download_stored
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, redirect, words_for
from upheld.platform.web.visits import OpenVisit, Visit

AnyRequest = Request[Any, Any, Any]


@get("/jobs/{job_id:uuid}/apply", name="applications.apply")
async def apply_page(request: AnyRequest, visit: Visit, job_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Show the notice, exactly what will be sent, and the form."""
    sent = await applied_already(visit.acting(), job_id)
    if sent is not None:
        return redirect(request, "applications.mine.page", application_id=sent.id)
    try:
        context = await _apply_context(request, visit, job_id)
    except NotFoundError as error:
        return page(request, "jobs/gone.html", status=error.status)
    newest = next((document.id for document in context["documents"]), "")
    return _apply_page(request, context, Form({"document": str(newest)}), None)


@post("/jobs/{job_id:uuid}/apply", name="applications.apply.do", status_code=200)
async def apply_do(request: AnyRequest, visit: Visit, job_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Send the application and show where it stands."""
    form = await Form.read(request)
    # Read first: after an error of the database the transaction answers nothing any more.
    context = await _apply_context(request, visit, job_id)
    try:
        _check_agreed(form, context["profile_version"])
        document = form.uuid("document") if form.get("document") else None
        sent = await submit_application(visit.acting(), job_id, form.get("letter"), document, form.uuid("notice"))
    except (InvalidError, AlreadyAppliedError, NotTakingApplicationsError) as error:
        return _apply_page(request, context, form, error)
    return redirect(request, "applications.mine.page", application_id=sent, q_done="sent")


@get("/applications", name="applications.mine")
async def mine_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """List a candidate's applications: those under way, then those that came to their end."""
    applications = await own_applications(visit.acting())
    return page(
        request,
        "applications/mine.html",
        running=[one for one in applications if one.closed_at is None],
        closed=[one for one in applications if one.closed_at is not None],
        stage_names=OWN_STAGE_NAMES,
    )


@get("/applications/{application_id:uuid}", name="applications.mine.page")
async def one_page(request: AnyRequest, visit: Visit, application_id: FromPath[UUID]) -> Response[str]:
    """Show where an application stands, how it got there, and what was sent."""
    followed = await own_application(visit.acting(), application_id)
    stage = followed.application.stage
    return page(
        request,
        "applications/mine_page.html",
        followed=followed,
        application=followed.application,
        road=[words_for(request)(label) for label in ROAD],
        at=OPEN_STAGES.index(stage) + 1 if stage in OPEN_STAGES else None,
        stage_names=OWN_STAGE_NAMES,
        step_names=CANDIDATE_STEPS,
        done=request.query_params.get("done", ""),
    )


@get("/applications/{application_id:uuid}/resume", name="applications.mine.resume")
async def own_resume(request: AnyRequest, visit: Visit, application_id: FromPath[UUID]) -> Response[bytes]:
    """Hand the résumé back to the candidate who sent it."""
    resume = await own_resume_file(visit.acting(), application_id)
    return await download_stored(request, resume.file, resume.media_type, resume.name)


@get("/applications/{application_id:uuid}/withdraw", name="applications.withdraw")
async def withdraw_page(request: AnyRequest, visit: Visit, application_id: FromPath[UUID]) -> Response[str]:
    """Say what withdrawing means, and ask once."""
    application = await one_own_application(visit.acting(), application_id)
    return page(request, "applications/withdraw.html", application=application, error=None)


@post("/applications/{application_id:uuid}/withdraw", name="applications.withdraw.do", status_code=200)
async def withdraw_do(request: AnyRequest, visit: Visit, application_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Take the application back."""
    application = await one_own_application(visit.acting(), application_id)
    try:
        await withdraw_application(visit.acting(), application_id)
    except ApplicationClosedError as error:
        status = error.status
        return page(request, "applications/withdraw.html", status=status, application=application, error=error)
    return redirect(request, "applications.mine.page", application_id=application_id, q_done="withdrawn")


def _check_agreed(form: Form, profile_version: str) -> None:
    """Make sure that they agreed, and to what would be sent now."""
    if form.get("profile") != profile_version:
        raise InvalidError({}, mark("Your profile has changed since you opened this page. Look at it once more."))
    if not form.checked("consent"):
        raise InvalidError({"consent": mark("Tick the box to agree. Without it, nothing is sent.")})


def _apply_page(request: AnyRequest, context: dict[str, Any], form: Form, error: UpheldError | None) -> Response[str]:
    status = error.status if error else 200
    return page(request, "applications/apply.html", status=status, form=form, error=error, **context)


async def _apply_context(request: AnyRequest, visit: OpenVisit, job_id: UUID) -> dict[str, Any]:
    acting = visit.acting()
    profile, documents, words = await own_profile(acting), await own_documents(acting), words_for(request)
    return {
        "job": await open_job(visit.tx, job_id),
        "profile": profile,
        "profile_version": profile.updated_at.isoformat() if profile.updated_at else "",
        "is_complete": bool(profile.full_name and profile.email),
        "questions": QUESTIONS,
        "documents": documents,
        "choices": [
            *(
                (str(one.id), one.name, words("Uploaded on %(day)s", {"day": words.day(one.uploaded_at)}))
                for one in documents
            ),
            ("", words("Send no résumé"), ""),
        ],
        "notice": await notice_in_force(visit.tx, Kind.APPLICATION, words.language),
        "longest_letter": LONGEST_LETTER,
    }


handlers = [
    apply_page, apply_do, mine_page, one_page, own_resume, withdraw_page, withdraw_do,
]  # fmt: skip
