"""Sending, withdrawing, moving and deciding applications.

Each is rows, an audit entry and a mail in the request's transaction. The two things outside
of it, the key and the copy of the résumé, come before the rows that need them; the copy is
removed again when the transaction is undone.
"""

from functools import partial
from uuid import UUID, uuid4

from upheld.features.applications import store
from upheld.features.applications.errors import (
    AlreadyAppliedError,
    ApplicationClosedError,
    NotTakingApplicationsError,
    ProfileIncompleteError,
)
from upheld.features.applications.model import (
    LONGEST_LETTER,
    LONGEST_REASON,
    MOVES,
    OUTCOMES,
    SHORTEST_REASON,
    Application,
    Stage,
)
from upheld.features.applications.queries import (
    EVENTS,
    SNAPSHOTS,
    applied_already,
    one_own_application,
    own_applications,
    received_application,
)
from upheld.features.audit.actions import record
from upheld.features.audit.model import Action
from upheld.features.candidates.actions import disclose, end_disclosure
from upheld.features.candidates.model import Document, Profile
from upheld.features.candidates.queries import own_documents, own_profile
from upheld.features.consents.actions import give_consent, withdraw_consent
from upheld.features.consents.model import Kind, Purpose
from upheld.features.consents.queries import one_notice, own_consents
from upheld.features.jobs.model import Job
from upheld.features.jobs.queries import open_job, own_job
from upheld.features.organisations.model import Permission
from upheld.features.organisations.queries import check_may
from upheld.kit.deadlines import APPLICATION_RECORD, kept_until
from upheld.kit.errors import ConflictError, InvalidError, NotFoundError, RefusedError
from upheld.platform.acting import Acting
from upheld.platform.i18n import mark
from upheld.platform.objects import documents_of, new_object_id
from upheld.platform.outbox import queue_mail, queue_mail_to_readers
from upheld.platform.vault import APPLICATION, KeyRef


async def submit_application(
    acting: Acting, job_id: UUID, letter: str, document_id: UUID | None, notice_id: UUID
) -> UUID:
    """Send the person's profile, as it is now, with a letter and a résumé to the employer of a job.

    Args:
        acting: the candidate, who has agreed.
        job_id: what they apply for.
        letter: what they write; may be empty.
        document_id: which of their documents goes along, or None.
        notice_id: the notice they were shown, and agreed to for this employer.

    Raises:
        NotTakingApplicationsError: the job is closed, or its last day has passed.
        AlreadyAppliedError: they have applied before.
        ProfileIncompleteError: name or e-mail is missing.
        InvalidError: the letter is too long, or the document or notice is none.
    """
    job = await _job_to_apply_for(acting, job_id)
    profile = await _complete_profile(acting)
    document = await _chosen_document(acting, document_id)
    if len(letter) > LONGEST_LETTER:
        raise InvalidError({"letter": mark("Shorten your letter to 8,000 characters at most.")})
    if (await one_notice(acting.tx, notice_id)).kind != Kind.APPLICATION:
        raise NotFoundError
    key = KeyRef(acting.person_id, job.organisation_id, APPLICATION)
    await acting.platform.vault.create_keys([key])
    application = await _add_application(acting, job)
    await give_consent(acting, Purpose.APPLICATION, notice_id, job.organisation_id)
    await _add_snapshot(acting, key, application, profile, letter, document)
    await _add_event(acting, application, Stage.NEW)
    await disclose(acting, job.organisation_id, _sections(profile, document))
    await record(acting, Action.APPLICATION_SUBMITTED, "application", application.id, {"job": str(job.id)})
    await _tell(acting, application, "application-received", job)
    await _tell_employer(acting, application, job)
    return application.id


async def withdraw_application(acting: Acting, application_id: UUID) -> None:
    """Take back one of the person's own applications; the employer keeps the record until its rule ends.

    With the last open one, consent and disclosure end for this employer.

    Raises:
        NotFoundError: it is not theirs.
        ApplicationClosedError: it is closed already.
    """
    application = await one_own_application(acting, application_id)
    await _close(acting, application, Stage.WITHDRAWN)
    await _add_event(acting, application, Stage.WITHDRAWN)
    await record(acting, Action.APPLICATION_WITHDRAWN, "application", application.id)
    employer = application.organisation_id
    if any(one.organisation_id == employer and one.closed_at is None for one in await own_applications(acting)):
        return
    await end_disclosure(acting, employer)
    agreed = next((one for one in await own_consents(acting) if one.organisation_id == employer), None)
    if agreed is not None and agreed.given:
        await withdraw_consent(acting, Purpose.APPLICATION, agreed.notice_id, employer)


async def move_application(acting: Acting, application_id: UUID, stage: Stage) -> None:
    """Move an application of the person's organisation to another open stage, and tell the candidate.

    Raises:
        NotFoundError: there is none, or it is not theirs to see.
        NotPermittedError: they may see it, and not decide about it.
        ApplicationClosedError: it is closed already.
        InvalidError: it cannot go there.
    """
    application = await received_application(acting, application_id)
    check_may(acting, Permission.APPLICATION_DECIDE)
    if stage not in MOVES or stage == application.stage:
        raise InvalidError({"stage": mark("Choose a stage that the application is not at yet.")})
    if application.closed_at is not None or not await store.move(acting.tx, application, stage):
        raise ApplicationClosedError
    await _add_event(acting, application, stage)
    await record(acting, Action.APPLICATION_MOVED, "application", application.id, {"stage": str(stage)})
    await _tell(acting, application, "application-moved", await own_job(acting, application.job_id))


