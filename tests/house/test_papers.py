"""The papers say what is true: the paths, commands and tests they name exist."""

import json
import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from tests.house.sources import ROOT, shown

PAPERS = sorted(path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.md")])
FOLDERS = ("src/", "tests/", "tools/", "docs/", "typings/", ".ci/")


def test_there_are_papers() -> None:
    assert {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"} <= {
        p.name for p in PAPERS
    }


@pytest.mark.parametrize("paper", PAPERS, ids=shown)
def test_every_path_that_is_named_exists(paper: Path) -> None:
    text = paper.read_text()
    named = [word for word in re.findall(r"`([^`\s]+)`", text) if word.startswith(FOLDERS)]
    missing = [word for word in named if not _exists(ROOT, word)]
    linked = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    missing += [target for target in linked if target and not (paper.parent / target).exists()]
    assert missing == []


def test_every_path_that_a_docstring_or_comment_names_exists() -> None:
    missing = [
        f"{shown(path)}: {word}"
        for path in sorted((ROOT / "src").rglob("*"))
        if path.suffix in {".py", ".sql"}
        for word in re.findall(r"`([^`\s]+)`", path.read_text())
        if word.startswith(FOLDERS) and not _exists(ROOT, word)
    ]
    assert missing == []


@pytest.mark.parametrize("paper", PAPERS, ids=shown)
def test_every_make_target_that_is_named_exists(paper: Path) -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text()))
    named = re.findall(r"`make ([a-z]+)", paper.read_text()) + re.findall(
        r"(?m)^make ([a-z]+)(?: +#|$)", paper.read_text()
    )
    assert set(named) <= targets


@pytest.mark.parametrize("paper", PAPERS, ids=shown)
def test_every_test_that_is_named_exists(paper: Path) -> None:
    """An invariant names the test that keeps it, as `test_…`."""
    tests = {
        name for path in (ROOT / "tests").rglob("*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    } | {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    assert [name for name in re.findall(r"`(test_\w+)`", paper.read_text()) if name not in tests] == []


def test_every_direct_dependency_has_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *chain.from_iterable(project["project"]["optional-dependencies"].values()),
        *(one for group in project["dependency-groups"].values() for one in group if isinstance(one, str)),
    ]
    packages = json.loads((ROOT / "package.json").read_text())
    names = {re.split(r"[\[=<>]", one)[0] for one in wanted} | {*packages["dependencies"], *packages["devDependencies"]}
    lines = re.findall(r"(?m)^\| ([@a-z0-9/_-]+) \|", (ROOT / "docs" / "dependencies.md").read_text())
    listed = set(lines) - {"package"}
    assert listed == names


def _exists(root: Path, word: str) -> bool:
    """Whether a path is there; `*` stands for anything, `…` and `<name>` for what varies."""
    pattern = re.sub(r"<\w+>|…", "*", word.split(":", maxsplit=1)[0].rstrip("/"))
    return any(root.glob(pattern)) if "*" in pattern else (root / pattern).exists()
