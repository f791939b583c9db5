"""Pages of the documents: the list, uploading, downloading, removing, and letting us read."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.candidates.actions import add_document, remove_document
from upheld.features.candidates.model import MOST_DOCUMENTS
from upheld.features.candidates.queries import own_document, own_documents, own_file, reads_resumes
from upheld.features.consents.actions import give_consent, withdraw_consent
from upheld.features.consents.model import Kind, Purpose
from upheld.features.consents.queries import notice_in_force, one_notice
from upheld.kit.errors import InvalidError, TooSoonError, UnavailableError, UpheldError
from upheld.platform.documents import DOCX, LARGEST_DOCUMENT, PDF, NoDocumentError
from upheld.platform.i18n import mark
from upheld.platform.web.downloads import download_stored
from upheld.platform.web.forms import INCOMPLETE, Form, TooLargeError
from upheld.platform.web.pages import page, redirect, words_for
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]

KINDS = {PDF: mark("PDF"), DOCX: mark("Word")}


@get("/documents", name="candidates.documents")
async def documents_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show the documents and the form for the next."""
    return await _documents_page(request, visit, job_of(request.query_params), None)


@post("/documents", name="candidates.documents.do", status_code=200)
async def documents_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Store a document, and lead on to what it suggests, if it may be read."""
    acting, job = visit.acting(), ""
    try:
        form = await Form.read(request)
        job = job_of(form.values)
        if "file" not in form.files:
            raise NoDocumentError
        document = await add_document(acting, form.files["file"])
    except (InvalidError, TooLargeError, TooSoonError, UnavailableError) as error:
        return await _documents_page(request, visit, job, error)
    if document.text is not None:
        return redirect(
            request, "candidates.confirm", cookies=(), document_id=document.id, **({"q_job": job} if job else {})
        )
    if job:
        return redirect(request, "applications.apply", job_id=job)
    return redirect(request, "candidates.documents", q_done="added")


@get("/documents/{document_id:uuid}/file", name="candidates.file")
async def file_download(request: AnyRequest, visit: Visit, document_id: FromPath[UUID]) -> Response[bytes]:
    """Give the candidate their own file back."""
    document, file = await own_file(visit.acting(), document_id)
    return await download_stored(request, file, document.media_type, document.name)


@get("/documents/{document_id:uuid}/remove", name="candidates.remove")
async def remove_page(request: AnyRequest, visit: Visit, document_id: FromPath[UUID]) -> Response[str]:
    """Ask once more: a removed document is gone."""
    return page(request, "candidates/remove.html", document=await own_document(visit.acting(), document_id))


@post("/documents/{document_id:uuid}/remove", name="candidates.remove.do", status_code=303)
async def remove_do(request: AnyRequest, visit: Visit, document_id: FromPath[UUID]) -> Redirect:
    """Remove the document."""
    await remove_document(visit.acting(), document_id)
    return redirect(request, "candidates.documents", q_done="removed")


@post("/documents/reading", name="candidates.reading", status_code=303)
async def reading_do(request: AnyRequest, visit: Visit) -> Redirect:
    """Let us read the documents, or no longer: the same one press either way."""
    form, acting = await Form.read(request), visit.acting()
    notice = await one_notice(acting.tx, form.uuid("notice"))
    if notice.kind != Kind.ACCOUNT or form.get("reading") not in {"yes", "no"}:
        raise InvalidError({}, INCOMPLETE)
    reads = form.get("reading") == "yes"
    await (give_consent if reads else withdraw_consent)(acting, Purpose.RESUME_READING, notice.id)
    return redirect(request, "candidates.documents", q_done="reading" if reads else "not-reading")


async def _documents_page(request: AnyRequest, visit: Visit, job: str, error: UpheldError | None) -> Response[str]:
    acting = visit.acting()
    return page(
        request, "candidates/documents.html", status=error.status if error else 200, error=error,
        done=request.query_params.get("done", ""),
        documents=await own_documents(acting), reads=await reads_resumes(acting), kinds=KINDS, most=MOST_DOCUMENTS,
        largest=LARGEST_DOCUMENT, job=job,
        notice=await notice_in_force(acting.tx, Kind.ACCOUNT, words_for(request).language),
    )  # fmt: skip


def job_of(named: Mapping[str, str]) -> str:
    """Return the id of the job somebody is about to apply for, or nothing: afterwards they go on there."""
    try:
        return str(UUID(named.get("job", "")))
    except ValueError:
        return ""


handlers = [
    documents_page, documents_do, file_download, remove_page, remove_do, reading_do,
]  # fmt: skip
