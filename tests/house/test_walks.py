"""The walks of ARCHITECTURE.md are walked: what they say runs, runs, in that order and in that file."""

import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from uuid import UUID

import pytest

from tests.house.sources import ROOT
from tests.support.cluster import Cluster
from tests.support.deployment import Deployment, deployed
from tests.support.footsteps import Footstep, bodies_of, noted
from tests.support.hiring import Application, candidate, employer, filled_form, new_job, pdf, upload
from tests.support.leaving import ask_to_leave
from upheld.platform.install import database_name

pytestmark = pytest.mark.anyio

PAPER = ROOT / "ARCHITECTURE.md"
RESUME = ("resume.pdf", pdf("Ada Okafor", "Boats"))
WALKS = ("A candidate applies", "An employer decides, and the candidate reads the journal", "A person leaves")


@dataclass(frozen=True)
class Told:
    """Something that the paper says runs, and the file it says that it is in, if it does."""

    name: str
    file: str = ""

    def is_at(self, step: Footstep) -> bool:
        """Whether this is what ran there."""
        if self.file and self.file != step.file:
            return False
        pattern = re.compile(re.sub(r"<\w+>", "[^/]+", re.escape(self.name)))
        return any(pattern.fullmatch(name) for name in step.names)


def told(paper: str, walk: str) -> list[Told]:
    """Return what a walk says runs, in its order."""
    text = paper.split(f"### {walk}\n", 1)[1].split("\n#", 1)[0]
    found: list[Told] = []
    for name, file in re.findall(r"`([^`]+)`(?:\s+\(`([\w/]+\.\w+)`\))?", text):
        if not name.startswith(("upheld ", "/")):  # a command, a page: `test_papers` looks for those
            found.append(Told(name, file))
    return found


def lost(walk: Sequence[Told], steps: Sequence[Footstep]) -> Told | None:
    """Return the first thing told that did not run after what is told before it, or None."""
    rest = iter(steps)
    return next((one for one in walk if not any(one.is_at(step) for step in rest)), None)


@pytest.fixture(scope="module")
async def taken(cluster: Cluster) -> AsyncGenerator[dict[str, list[Footstep]]]:
    """Yield what ran on each of the walks."""
    async with deployed(cluster) as deployment:
        bodies = await bodies_of(cluster, database_name(deployment.settings.database))
        async with employer(deployment) as owner, candidate(deployment) as ada:
            job_id = await new_job(deployment, owner)
            document = await upload(deployment, ada, *RESUME)
            await deployment.work()
            form = await filled_form(ada, job_id, document=str(document.id))
            with noted(bodies) as applying:
                answer = await ada.form(f"/jobs/{job_id}/apply", **form)
                await deployment.work()
            sent = Application(UUID(answer.url.path.rsplit("/", 1)[1]), job_id, owner, ada)
            with noted(bodies) as deciding:
                await decides(sent)
            with noted(bodies) as leaving:
                await leaves(deployment, sent)
        yield dict(zip(WALKS, (applying.taken, deciding.taken, leaving.taken), strict=True))


async def decides(sent: Application) -> None:
    """Let the employer look and decide, and the candidate read about it."""
    decision = {"outcome": "hired", "reason": "Your boats convinced us."}
    for path in ("/hiring", sent.page(), sent.page("/contact"), sent.page("/resume.png")):
        assert (await sent.owner.get(path)).status_code == 200
    for path in (sent.page("/decide/check"), sent.page("/decide")):
        assert (await sent.owner.form(path, **decision)).status_code == 200
    assert decision["reason"] in (await sent.candidate.get(sent.own_page())).text
    assert (await sent.candidate.get("/privacy/journal")).status_code == 200


async def leaves(deployment: Deployment, sent: Application) -> None:
    """Let the candidate leave, and fetch the certificate."""
    receipt = await ask_to_leave(sent.candidate)
    await deployment.work()
    async with deployment.browser() as stranger:
        assert (await stranger.get(f"{receipt}/certificate.json")).status_code == 200


@pytest.mark.parametrize("walk", WALKS)
async def test_what_the_paper_says_runs_in_that_order(taken: dict[str, list[Footstep]], walk: str) -> None:
    paper = told(PAPER.read_text(), walk)
    assert len(paper) >= 15
    assert lost(paper, taken[walk]) is None


@pytest.mark.parametrize("walk", WALKS)
async def test_a_paper_that_lies_is_found_out(taken: dict[str, list[Footstep]], walk: str) -> None:
    """Seen to fail: each thing told, under another name, in another file, or at the end before the beginning."""
    paper = told(PAPER.read_text(), walk)
    for at, one in enumerate(paper):
        for lie in (Told(f"{one.name}_"), Told(one.name, "platform/elsewhere.py")):
            assert lost([*paper[:at], lie, *paper[at + 1 :]], taken[walk]) == lie
    assert lost([*paper[-1:], *paper], taken[walk]) is not None


async def test_the_papers_walks_are_all_walked() -> None:
    assert tuple(re.findall(r"(?m)^### (.+)$", PAPER.read_text().split("\n## Three walks\n")[1])) == WALKS
