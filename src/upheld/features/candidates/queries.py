"""Reading one's own profile and documents."""

from collections.abc import Sequence
from uuid import UUID

from upheld.features.candidates import store
from upheld.features.candidates.errors import ReadingNotAllowedError
from upheld.features.candidates.model import FIELDS, Document, DocumentRow, Profile
from upheld.features.consents.model import Purpose
from upheld.features.consents.queries import has_consented
from upheld.kit.errors import NotFoundError
from upheld.kit.resume import Suggestion, suggest_profile
from upheld.platform.acting import Acting
from upheld.platform.documents import read_document
from upheld.platform.objects import Stored, documents_of


async def own_profile(acting: Acting) -> Profile:
    """Return the profile of the person asking; an empty, private one when they wrote none."""
    row = await store.own_profile(acting.tx)
    if row is None:
        return Profile()
    sealed = {name: getattr(row, f"{name}_sealed") for name in FIELDS}
    opened = await acting.platform.vault.open(
        "profiles", acting.person_id, {f"{name}_sealed": blob for name, blob in sealed.items()}
    )
    texts = {name: opened[f"{name}_sealed"] for name in FIELDS}
    return Profile(visibility=row.visibility, updated_at=row.updated_at, **texts)


async def own_documents(acting: Acting) -> list[Document]:
    """Return the documents of the person asking, newest first."""
    return await _opened(acting, await store.own_documents(acting.tx))


async def own_document(acting: Acting, document_id: UUID) -> Document:
    """Return one document of the person asking.

    Raises:
        NotFoundError: there is none, or it is somebody else's.
    """
    rows = [row for row in await store.own_documents(acting.tx) if row.id == document_id]
    if not rows:
        raise NotFoundError
    return (await _opened(acting, rows))[0]


async def own_file(acting: Acting, document_id: UUID) -> tuple[Document, Stored]:
    """Return one document of the person asking with its file, which is not read yet.

    Raises:
        NotFoundError: there is none, or it is somebody else's.
    """
    document = await own_document(acting, document_id)
    return document, _stored(acting, document)


async def reads_resumes(acting: Acting) -> bool:
    """Whether the person asking lets us read the documents they upload."""
    return await has_consented(acting, Purpose.RESUME_READING)


async def suggestion_from(acting: Acting, document_id: UUID) -> Suggestion:
    """Return what a document suggests for the profile of the person asking.

    A document uploaded before they let us read is read now, and its text not kept.

    Raises:
        NotFoundError: there is none, or it is somebody else's.
        ReadingNotAllowedError: they do not let us read, or no longer.
        DocumentError: it cannot be read.
    """
    document = await own_document(acting, document_id)
    if not await reads_resumes(acting):
        raise ReadingNotAllowedError
    text = document.text
    if text is None:
        content = await _stored(acting, document).read()
        text = (await read_document(content, document.media_type, acting.person_id)).text
    return suggest_profile(text)


def _stored(acting: Acting, document: Document) -> Stored:
    return Stored(acting.platform.objects, documents_of(acting.person_id), document.object_id, document.size_bytes)


async def _opened(acting: Acting, rows: Sequence[DocumentRow]) -> list[Document]:
    opened = await acting.platform.vault.open_rows(
        "documents", [(row.id, {"name_sealed": row.name_sealed, "text_sealed": row.text_sealed}) for row in rows]
    )
    return [
        Document(
            id=row.id,
            object_id=row.object_id,
            name=texts["name_sealed"] or "",
            media_type=row.media_type,
            size_bytes=row.size_bytes,
            uploaded_at=row.uploaded_at,
            text=texts["text_sealed"],
        )
        for row, texts in zip(rows, opened, strict=True)
    ]
