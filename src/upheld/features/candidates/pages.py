"""Pages of the profile: what is stored, writing it, and confirming what a document suggests."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.accounts.queries import own_email
from upheld.features.candidates.actions import save_profile, set_visibility
from upheld.features.candidates.document_pages import handlers as document_handlers
from upheld.features.candidates.document_pages import job_of
from upheld.features.candidates.errors import ReadingNotAllowedError
from upheld.features.candidates.model import FIELDS, ProfileText, Visibility
from upheld.features.candidates.queries import own_document, own_documents, own_profile, suggestion_from
from upheld.features.candidates.wording import MESSAGES, QUESTIONS
from upheld.kit.errors import InvalidError, NotFoundError, UnavailableError, UpheldError
from upheld.kit.resume import Suggestion
from upheld.platform.documents import DocumentError
from upheld.platform.i18n import mark
from upheld.platform.web.forms import INCOMPLETE, Form
from upheld.platform.web.pages import page, redirect
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]


@get("/profile", name="candidates.profile")
async def profile_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show what is stored, each answer with a way to change it, and who may find it."""
    acting = visit.acting()
    return page(
        request, "candidates/profile.html", profile=await own_profile(acting), documents=await own_documents(acting),
        questions=QUESTIONS, done=request.query_params.get("done", ""),
    )  # fmt: skip


@get("/profile/edit", name="candidates.edit")
async def edit_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show all questions at once, for whoever begins; the first time, with the address of the account."""
    acting = visit.acting()
    profile = await own_profile(acting)
    values = _values(profile.text)
    if profile.updated_at is None:
        values["email"] = await own_email(acting)
    return _edit_page(request, Form({**values, "job": job_of(request.query_params)}), None)


@post("/profile/edit", name="candidates.edit.do", status_code=200)
async def edit_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Store the profile and show what was stored."""
    form = await Form.read(request)
    try:
        await save_profile(visit.acting(), form.into(ProfileText, MESSAGES))
    except InvalidError as error:
        return _edit_page(request, form, error)
    return _on(request, form)


@get("/profile/edit/{answer:str}", name="candidates.edit_one")
async def edit_one_page(request: AnyRequest, visit: Visit, answer: FromPath[str]) -> Response[str]:
    """Ask one question."""
    text = (await own_profile(visit.acting())).text
    form = Form({**_values(text), "job": job_of(request.query_params)})
    return _one_page(request, answer, form, None)


@post("/profile/edit/{answer:str}", name="candidates.edit_one.do", status_code=200)
async def edit_one_do(request: AnyRequest, visit: Visit, answer: FromPath[str]) -> Response[str] | Redirect:
    """Store one answer; the others stay as they are."""
    form, acting = await Form.read(request), visit.acting()
    if answer not in FIELDS:
        raise NotFoundError
    try:
        said = getattr(Form({answer: form.get(answer)}).into(ProfileText, MESSAGES), answer)
        await save_profile(acting, msgspec.structs.replace((await own_profile(acting)).text, **{answer: said}))
    except InvalidError as error:
        return _one_page(request, answer, form, error)
    return _on(request, form)


@post("/profile/visibility", name="candidates.visibility", status_code=303)
async def visibility_do(request: AnyRequest, visit: Visit) -> Redirect:
    """Say who may find the profile."""
    form = await Form.read(request)
    try:
        visibility = Visibility(form.get("visibility"))
    except ValueError:
        raise InvalidError({}, INCOMPLETE) from None
    await set_visibility(visit.acting(), visibility)
    return redirect(request, "candidates.profile", q_done=str(visibility))


@get("/documents/{document_id:uuid}/confirm", name="candidates.confirm")
async def confirm_page(request: AnyRequest, visit: Visit, document_id: FromPath[UUID]) -> Response[str]:
    """Show what the document suggests beside what is stored; nothing is ticked."""
    return await _confirm_page(request, visit, document_id, None, None)


@post("/documents/{document_id:uuid}/confirm", name="candidates.confirm.do", status_code=200)
async def confirm_do(request: AnyRequest, visit: Visit, document_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Store the ticked values, as the candidate left them, and nothing else."""
    form, acting = await Form.read(request), visit.acting()
    await own_document(acting, document_id)
    try:
        confirmed = _confirmed(form)
        stored = (await own_profile(acting)).text
        await save_profile(acting, msgspec.structs.replace(stored, **confirmed))
    except InvalidError as error:
        return await _confirm_page(request, visit, document_id, form, error)
    return _on(request, form)


async def _confirm_page(
    request: AnyRequest, visit: Visit, document_id: UUID, form: Form | None, error: UpheldError | None
) -> Response[str]:
    acting = visit.acting()
    document, profile = await own_document(acting, document_id), await own_profile(acting)
    status, suggestion, unread = error.status if error else 200, Suggestion(), None
    try:
        suggestion = await suggestion_from(acting, document_id)
    except (ReadingNotAllowedError, DocumentError, UnavailableError) as reason:
        status, unread = reason.status, reason
    suggested = {name: value for name in FIELDS if (value := getattr(suggestion, name))}
    same = [name for name, value in suggested.items() if value == getattr(profile, name)]
    return page(
        request, "candidates/confirm.html", status=status, document=document, profile=profile, questions=QUESTIONS,
        suggested={name: value for name, value in suggested.items() if name not in same}, same=same,
        unread=unread, form=form or Form(suggested), error=error,
        job=job_of(form.values if form else request.query_params),
    )  # fmt: skip


def _confirmed(form: Form) -> dict[str, str]:
    """Return the ticked values.

    Raises:
        InvalidError: none is ticked, or a ticked one does not fit or is empty.
    """
    ticked = [name for name in FIELDS if form.checked(f"use-{name}")]
    if not ticked:
        raise InvalidError({}, mark("Tick what you want to take over, or go back to your documents."))
    empty = {name: mark("Write something here, or take the tick away.") for name in ticked if not form.get(name)}
    if empty:
        raise InvalidError(empty)
    Form({name: form.get(name) for name in ticked}).into(ProfileText, MESSAGES)
    return {name: form.get(name) for name in ticked}


def _edit_page(request: AnyRequest, form: Form, error: InvalidError | None) -> Response[str]:
    status = error.status if error else 200
    return page(request, "candidates/edit.html", status=status, form=form, error=error, questions=QUESTIONS)


def _one_page(request: AnyRequest, name: str, form: Form, error: InvalidError | None) -> Response[str]:
    if name not in FIELDS:
        raise NotFoundError
    status, question = error.status if error else 200, QUESTIONS[name]
    return page(
        request, "candidates/edit_one.html", status=status, form=form, error=error, name=name, question=question
    )  # fmt: skip


def _on(request: AnyRequest, form: Form) -> Redirect:
    """Go on to where the change was wanted: the form of an application, or the profile."""
    if form.get("job"):
        return redirect(request, "applications.apply", job_id=form.uuid("job"))
    return redirect(request, "candidates.profile", q_done="saved")


def _values(text: ProfileText) -> dict[str, str]:
    said: dict[str, str | None] = msgspec.structs.asdict(text)
    return {name: value or "" for name, value in said.items()}


handlers = [
    profile_page, edit_page, edit_do, edit_one_page, edit_one_do, visibility_do,
    confirm_page, confirm_do, *document_handlers,
]  # fmt: skip
