"""Background work of privacy: carrying out an erasure.

Every step can be repeated, and each leaves the next able to finish what a killed worker
began: the register is written before a key goes, keys go before files, files before rows,
and rows, certificate and audit entry in one transaction. The secret that opens the context
lives until that transaction, which removes it with the person.
"""

import datetime as dt
from uuid import UUID

from upheld.features.audit.actions import record
from upheld.features.audit.model import Action
from upheld.features.privacy import store
from upheld.features.privacy.certificate import Facts, issue
from upheld.features.privacy.model import Plan
from upheld.kit.deadlines import APPLICATION_RECORD, kept_until
from upheld.platform.acting import Acting
from upheld.platform.database import Transaction
from upheld.platform.mail import Mailer
from upheld.platform.objects import documents_of
from upheld.platform.register import Entry, Erasure
from upheld.platform.services import Platform
from upheld.platform.vault import PLATFORM

_ROTATION_IS_CHECKED_EVERY = dt.timedelta(hours=1)


async def erase(platform: Platform, mailer: Mailer, erasure_id: UUID, secret: str) -> None:
    """Carry out an erasure, from wherever it stands to its certificate.

    Repeating it after it is done, or after it was called off, does nothing.
    """
    plan = await _plan(platform, erasure_id, secret)
    if plan is None:
        return
    person = plan.person_id
    key_ids = await platform.vault.key_ids(person, PLATFORM)
    entry = await platform.register.append(Erasure(erasure_id, person, plan.receipt_hash, plan.requested_at, key_ids))
    await platform.vault.destroy(person, PLATFORM)
    # Asked again: without the keys no further file can be sealed, so now the list is final.
    plan = await _plan(platform, erasure_id, secret)
    if plan is None:
        return
    await platform.objects.remove([documents_of(person)], plan.object_ids)
    await _finish(platform, mailer, erasure_id, secret, plan, entry)


async def _plan(platform: Platform, erasure_id: UUID, secret: str) -> Plan | None:
    async with platform.database.transaction("worker") as tx:
        if await store.open_job_context(tx, bytes.fromhex(secret)) is None:
            return None
        return await store.plan_erasure(tx, erasure_id)


async def _finish(platform: Platform, mailer: Mailer, erasure_id: UUID, secret: str, plan: Plan, entry: Entry) -> None:
    now = platform.clock.now()
    async with platform.database.transaction("worker") as tx:
        if await store.open_job_context(tx, bytes.fromhex(secret)) is None:
            return
        rows = await store.erase_person(tx, erasure_id, kept_until(APPLICATION_RECORD, now))
        # After the rows: no mail of this person can be delivered any more.
        mails = await mailer.forget(plan.person_id)
        facts = Facts(
            erasure_id=erasure_id,
            person_id=plan.person_id,
            requested_at=plan.requested_at,
            completed_at=now,
            rows=rows,
            files=len(plan.object_ids),
            mails=mails,
            entry=entry,
            held=await store.records(tx),
            horizon=horizon(platform, now),
            controller=platform.settings.controller,
            address=platform.settings.address,
        )
        await record(_as_worker(tx, platform, plan.person_id), Action.ERASURE_COMPLETED, "erasure", erasure_id)
        # Last: with the certificate goes the right to act for this person.
        await store.certify_erasure(tx, erasure_id, issue(facts, platform.keys.signing_key()))


def horizon(platform: Platform, now: dt.datetime) -> dt.datetime:
    """Return when the last backup that holds a destroyed key in wrapped form is worth nothing."""
    planned = platform.vault.horizon(platform.settings.epoch_days)
    return max(planned, now) + _ROTATION_IS_CHECKED_EVERY


def _as_worker(tx: Transaction, platform: Platform, person: UUID) -> Acting:
    return Acting(
        tx=tx, platform=platform, person_id=person, organisation_id=None, role="duty:erasure", origin="worker"
    )
