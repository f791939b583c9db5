"""Duties of the platform itself: retention, rotation of the epoch key, repeating erasures."""

import datetime as dt
import hashlib
import logging
import secrets
from uuid import UUID, uuid4

from upheld.features.audit.actions import record_duty
from upheld.features.audit.model import Action
from upheld.features.privacy import store
from upheld.features.privacy.jobs import erase
from upheld.features.privacy.queries import mismatches
from upheld.features.privacy.rotation import drop_spent, replace_key
from upheld.kit.errors import UpheldError
from upheld.platform.database import Transaction
from upheld.platform.mail import Mailer
from upheld.platform.objects import application_of
from upheld.platform.register import Entry
from upheld.platform.services import Platform
from upheld.platform.vault import PLATFORM

log = logging.getLogger("upheld.duties")

LEFT_BEHIND_AFTER = dt.timedelta(minutes=30)
"""Longer than any transaction that writes files may take (`LONGEST_REQUEST`), and short enough that
with a turn every ten minutes no file without a row gets an hour old."""

RECENT = dt.timedelta(hours=4)
"""How far back a turn looks; what is older was looked for when the worker started, or last night."""

MOST_LEFT_BEHIND = 100
"""More files than this without a row are no trace of a crash but of a wrong database: they stay."""


async def tidy(platform: Platform, *, all_files: bool = True) -> dict[str, int]:
    """Remove what no rule lets us keep any longer; return how many of each.

    Args:
        platform: what is tidied.
        all_files: whether to look through all files for those left behind by a crash, which
            reads the whole listing of the store, or only through those of the last hours.
    """
    spent = await drop_spent(platform)
    async with platform.database.maintenance() as tx:
        counts = {**spent, "counters": await store.drop_spent_counters(tx), **await store.remove_expired(tx)}
        counts["unproven_accounts"] = await _remove_unproven(platform, tx)
        counts["invitations"] = await _remove_ended_invitations(platform, tx)
        counts["applications"] = await _remove_old_applications(platform, tx)
        counts["files"] = await _remove_left_behind(platform, tx, all_files=all_files)
        counts["overdue_erasures"] = await store.count_overdue_erasures(tx)
        await record_duty(tx, Action.RETENTION_RAN, dict(counts))
    if counts["overdue_erasures"]:
        log.error("%s erasures are overdue by an hour or more", counts["overdue_erasures"])
    return counts


async def rotate_when_due(platform: Platform) -> int | None:
    """Replace the epoch key when it is older than the settings allow; return how many keys moved."""
    age = platform.clock.now() - platform.keys.epoch_began_at()
    if age < dt.timedelta(days=platform.settings.epoch_days):
        return None
    return await rotate(platform)


async def rotate(platform: Platform) -> int:
    """Replace the epoch key and destroy the old one; return how many keys moved."""
    return await replace_key(platform, "epoch")


async def replay(platform: Platform, mailer: Mailer) -> list[int]:
    """Repeat the erasure of everybody in the register who is here again; return their entries.

    Needs the database roles `maintenance` and `worker`: neither alone can erase anyone.
    """
    returned = await mismatches(platform)
    repeated: list[int] = []
    for entry in await platform.register.entries():
        if entry.person_id in returned:
            await _repeat(platform, mailer, entry)
            repeated.append(entry.number)
    if repeated:
        async with platform.database.maintenance() as tx:
            await record_duty(tx, Action.ERASURES_REPLAYED, {"entries": repeated})
    await platform.register.release()
    return repeated


async def erase_at_once(platform: Platform, mailer: Mailer, person: UUID, receipt: bytes) -> None:
    """Carry out an erasure without the time to reconsider, for a probe person of `upheld verify`.

    It goes the way of an erasure that is repeated, and like that one needs both roles. Where no
    time to reconsider is set, the worker may have been quicker; then there is nothing to do.
    """
    if not await _is_here(platform, person):
        return
    entry_id, asked_at = uuid4(), platform.clock.now()
    try:
        await _take_up(platform, mailer, person, entry_id, hashlib.sha256(receipt).digest(), asked_at)
    except UpheldError:
        if await _is_here(platform, person):
            raise


async def _repeat(platform: Platform, mailer: Mailer, entry: Entry) -> None:
    if await _is_here(platform, entry.person_id):
        receipt_hash = bytes.fromhex(entry.receipt_hash)
        await _take_up(platform, mailer, entry.person_id, entry.erasure_id, receipt_hash, entry.requested_at)
    else:
        await platform.vault.destroy(entry.person_id, PLATFORM)


async def _is_here(platform: Platform, person: UUID) -> bool:
    async with platform.database.maintenance() as tx:
        return bool(await store.which_exist(tx, [person]))


async def _take_up(
    platform: Platform, mailer: Mailer, person: UUID, erasure_id: UUID, receipt_hash: bytes, asked_at: dt.datetime
) -> None:
    secret = secrets.token_bytes(32)
    async with platform.database.maintenance() as tx:
        await store.allow_erasure_again(tx, person, secret)
    async with platform.database.transaction("worker") as tx:
        await store.open_job_context(tx, secret)
        await store.take_up_erasure(tx, erasure_id, receipt_hash, asked_at, secret)
    await erase(platform, mailer, erasure_id, secret.hex())


async def _remove_unproven(platform: Platform, tx: Transaction) -> int:
    removed = await store.remove_unproven(tx)
    for person in removed:
        await platform.vault.destroy(person, PLATFORM)
    return len(removed)


async def _remove_ended_invitations(platform: Platform, tx: Transaction) -> int:
    removed = await store.remove_ended_invitations(tx)
    for one in removed:
        await platform.vault.destroy(one.id, one.organisation_id)
    return len(removed)


async def _remove_old_applications(platform: Platform, tx: Transaction) -> int:
    """Remove records, and before that is committed their files and keys: repeated, it finds less to do."""
    removed = 0
    while batch := await store.remove_old_applications(tx):
        for old in batch:
            if old.resume_object_id:
                key = application_of(old.person_id, old.organisation_id)
                await platform.objects.remove([key], [old.resume_object_id])
        for old in batch:
            if old.was_last:
                await platform.vault.destroy(old.person_id, old.organisation_id)
        removed += len(batch)
    return removed


async def _remove_left_behind(platform: Platform, tx: Transaction, *, all_files: bool) -> int:
    """Remove files that no row names, and files that were never finished."""
    left_behind, now = list[UUID](), platform.clock.now()
    since = None if all_files else now - RECENT
    unfinished = await platform.objects.drop_unfinished(LEFT_BEHIND_AFTER, since)
    async for batch in platform.objects.older_than(now - LEFT_BEHIND_AFTER, since):
        known = await store.known_objects(tx, batch)
        left_behind += [object_id for object_id in batch if object_id not in known]
    if len(left_behind) > MOST_LEFT_BEHIND:
        log.error(
            "%s files belong to no row; none was removed, because that many mean a wrong database", len(left_behind)
        )
        return unfinished
    return unfinished + await platform.objects.discard(left_behind)