async def decide_application(acting: Acting, application_id: UUID, outcome: Stage, reason: str) -> None:
    """Decide about an application for good, with a reason that the candidate reads.

    Raises:
        NotFoundError: there is none, or it is not theirs to see.
        NotPermittedError: they may see it, and not decide about it.
        ApplicationClosedError: it is closed already.
        InvalidError: no outcome was chosen, or the reason is too short or too long.
    """
    application = await received_application(acting, application_id)
    check_may(acting, Permission.APPLICATION_DECIDE)
    check_decision(application, outcome, reason)
    await _close(acting, application, outcome)
    await _add_event(acting, application, outcome, reason.strip())
    await record(acting, Action.APPLICATION_DECIDED, "application", application.id, {"outcome": str(outcome)})
    await _tell(acting, application, "application-moved", await own_job(acting, application.job_id))


def check_decision(application: Application, outcome: Stage | None, reason: str) -> None:
    """Check that an application can be decided like this.

    Raises:
        ApplicationClosedError: it is closed already.
        InvalidError: no outcome was chosen, or the reason is too short or too long.
    """
    if application.closed_at is not None:
        raise ApplicationClosedError
    length, wrong = len(reason.strip()), dict[str, str]()
    if outcome not in OUTCOMES:
        wrong["outcome"] = mark("Choose what you decided.")
    if length < SHORTEST_REASON:
        wrong["reason"] = mark("Give a reason of at least 10 characters. The candidate reads it.")
    if length > LONGEST_REASON:
        wrong["reason"] = mark("Shorten the reason to 4,000 characters at most.")
    if wrong:
        raise InvalidError(wrong)


async def _job_to_apply_for(acting: Acting, job_id: UUID) -> Job:
    if await applied_already(acting, job_id):
        raise AlreadyAppliedError
    try:
        job = await open_job(acting.tx, job_id)
    except NotFoundError as error:
        raise NotTakingApplicationsError from error
    if not job.takes_applications:
        raise NotTakingApplicationsError
    return job


async def _complete_profile(acting: Acting) -> Profile:
    profile = await own_profile(acting)
    if not profile.full_name or not profile.email:
        raise ProfileIncompleteError({})
    return profile


async def _chosen_document(acting: Acting, document_id: UUID | None) -> Document | None:
    if document_id is None:
        return None
    for document in await own_documents(acting):
        if document.id == document_id:
            return document
    raise InvalidError({"document": mark("Choose one of your documents. This one is gone.")})


async def _add_application(acting: Acting, job: Job) -> Application:
    application_id = uuid4()
    try:
        await store.add_application(acting.tx, application_id, job.organisation_id, job.id)
    except ConflictError as error:  # sent twice at the same moment: the other one won
        raise AlreadyAppliedError from error
    except RefusedError as error:  # closed since it was looked at
        raise NotTakingApplicationsError from error
    return await one_own_application(acting, application_id)


async def _add_snapshot(
    acting: Acting, key: KeyRef, of: Application, profile: Profile, letter: str, document: Document | None
) -> None:
    sent = {
        "full_name_sealed": profile.full_name,
        "headline_sealed": profile.headline,
        "email_sealed": profile.email,
        "phone_sealed": profile.phone,
        "location_sealed": profile.location,
        "summary_sealed": profile.summary,
        "letter_sealed": letter.strip(),
        "resume_name_sealed": document.name if document else None,
    }
    sealed = await acting.platform.vault.seal(
        key, SNAPSHOTS, of.id, {name: said or None for name, said in sent.items()}
    )
    resume = None
    if document is not None:
        objects, copied = acting.platform.objects, new_object_id(acting.platform.clock.now())
        acting.tx.if_undone(partial(objects.remove, [key], [copied]))
        await objects.copy(documents_of(acting.person_id), document.object_id, key, copied)
        resume = (copied, document.media_type, document.size_bytes)
    await store.add_snapshot(acting.tx, of.id, of.organisation_id, sealed, resume)


async def _add_event(acting: Acting, of: Application, stage: Stage, reason: str | None = None) -> None:
    """Add an event; a reason is the candidate's too, so it is sealed under the application's key."""
    event_id, sealed = uuid4(), None
    if reason is not None:
        key = KeyRef(of.person_id, of.organisation_id, APPLICATION)
        sealed = (await acting.platform.vault.seal(key, EVENTS, event_id, {"reason_sealed": reason}))["reason_sealed"]
    await store.add_event(acting.tx, event_id, of, stage, sealed)


async def _close(acting: Acting, application: Application, stage: Stage) -> None:
    keep_until = kept_until(APPLICATION_RECORD, acting.platform.clock.now())
    if application.closed_at is not None or not await store.close(acting.tx, application, stage, keep_until):
        raise ApplicationClosedError


async def _tell(acting: Acting, of: Application, kind: str, job: Job) -> None:
    """Queue a mail to the candidate; it says that there is news, the page says which."""
    about = {"job": job.title, "organisation": job.organisation_name, "application": str(of.id)}
    await queue_mail(acting.tx, acting.platform.vault, of.person_id, f"applications/{kind}", about)


async def _tell_employer(acting: Acting, application: Application, job: Job) -> None:
    """Queue a mail to those who read applications: that one came and for which job, never from whom."""
    about = {"job": job.title, "application": str(application.id)}
    await queue_mail_to_readers(acting.tx, acting.platform.vault, application.id, about)


def _sections(profile: Profile, document: Document | None) -> list[str]:
    """Return what the employer gets to see, in the words of disclosures."""
    shared = {"identity": True, "contact": True, "summary": bool(profile.summary), "resume": document is not None}
    return [section for section, sent in shared.items() if sent]
