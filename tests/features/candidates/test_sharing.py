"""Disclosures: what a candidate shares with an employer grows while it lasts and starts anew after it ended."""

from typing import Any
from uuid import UUID

import pytest

from tests.support.deployment import Browser, Deployment
from tests.support.hiring import acting_in, employer
from upheld.features.candidates.actions import disclose, end_disclosure

pytestmark = pytest.mark.anyio
ADA = "ada@example.org"


async def test_sharing_adds_sections_until_it_ends_and_then_starts_anew(deployment: Deployment) -> None:
    async with employer(deployment), deployment.person(ADA) as ada:
        organisation = await _value(deployment, "select id from upheld.organisations")
        await _share(deployment, ada, organisation, {"identity", "contact"})
        await _share(deployment, ada, organisation, {"identity", "resume"})
        assert await _sections(deployment) == (["contact", "identity", "resume"], False)
        for _ in range(2):
            async with acting_in(deployment, ada) as acting:
                await end_disclosure(acting, organisation)
        assert await _sections(deployment) == (["contact", "identity", "resume"], True)
        await _share(deployment, ada, organisation, {"identity"})
        assert await _sections(deployment) == (["identity"], False)


async def _share(deployment: Deployment, browser: Browser, organisation: UUID, sections: set[str]) -> None:
    async with acting_in(deployment, browser) as acting:
        await disclose(acting, organisation, sections)


async def _sections(deployment: Deployment) -> tuple[list[str], bool]:
    sections = await _value(deployment, "select sections from upheld.disclosures")
    return sections, await _value(deployment, "select ended_at is not null from upheld.disclosures")


async def _value(deployment: Deployment, query: str) -> Any:
    admin = await deployment.administrator()
    try:
        return await admin.fetchval(query)
    finally:
        await admin.close()
