"""Downloads: whole or in parts, always as an attachment, each look of an employer journaled."""

import re

import httpx
import pytest

from tests.support.catalog import connected
from tests.support.deployment import Deployment
from tests.support.hiring import Application, applied, pdf
from upheld.platform.web.downloads import Part, wanted_part

RESUME = ("Ada's résumé.pdf", pdf("Ada Okafor", *(f"Boat {number}" for number in range(300))))


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", Part(0, 1)),
        ("bytes=2-4", Part(2, 5)),
        ("bytes=2-", Part(2, 10)),
        ("bytes=2-99", Part(2, 10)),
        ("bytes=-3", Part(7, 10)),
        ("bytes=-99", Part(0, 10)),
        (" bytes=1-2 ", Part(1, 3)),
        ("bytes=10-", Part(10, 10)),
        ("bytes=11-20", Part(11, 10)),
        ("bytes=-0", Part(10, 10)),
        ("", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=4-2", None),
        ("bytes=0-1,3-4", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
        ("items=0-1", None),
        ("bytes=" + "9" * 400 + "-", None),
    ],
)
def test_a_range_is_read_as_the_standard_says(header: str, part: Part | None) -> None:
    assert wanted_part(header, 10) == part
    assert part is None or part.is_empty == (part.start >= part.end)


async def journaled(deployment: Deployment) -> int:
    """Return how many looks at the résumé the candidate can see."""
    async with connected(deployment.cluster, deployment.settings.database) as connection:
        return await connection.fetchval("select count(*) from upheld.access_journal where part = 'resume'")


def assert_saved_not_shown(answer: httpx.Response) -> None:
    """Assert that a browser saves this under a safe name and keeps no copy."""
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Ada_s r_sum_.pdf\"; filename*=UTF-8''Ada%27s%20r%C3%A9sum%C3%A9.pdf"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in answer.headers["cache-control"]
    assert "public" not in answer.headers["cache-control"]


@pytest.mark.anyio
async def test_a_part_of_a_file_is_a_download_like_any_other(stored: Deployment) -> None:
    async with applied(stored, RESUME) as application:
        content, size = RESUME[1], len(RESUME[1])
        for browser, path in _ways(application):
            whole = await browser.get(path)
            assert whole.content == content
            assert (whole.status_code, whole.headers["accept-ranges"]) == (200, "bytes")
            for header, expected in (("0-9", content[:10]), (f"{size - 5}-", content[-5:]), ("-7", content[-7:])):
                answer = await browser.get(path, headers={"range": f"bytes={header}"})
                assert (answer.status_code, answer.content) == (206, expected)
                start = content.index(expected) if header != "-7" else size - 7
                assert answer.headers["content-range"] == f"bytes {start}-{start + len(expected) - 1}/{size}"
                assert_saved_not_shown(answer)
            assert_saved_not_shown(whole)
            beyond = await browser.get(path, headers={"range": f"bytes={size}-"})
            assert (beyond.status_code, beyond.headers["content-range"], beyond.content) == (
                416,
                f"bytes */{size}",
                b"",
            )
            several = await browser.get(path, headers={"range": "bytes=0-1,4-5"})
            assert (several.status_code, several.content) == (200, content)


@pytest.mark.anyio
async def test_a_download_goes_on_only_with_the_same_file(deployment: Deployment) -> None:
    async with applied(deployment, RESUME) as application:
        tags: set[str] = set()
        for browser, path in _ways(application):
            tag = (await browser.get(path)).headers["etag"]
            tags.add(tag)
            same = await browser.get(path, headers={"range": "bytes=5-", "if-range": tag})
            other = await browser.get(path, headers={"range": "bytes=5-", "if-range": '"another"'})
            assert (same.status_code, same.content) == (206, RESUME[1][5:])
            assert (other.status_code, other.content) == (200, RESUME[1])
        document = re.search(r"/documents/[0-9a-f-]{36}/file", (await application.candidate.get("/documents")).text)
        assert document is not None
        # Both ways lead to the copy that was sent; the document it was made of is another file.
        assert len(tags) == 1
        assert (await application.candidate.get(document[0])).headers["etag"] not in tags


@pytest.mark.anyio
async def test_each_part_that_an_employer_fetches_is_in_the_journal(deployment: Deployment) -> None:
    async with applied(deployment, RESUME) as application:
        before = await journaled(deployment)
        for header in ("bytes=0-9", "bytes=10-", ""):
            await application.owner.get(application.page("/resume"), headers={"range": header})
        assert await journaled(deployment) == before + 3
        # Nothing of the content, but name and size are in the answer.
        beyond = await application.owner.get(application.page("/resume"), headers={"range": f"bytes={10**9}-"})
        assert (beyond.status_code, beyond.content) == (httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE, b"")
        assert await journaled(deployment) == before + 4
        for header in ("bytes=0-9", "bytes=10-"):
            await application.candidate.get(application.own_page("/resume"), headers={"range": header})
        assert await journaled(deployment) == before + 4


def _ways(application: Application) -> list[tuple[httpx.AsyncClient, str]]:
    """Return every way to a stored file: the employer's, and the candidate's to the same one."""
    return [
        (application.owner, application.page("/resume")),
        (application.candidate, application.own_page("/resume")),
    ]
