"""What a page of the employer's costs: at most eight statements, and at most 60 kB before compression."""

import pytest

from tests.support.deployment import Deployment
from tests.support.hiring import applied, docx, pdf
from upheld.platform.database import RequestTransaction

pytestmark = pytest.mark.anyio
STATEMENTS, BYTES = 8, 60_000
WAYS = ("all", "one", "value", "column", "run")


@pytest.mark.parametrize("resume", [("Ada.pdf", pdf("Ada")), ("Ada.docx", docx("Ada"))], ids=["pdf", "docx"])
async def test_no_page_of_the_employer_asks_the_database_more_than_eight_times(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, resume: tuple[str, bytes]
) -> None:
    asked: list[str] = []
    for way in WAYS:
        _count(monkeypatch, way, asked)
    async with applied(deployment, resume) as sent:
        job = f"/hiring/jobs/{sent.job_id}"
        rooms = ("/hiring", job, f"{job}/list", "/hiring/applications", sent.page(), sent.page("/contact"))
        jobs = (f"{job}/close", f"{job}/preview", f"{job}/edit", "/hiring/jobs/new")
        for address in (*rooms, *jobs, "/hiring/organisation", "/hiring/fair-use"):
            asked.clear()
            answer = await sent.owner.get(address)
            assert answer.is_success, address
            assert 0 < len(asked) <= STATEMENTS, (address, asked)
            assert len(answer.content) <= BYTES, address


def _count(monkeypatch: pytest.MonkeyPatch, way: str, asked: list[str]) -> None:
    """Note the name of every query that a request asks in one way."""
    ask = getattr(RequestTransaction, way)

    async def counted(self: RequestTransaction, query: object, *args: object, **kwargs: object) -> object:
        asked.append(getattr(query, "name", "?"))
        return await ask(self, query, *args, **kwargs)

    monkeypatch.setattr(RequestTransaction, way, counted)
