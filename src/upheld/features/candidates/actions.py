"""Writing one's own profile and documents, and sharing them."""

import re
from collections.abc import Collection
from functools import partial
from uuid import UUID, uuid4

import msgspec

from upheld.features.audit.actions import record
from upheld.features.audit.model import Action
from upheld.features.candidates import store
from upheld.features.candidates.errors import TooManyDocumentsError
from upheld.features.candidates.model import FIELDS, MOST_DOCUMENTS, Document, ProfileText, Visibility
from upheld.features.candidates.queries import own_document, reads_resumes
from upheld.kit.errors import NotFoundError, RefusedError
from upheld.platform.acting import Acting
from upheld.platform.documents import check_document, read_document, recognise
from upheld.platform.documents.text import tidy
from upheld.platform.limits import take
from upheld.platform.limits.rules import UPLOADS_PER_PERSON
from upheld.platform.objects import documents_of, new_object_id
from upheld.platform.vault import PLATFORM, KeyRef
from upheld.platform.web.forms import Upload

_LONGEST_STEM = 110


async def save_profile(acting: Acting, text: ProfileText) -> None:
    """Store what the candidate says of themselves, all of it; who may find it does not change."""
    key = KeyRef(acting.person_id, PLATFORM, "profile")
    values: dict[str, str | None] = msgspec.structs.asdict(text)
    sealed = await acting.platform.vault.seal(
        key, "profiles", acting.person_id, {f"{name}_sealed": values[name] or None for name in FIELDS}
    )
    await store.save_profile(acting.tx, sealed)
    await record(acting, Action.PROFILE_CHANGED, "profile", acting.person_id)


async def set_visibility(acting: Acting, visibility: Visibility) -> None:
    """Say who may find the profile."""
    await store.start_profile(acting.tx)
    if await store.set_visibility(acting.tx, visibility):
        await record(acting, Action.VISIBILITY_CHANGED, "profile", acting.person_id, {"visibility": str(visibility)})


async def add_document(acting: Acting, upload: Upload) -> Document:
    """Store a document: opened once to see that it is whole, read when the candidate allows it.

    The sealed file is stored before the row that names it, and removed again if the
    transaction does not last. Only a kill between the two leaves a file that no row names:
    ciphertext, unreadable at the latest when the candidate's keys are destroyed.

    Raises:
        DocumentError: it is not a document we take; the message says what to do.
        TooManyDocumentsError: they keep ten already.
        TooSoonError: too many uploads.
    """
    name, content = _plain_name(upload.name), upload.content
    media_type = recognise(content, name)
    async with acting.platform.database.attempt() as tx:
        await take(tx, acting.platform, UPLOADS_PER_PERSON, str(acting.person_id))
    await _leave_room(acting)
    text = await _text_if_allowed(acting, content, media_type)
    # Only now: whoever waits for somebody's lock holds a connection while a document is opened.
    await store.hold_documents(acting.tx)
    await _leave_room(acting)
    if text is not None and not await reads_resumes(acting):
        text = None  # they have taken the permission back while we read
    document_id = await _keep(acting, name, content, media_type, text)
    return await own_document(acting, document_id)


async def keep_invented_document(acting: Acting, upload: Upload) -> UUID:
    """Store a document that the demo has drawn itself; nobody sent it, so nothing has to open it first.

    Raises:
        RefusedError: this is not a demo.
    """
    if not acting.platform.settings.demo:
        raise RefusedError
    name = _plain_name(upload.name)
    return await _keep(acting, name, upload.content, recognise(upload.content, name), None)


async def _keep(acting: Acting, name: str, content: bytes, media_type: str, text: str | None) -> UUID:
    """Store the sealed file, then the row that names it."""
    document_id, object_id, key = uuid4(), new_object_id(acting.platform.clock.now()), documents_of(acting.person_id)
    acting.tx.if_undone(partial(acting.platform.objects.remove, [key], [object_id]))
    await acting.platform.objects.put(key, object_id, content)
    words = {"name_sealed": name, "text_sealed": text}
    sealed = await acting.platform.vault.seal(key, "documents", document_id, words)
    await store.add_document(acting.tx, document_id, object_id, media_type, len(content), sealed)
    await record(acting, Action.DOCUMENT_ADDED, "document", document_id, {"media_type": media_type})
    return document_id


async def remove_document(acting: Acting, document_id: UUID) -> None:
    """Remove a document: its row now, its file as soon as that is certain.

    Copies that went to employers with applications are theirs, and stay.

    Raises:
        NotFoundError: there is none, or it is somebody else's.
    """
    object_id = await store.remove_document(acting.tx, document_id)
    if object_id is None:
        raise NotFoundError
    acting.tx.once_committed(partial(acting.platform.objects.remove, [documents_of(acting.person_id)], [object_id]))
    await record(acting, Action.DOCUMENT_REMOVED, "document", document_id)


async def disclose(acting: Acting, organisation_id: UUID, sections: Collection[str]) -> None:
    """Share sections (identity, contact, summary, resume) with an employer, beside those shared already."""
    await store.disclose(acting.tx, organisation_id, sorted(set(sections)))


async def end_disclosure(acting: Acting, organisation_id: UUID) -> None:
    """Share nothing more with an employer; ending twice changes nothing."""
    await store.end_disclosure(acting.tx, organisation_id)


async def _leave_room(acting: Acting) -> None:
    if await store.count_documents(acting.tx) >= MOST_DOCUMENTS:
        raise TooManyDocumentsError


async def _text_if_allowed(acting: Acting, content: bytes, media_type: str) -> str | None:
    if await reads_resumes(acting):
        return (await read_document(content, media_type, acting.person_id)).text
    await check_document(content, media_type, acting.person_id)
    return None


def _plain_name(name: str) -> str:
    """Return the name of a file without folders, invisible characters and excess length."""
    last = " ".join(tidy(re.split(r"[\\/]", name)[-1]).split())
    stem, _, extension = last.rpartition(".")
    return f"{stem[:_LONGEST_STEM] or 'document'}.{extension[:8]}"
