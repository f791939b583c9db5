"""The queries of candidates, typed."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from upheld.features.candidates.model import FIELDS, DocumentRow, ProfileRow, Visibility
from upheld.platform.database import Transaction, load_queries

_Q = load_queries("upheld.features.candidates")


async def own_profile(tx: Transaction) -> ProfileRow | None:
    """Return the profile of the person asking, sealed; None when there is none."""
    return await tx.one(_Q["own_profile"], into=ProfileRow)


async def save_profile(tx: Transaction, sealed: Mapping[str, bytes | None]) -> None:
    """Write the contents of the profile of the person asking."""
    await tx.run(_Q["save_profile"], *(sealed[f"{name}_sealed"] for name in FIELDS))


async def start_profile(tx: Transaction) -> None:
    """Start an empty, private profile, unless there is one."""
    await tx.run(_Q["start_profile"])


async def set_visibility(tx: Transaction, visibility: Visibility) -> bool:
    """Say who may find the profile; False when it was so already."""
    return bool(await tx.run(_Q["set_visibility"], visibility))


async def own_documents(tx: Transaction) -> list[DocumentRow]:
    """Return the documents of the person asking, sealed, newest first."""
    return await tx.all(_Q["own_documents"], into=DocumentRow)


async def hold_documents(tx: Transaction) -> None:
    """Let one change of somebody's documents happen at a time."""
    await tx.value(_Q["hold_documents"])


async def count_documents(tx: Transaction) -> int:
    """Return how many documents the person asking keeps."""
    return await tx.value(_Q["count_documents"])


async def add_document(
    tx: Transaction, document: UUID, file: UUID, media_type: str, size_bytes: int, sealed: Mapping[str, bytes | None]
) -> dt.datetime:
    """Add a document of the person asking; return when that was."""
    names = (sealed["name_sealed"], sealed["text_sealed"])
    return await tx.value(_Q["add_document"], document, file, media_type, size_bytes, *names)


async def remove_document(tx: Transaction, document: UUID) -> UUID | None:
    """Remove a document of the person asking; return the file it named."""
    return await tx.value(_Q["remove_document"], document)


async def disclose(tx: Transaction, organisation: UUID, sections: list[str]) -> None:
    """Add sections to what the person asking shares with an organisation."""
    await tx.run(_Q["disclose"], organisation, sections)


async def end_disclosure(tx: Transaction, organisation: UUID) -> None:
    """End what the person asking shares with an organisation."""
    await tx.run(_Q["end_disclosure"], organisation)
