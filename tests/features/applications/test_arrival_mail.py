"""Who hires hears of a new application at once, and hears nothing of the candidate."""

import pytest

from tests.support.deployment import Deployment, text_of
from tests.support.hiring import OWNER, PROFILE, acting_in, applied, apply_for, candidate, colleague, employer, new_job
from upheld.platform.database import Query
from upheld.platform.outbox import queue_mail_to_readers
from upheld.platform.vault import PLATFORM

pytestmark = pytest.mark.anyio
_TO_TELL = Query("people_to_tell", "select upheld.people_to_tell($1)", "Who reads an application just sent.")
SUBJECT = "A new application for Boat keeper"


async def test_who_reads_applications_is_told_of_a_new_one_and_nothing_of_the_candidate(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        await deployment.work()
        told = [mail for mail in deployment.mails(OWNER) if mail["subject"] == SUBJECT]
        assert len(told) == 1
        text = text_of(told[0])
        assert sent.page() in text
        for said in (PROFILE.full_name, PROFILE.email, PROFILE.phone, PROFILE.location, PROFILE.headline):
            assert str(said) not in text


async def test_each_application_is_told_once_to_owners_and_managers_only(deployment: Deployment) -> None:
    async with (
        applied(deployment) as sent,
        colleague(deployment, sent.owner, "manager@example.com", "manager"),
        colleague(deployment, sent.owner, "interviewer@example.com", "interviewer"),
    ):
        await apply_for(sent.candidate, await new_job(deployment, sent.owner))
        await deployment.work()
        counts = [
            [mail["subject"] for mail in deployment.mails(who)].count(SUBJECT)
            for who in (OWNER, "manager@example.com", "interviewer@example.com")
        ]
        assert counts == [2, 1, 0]


async def test_nobody_is_told_of_an_application_that_was_sent_before(deployment: Deployment) -> None:
    async with applied(deployment) as sent, acting_in(deployment, sent.candidate) as acting:
        assert await acting.tx.column(_TO_TELL, sent.id) == []
        await queue_mail_to_readers(acting.tx, acting.platform.vault, sent.id, {"job": "x", "application": "x"})
    await deployment.work()
    assert [mail["subject"] for mail in deployment.mails(OWNER)].count(SUBJECT) == 1


async def test_an_application_arrives_although_its_reader_is_being_erased(deployment: Deployment) -> None:
    async with employer(deployment) as owner, candidate(deployment) as ada:
        job = await new_job(deployment, owner)
        async with acting_in(deployment, owner) as acting:
            person_id = acting.person_id
        await deployment.platform.vault.destroy(person_id, PLATFORM)
        assert await apply_for(ada, job)
        await deployment.work()
        assert SUBJECT not in [mail["subject"] for mail in deployment.mails(OWNER)]
