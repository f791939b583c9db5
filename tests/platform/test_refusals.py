"""What somebody was refused is written down, and lasts although the request is undone."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.deployment import PASSWORD, Deployment
from tests.support.hiring import applied
from upheld.features.audit.actions import REFUSALS_PER_PERSON

pytestmark = pytest.mark.anyio

_ENTRIES = """
    select action, target_id, details, actor_id, origin_sealed is not null as has_origin
    from upheld.audit_entries where action like 'attempt.%' order by id
"""


async def attempts(deployment: Deployment) -> list[Any]:
    """Return the entries about attempts, oldest first."""
    administrator = await deployment.administrator()
    try:
        return await administrator.fetch(_ENTRIES)
    finally:
        await administrator.close()


async def test_asking_for_somebody_elses_application_is_written_down(deployment: Deployment) -> None:
    async with applied(deployment) as application, deployment.person("ben@example.org") as ben:
        assert (await ben.get(application.own_page())).status_code == 404
    (entry,) = await attempts(deployment)
    assert (entry["action"], entry["target_id"]) == ("attempt.refused", application.id)
    assert entry["details"] == '{"route": "applications.mine.page", "status": 404}'
    assert entry["actor_id"]
    assert entry["has_origin"]


async def test_doing_what_only_an_owner_may_is_written_down(deployment: Deployment) -> None:
    async with applied(deployment) as application:
        answer = await application.candidate.post(f"/hiring/jobs/{application.job_id}/close")
        assert answer.status_code == 403
    (entry,) = await attempts(deployment)
    assert entry["details"] == '{"route": "applications.close_job.do", "status": 403}'


async def test_a_wrong_password_at_the_second_proof_is_written_down(deployment: Deployment) -> None:
    async with deployment.person("ada@example.org") as ada:
        await ada.form("/prove", **{"own-password": "not the right one"})
        await ada.form("/prove", **{"own-password": PASSWORD})
    assert "attempt.proof_failed" in {entry["action"] for entry in await attempts(deployment)}


async def test_what_was_allowed_and_what_strangers_miss_is_no_attempt(deployment: Deployment) -> None:
    async with applied(deployment) as application, deployment.browser() as nobody:
        await application.owner.get(application.page())
        await nobody.get(application.page())
    assert await attempts(deployment) == []


async def test_nobody_fills_the_log_with_what_they_were_refused(deployment: Deployment) -> None:
    async with deployment.person("ben@example.org") as ben:
        for _ in range(REFUSALS_PER_PERSON.at_most + 3):
            assert (await ben.get(f"/applications/{uuid4()}")).status_code == 404
    assert len(await attempts(deployment)) == REFUSALS_PER_PERSON.at_most
