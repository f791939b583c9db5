"""The papers name what operators and privacy people really have: commands, settings, promises, pages, places."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest

from tests.house.sources import ROOT, SOURCE, shown
from tests.house.test_papers import PAPERS
from upheld.features.trust.promises import PROMISES
from upheld.main.cli import cli
from upheld.platform.settings import Settings

SETTINGS = {f"UPHELD_{setting.name.upper()}" for setting in fields(Settings)}
ELSEWHERE = {"UPHELD_SETTINGS", "UPHELD_ADMINISTRATOR", "UPHELD_KILL_ROUNDS", "UPHELD_GOLDEN"}
"""What the environment may say beside settings: where they are, who administers, how hard a test tries."""

PROVED = {promise.id for promise in PROMISES} | {check.id for promise in PROMISES for check in promise.checks}
FLOORS = ("main/", "features/", "platform/", "kit/", "database/")


@pytest.mark.parametrize("paper", PAPERS, ids=shown)
def test_every_command_that_is_named_exists(paper: Path) -> None:
    assert [fault for command in commands(paper.read_text()) if (fault := fault_of(command))] == []


@pytest.mark.parametrize(
    "command",
    ["upheld backups data", "upheld backup datas", "upheld keys check --samples 3", "upheld verify edge.none"],
)
def test_a_command_that_does_not_exist_is_found_out(command: str) -> None:
    assert fault_of(command)


@pytest.mark.parametrize("paper", PAPERS, ids=shown)
def test_every_setting_that_is_named_exists(paper: Path) -> None:
    named = set(re.findall(r"\bUPHELD_[A-Z_]+\b", paper.read_text()))
    assert named - SETTINGS - ELSEWHERE == set()


@pytest.mark.parametrize("paper", PAPERS, ids=shown)
def test_every_promise_that_is_named_exists(paper: Path) -> None:
    named = set(re.findall(r"(?<!\*)\*([a-z]+(?:\.[a-z]+)+)\*(?!\*)", paper.read_text()))
    assert named - PROVED == set()


@pytest.mark.parametrize("paper", PAPERS, ids=shown)
def test_every_page_that_is_named_exists(paper: Path) -> None:
    routes = {line.split()[1] for line in (ROOT / "tests/boundary/routes.txt").read_text().splitlines()[1:] if line}
    served = [
        *(re.sub(r"\{[^}]+\}", "[^/]+", route) for route in routes),
        "/health/(live|ready)",
        "/static/.*",
        "/api/",
    ]
    named = re.findall(r"`(/(?:trust|about|privacy|health|api|outbox|\.well-known)[^`\s]*)`", paper.read_text())
    assert [one for one in named if not any(re.fullmatch(route, re.sub(r"<\w+>", "x", one)) for route in served)] == []


@pytest.mark.parametrize("paper", PAPERS, ids=shown)
def test_every_place_in_the_source_that_is_named_exists(paper: Path) -> None:
    """Papers leave `src/upheld` away where it is plain."""
    words = re.findall(r"`([\w/.]+)`", paper.read_text())
    named = [word for word in words if word.startswith(FLOORS)]
    assert [word for word in named if not (SOURCE / word).exists() and not (SOURCE / f"{word}.py").exists()] == []


def test_everything_that_the_architecture_names_is_made_somewhere() -> None:
    """Functions, triggers, tables, statements; what its walks name is followed by `test_walks`."""
    source = "\n".join(path.read_text() for path in sorted(SOURCE.rglob("*")) if path.suffix in {".py", ".sql"})
    made = set(re.findall(r"\b(?:def|class|function|trigger|table|name:) (?:\w+\.)?(\w+)", source))
    named = re.findall(r"`([a-z]\w*_\w+)(?:\(\))?`", (ROOT / "ARCHITECTURE.md").read_text())
    assert len(named) > 40
    assert [name for name in named if not name.startswith("test_") and name not in made] == []


@pytest.mark.parametrize("paper", PAPERS, ids=shown)
def test_every_section_that_is_linked_exists(paper: Path) -> None:
    linked = re.findall(r"\]\(([^)\s#:]*)#([^)\s]+)\)", paper.read_text())
    headings = {
        target: [_anchor(line) for line in re.findall(r"(?m)^#+ (.+)$", (paper.parent / target or paper).read_text())]
        for target in {target for target, _ in linked if target}
    }
    headings[""] = [_anchor(line) for line in re.findall(r"(?m)^#+ (.+)$", paper.read_text())]
    assert [f"{target}#{anchor}" for target, anchor in linked if anchor not in headings[target]] == []


def commands(text: str) -> Iterator[str]:
    """Yield every command of ours that a paper names, in a sentence or in a block."""
    blocks = re.findall(r"(?ms)^ *```[^\n]*\n(.*?)^ *```", text)
    lines = (line.split("  #")[0] for block in blocks for line in block.splitlines())
    sentences = re.findall(r"`([^`]+)`", re.sub(r"(?ms)^ *```.*?^ *```", "", text))
    for said in (*lines, *sentences):
        for found in re.findall(r"(?:^|&& |/bin/|(?<!install) )(upheld [a-z-][^&|]*)", " ".join(said.split())):
            yield found.strip()


def fault_of(command: str) -> str | None:
    """Return what is wrong with a command, as the command line itself would say it, or None."""
    at: click.Command = cli
    known: set[str] = set()
    for word in shlex.split(command)[1:]:
        if word.startswith("-"):
            if word.split("=")[0] not in known:
                return f"{command}: there is no {word}"
        elif isinstance(at, click.Group):
            if word not in at.commands:
                return f"{command}: there is no {word}"
            at = at.commands[word]
        elif fault := _fault_of_argument(at, word):
            return f"{command}: {fault}"
        known |= {option for parameter in at.params for option in parameter.opts}
    return None


def _fault_of_argument(at: click.Command, word: str) -> str | None:
    if at.name == "verify" and re.fullmatch(r"[a-z.]+", word) and word not in PROVED:
        return f"no promise is called {word}"
    choices = [one.type.choices for one in at.params if isinstance(one.type, click.Choice)]
    if choices and word.islower() and not any(word in each for each in choices):
        return f"{word} is none of {choices}"
    return None


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")
