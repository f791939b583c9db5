"""While a run is under way, nobody but the probes sees anything of them: no page, no file, no count."""

import io
import re
import zipfile

import pytest

from tests.promises.faults import Scratch
from tests.support.deployment import Browser
from tests.support.hiring import applied
from upheld.features.trust.cast import Cast
from upheld.features.trust.routes import Route

pytestmark = pytest.mark.anyio

# What differs from one look to the next, with and without probes.
_MOMENTARY = re.compile(r'datetime="[^"]*"|\d{1,2}:\d{2}(:\d{2})?|\d+ (second|minute)s? ago|reference [0-9a-f]+')


async def test_no_page_shows_anything_of_a_probe(scratch: Scratch) -> None:
    async with applied(scratch.deployment) as hired, scratch.deployment.browser() as anybody:
        about = {"job_id": str(hired.job_id), "application_id": str(hired.id)}
        people = {"anybody": anybody, "candidate": hired.candidate, "employer": hired.owner}
        before = {who: await _everything(scratch, browser, about) for who, browser in people.items()}
        cast = await scratch.scene.cast()
        after = {who: await _everything(scratch, browser, about) for who, browser in people.items()}
    for who, pages in after.items():
        assert len(pages) > 10
        assert [path for path, text in pages.items() if _tells(cast, text)] == [], who
    # Numbers are the same too: of jobs, of applications, of people.
    assert _changed(before["anybody"], after["anybody"]) == []
    assert _numbers(after["employer"]["/hiring"]) == _numbers(before["employer"]["/hiring"])


async def test_no_file_that_somebody_downloads_holds_anything_of_a_probe(scratch: Scratch) -> None:
    async with applied(scratch.deployment) as hired:
        cast = await scratch.scene.cast()
        answer = await hired.candidate.post("/privacy/export")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert not [name for name in archive.namelist() if _tells(cast, archive.read(name).decode(errors="replace"))]


async def test_a_probe_finds_its_own_job_beside_the_real_ones(scratch: Scratch) -> None:
    async with applied(scratch.deployment):
        cast = await scratch.scene.cast()
        assert str(cast.job) in await cast.candidate.open("/jobs")


async def _everything(scratch: Scratch, browser: Browser, about: dict[str, str]) -> dict[str, str]:
    """Return every page that somebody can read, about what is theirs."""
    found: dict[str, str] = {}
    for route in scratch.scene.routes:
        if route.method == "GET" and not route.path.startswith(("/health", "/metrics")):
            answer = await browser.get(_path(route, about), follow_redirects=False)
            if answer.status_code == 200:
                found[route.path] = _MOMENTARY.sub("", answer.text)
    return found


def _path(route: Route, about: dict[str, str]) -> str:
    named = re.sub(r"\{(\w+):\w+\}", lambda part: about.get(part[1], part[0]), route.path)
    return named if "{" not in named else route.example


def _tells(cast: Cast, text: str) -> bool:
    names = {str(one) for one in cast.ids} | {str(cast.stranger.person)}
    return cast.canaries.stem in text or "probe.example" in text or any(name in text for name in names)


def _changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    lines = {path: (before[path].splitlines(), after[path].splitlines()) for path in before}
    return [f"{path}: {line}" for path, (old, new) in lines.items() for line in new if line not in old]


def _numbers(page: str) -> list[str]:
    return re.findall(r">\s*(\d+)\s*<", page)
