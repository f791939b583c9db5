"""A promise breaks in a running deployment: its own next run finds it, the page says so, the operator is written to."""

import asyncio
import datetime as dt
import time
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest

from tests.support.clock import SetClock
from tests.support.cluster import Cluster
from tests.support.deployment import Deployment, deployed, text_of
from tests.support.proofs import all_upheld, make_operator
from tests.support.server import Server, serving

pytestmark = pytest.mark.anyio
GRACE = "grace@example.org"
HOUR = dt.timedelta(hours=1)

_RUN_TAKES = 600.0  # seconds at the very most, on a machine that has other things to do
_WITHIN_A_MINUTE = 60.0


async def test_a_dropped_policy_is_found_by_the_next_run_shown_at_once_and_told_within_a_minute(
    cluster: Cluster,
) -> None:
    async with deployed(cluster, proof_every=HOUR) as deployment:
        await make_operator(deployment, GRACE)
        await all_upheld(two_hours_ago(deployment))
        administrator = await deployment.administrator()
        try:
            await administrator.execute("drop policy erasures_are_called_off_by_their_person on upheld.erasures")
            with serving(deployment.settings, "web", "worker") as server:
                assert promise_page(server).startswith("Upheld")
                await until_recorded(administrator)
                assert promise_page(server).startswith("Broken")
                mail = await mail_to(deployment, GRACE)
        finally:
            await administrator.close()
    assert "broken" in str(mail["subject"])
    assert f"{server.settings.address}/trust/access.rls" in text_of(mail)


def two_hours_ago(deployment: Deployment) -> Deployment:
    """Return the same deployment as it was two hours ago, so that a run is due."""
    then = SetClock(deployment.platform.clock.now() - 2 * HOUR)
    return replace(deployment, platform=replace(deployment.platform, clock=then))


def promise_page(server: Server) -> str:
    """Return what the page of the promise says, from its state on."""
    with server.client() as client:
        page = client.get("/trust/access.rls", headers={"host": server.settings.host}).text
    return page.partition('<span class="tag')[2].partition(">")[2]


async def until_recorded(administrator: Any) -> None:
    """Wait until the run that the worker starts is on record."""
    limit = time.monotonic() + _RUN_TAKES
    while await administrator.fetchval("select count(*) from upheld.runs") < 2:
        assert time.monotonic() < limit, "no run was put on record"
        await asyncio.sleep(0.2)


async def mail_to(deployment: Deployment, address: str) -> EmailMessage:
    """Wait for a mail to somebody, for a minute and no longer."""
    limit = time.monotonic() + _WITHIN_A_MINUTE
    while not (mails := deployment.mails(address)):
        assert time.monotonic() < limit, "nobody was told within a minute"
        await asyncio.sleep(0.2)
    return mails[-1]
