"""Reading what is held, who saw it, and where an erasure stands."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from upheld.features.applications.model import OwnApplication
from upheld.features.consents.model import Consent, Notice, Purpose
from upheld.features.consents.queries import one_notice, own_consents
from upheld.features.privacy import store
from upheld.features.privacy.errors import UnknownReceiptError
from upheld.features.privacy.model import (
    ConsentLine,
    Deadline,
    DeadlineKind,
    ErasureState,
    Holdings,
    JournalFilter,
    JournalLine,
    Leaving,
    OwnErasure,
    Viewer,
)
from upheld.kit.deadlines import APPLICATION_RECORD, kept_until
from upheld.kit.errors import NotFoundError
from upheld.platform.acting import Acting
from upheld.platform.database import Transaction
from upheld.platform.register import RegisterError
from upheld.platform.services import Platform

JOURNAL_PAGE = 100


async def holdings(acting: Acting) -> Holdings:
    """Return how much is held about the person, by kind."""
    return await store.holdings(acting.tx)


async def journal(
    acting: Acting, at_most: int = JOURNAL_PAGE, page: int = 1, wanted: JournalFilter | None = None
) -> list[JournalLine]:
    """Return who saw which part of the person's data, newest first."""
    return await store.journal(acting.tx, wanted or JournalFilter(), at_most, (page - 1) * at_most)


async def viewers(acting: Acting) -> list[Viewer]:
    """Return the organisations that saw something of the person, by name."""
    return await store.viewers(acting.tx)


async def deadlines(acting: Acting, applications: Iterable[OwnApplication]) -> list[Deadline]:
    """Return the days on which something happens by itself to the person or their applications, soonest first."""
    today = acting.platform.clock.now().astimezone(dt.UTC).date()
    erasure = await own_erasure(acting)
    found = [] if erasure is None else [Deadline(erasure.due_at.astimezone(dt.UTC).date(), DeadlineKind.LEAVING)]
    for one in applications:
        if one.keep_until is not None:
            found.append(Deadline(one.keep_until, DeadlineKind.RECORD_ENDS, one))
        elif one.job_closes_on is not None:
            found.append(Deadline(one.job_closes_on, DeadlineKind.LAST_DAY_TO_APPLY, one))
    return sorted((one for one in found if one.on >= today), key=lambda one: one.on)


async def standing_consent(acting: Acting, purpose: Purpose, organisation_id: UUID | None) -> ConsentLine:
    """Return a consent that the person has given and not withdrawn.

    Raises:
        NotFoundError: no such consent stands.
    """
    for line in await consents(acting):
        if line.given and (line.purpose, line.organisation_id) == (purpose, organisation_id):
            return line
    raise NotFoundError


async def agreed_to(acting: Acting, notice_id: UUID) -> tuple[Notice, list[Consent]]:
    """Return the wording that the person was shown, and what they said to it, newest first.

    Raises:
        NotFoundError: they never said anything to it.
    """
    said = [one for one in await own_consents(acting) if one.notice_id == notice_id]
    if not said:
        raise NotFoundError
    return await one_notice(acting.tx, notice_id), said


async def consents(acting: Acting) -> list[ConsentLine]:
    """Return the last word about each purpose; the account's own first, then by employer."""
    latest: dict[tuple[str, UUID | None], ConsentLine] = {}
    for one in await own_consents(acting):
        line = ConsentLine(
            one.purpose,
            one.organisation_id,
            one.organisation_name,
            one.given,
            one.at,
            one.notice_id,
            one.notice_version,
        )
        latest.setdefault((one.purpose, one.organisation_id), line)
    order = list(Purpose)
    return sorted(latest.values(), key=lambda line: (order.index(Purpose(line.purpose)), line.organisation_name or ""))


async def own_erasure(acting: Acting) -> OwnErasure | None:
    """Return the person's pending request to leave."""
    return await store.own_erasure(acting.tx)


async def leaving(acting: Acting) -> Leaving:
    """Return what leaving now would mean."""
    settings = acting.platform.settings
    return Leaving(
        holdings=await store.holdings(acting.tx),
        records=await store.records(acting.tx),
        keep_until=kept_until(APPLICATION_RECORD, acting.platform.clock.now() + settings.erasure_grace),
        orphaned=await store.orphaned(acting.tx),
        grace=settings.erasure_grace,
    )


async def erasure(tx: Transaction, receipt: str) -> ErasureState:
    """Return where an erasure stands, for whoever holds its receipt.

    Raises:
        UnknownReceiptError: no erasure has this receipt.
    """
    found = await store.erasure_by_receipt(tx, receipt_bytes(receipt))
    if found is None:
        raise UnknownReceiptError
    return found


async def may_call_off(tx: Transaction, receipt: str) -> bool:
    """Whether whoever is signed in holds their own receipt, and it is not too late."""
    return await store.owns_receipt(tx, receipt_bytes(receipt))


def receipt_bytes(receipt: str) -> bytes:
    """Return the secret in a receipt's address.

    Raises:
        UnknownReceiptError: it is none.
    """
    try:
        return bytes.fromhex(receipt)
    except ValueError:
        raise UnknownReceiptError from None


async def mismatches(platform: Platform) -> set[UUID]:
    """Return who is in the register of erasures and has a key or an account all the same.

    Whose erasure has begun and will be finished by the worker is no mismatch.
    """
    named = [entry.person_id for entry in await platform.register.entries()]
    async with platform.database.maintenance() as tx:
        existing = await store.which_exist(tx, named)
        under_way = await store.erasures_under_way(tx)
    return (existing | await platform.register.survivors(named)) - under_way


async def check_register(platform: Platform) -> None:
    """Refuse to start while somebody who was erased is here again, as after a restore.

    Raises:
        RegisterError: with what to do about it.
    """
    returned = await mismatches(platform)
    restored = await platform.register.restored()
    if restored is not None:
        msg = (
            f"A backup was restored here at {restored.restored_at:%Y-%m-%d %H:%M} UTC. Nothing is served until the "
            "erasures since then have been repeated: run `upheld erasures replay`, then start again."
        )
        raise RegisterError(msg)
    if returned:
        msg = (
            f"{len(returned)} people who were erased are here again, as after the restore of an older backup. "
            "Nothing is served until their erasure is repeated: run `upheld erasures replay`, then start again."
        )
        raise RegisterError(msg)
