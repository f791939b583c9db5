"""The application security verification standard: which requirement is met, and what shows it.

`tests/asvs.toml` gives each requirement of OWASP ASVS 5.0.0 that we hold ourselves to a verdict,
by its number alone; the standard's text is not ours to copy. What is met names what shows it (a
test, or a check of `upheld verify`), and the planted fault that turned it red: the test that plants
it each time, or what was planted by hand. `docs/asvs.md` and `docs/asvs.json` are written from it.

    python -m tools.asvs            write them
    python -m tools.asvs --check    exit 1 when they are not what would be written

A mapping that names what does not exist fails `tests/house/test_asvs.py`; one whose test did not
pass fails the run of the whole suite at its end (`tests/conftest.py`).
"""

import ast
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SOURCE, PAGE, TWIN = Path("tests/asvs.toml"), Path("docs/asvs.md"), Path("docs/asvs.json")

# Chapters 2, 3 and 6 to 10: how many requirements of levels 1 and 2 a section has, counted from 1.
_SECTIONS = {
    "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1,
    "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2,
    "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
    "9.1": 3, "9.2": 4,
    "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3,
}  # fmt: skip
_OF_LEVEL_3 = (
    "1.2.10", "5.2.4", "5.2.5", "5.2.6", "5.3.3", "6.3.7", "6.3.8", "7.5.3", "8.3.2", "8.3.3", "11.3.4", "14.2.7",
    "14.2.8",
)  # fmt: skip
MET, NOT_MET, NOT_APPLICABLE = "met", "not met", "not applicable"
VERDICTS = (MET, NOT_MET, NOT_APPLICABLE)

_CHECK = re.compile(r"[a-z]+\.[a-z]+\.[a-z]+")
_TEST = re.compile(r"(?P<file>tests/[\w/]+\.py)::(?P<name>test_\w+)")


def _order(number: str) -> tuple[int, ...]:
    return tuple(map(int, number.split(".")))


REQUIREMENTS = tuple(
    sorted({*(f"{part}.{n + 1}" for part, many in _SECTIONS.items() for n in range(many)), *_OF_LEVEL_3}, key=_order)
)
"""The number of every requirement that has to have a verdict."""


@dataclass(frozen=True)
class Mapped:
    """What we say about one requirement."""

    number: str
    verdict: str
    shown: tuple[str, ...] = ()
    fault: str = ""
    because: str = ""

    @property
    def tests(self) -> tuple[str, ...]:
        """The tests that have to pass for it: those that show it, and the one that plants the fault, if one does."""
        return tuple(name for name in (*self.shown, self.fault) if _TEST.fullmatch(name))

    @property
    def checks(self) -> tuple[str, ...]:
        """The checks of `upheld verify` that show it."""
        return tuple(name for name in self.shown if _CHECK.fullmatch(name))


def read() -> dict[str, Mapped]:
    """Return what is said, by number."""
    said: dict[str, dict[str, Any]] = tomllib.loads(SOURCE.read_text())
    return {
        number: Mapped(
            number, entry["verdict"], tuple(entry.get("shown", ())), entry.get("fault", ""), entry.get("because", "")
        )
        for number, entry in said.items()
    }


def faults(said: Mapping[str, Mapped], known_checks: Collection[str]) -> list[str]:
    """Return what is wrong with a mapping, whether or not its tests pass."""
    wrong = [f"{number} has no verdict" for number in REQUIREMENTS if number not in said]
    wrong += [f"{number} is none of ours" for number in said if number not in REQUIREMENTS]
    for one in said.values():
        wrong += [f"{one.number}: {fault}" for fault in _faults_of(one, known_checks)]
    return wrong


def _faults_of(one: Mapped, known_checks: Collection[str]) -> list[str]:
    if one.verdict not in VERDICTS:
        return [f"{one.verdict!r} is no verdict"]
    if one.verdict != MET:
        return [] if one.because and not one.shown else ["says why, and names nothing that would show the contrary"]
    wrong = [] if one.shown and one.fault else ["names what shows it, and the fault that turned that red"]
    wrong += [f"there is no test {name}" for name in one.tests if not exists(name)]
    wrong += [f"there is no check {name}" for name in one.checks if name not in known_checks]
    wrong += [f"{name} is neither test nor check" for name in one.shown if name not in {*one.tests, *one.checks}]
    if one.checks and not any(_plants(one.fault, check) for check in one.checks):
        wrong.append("a check is shown red by the test that is named after it")
    return wrong


def _plants(fault: str, check: str) -> bool:
    """Whether a test plants a fault for a check: it is green before and red after, in one run."""
    return f"::test_{check.replace('.', '_')}_is_red_when_" in fault


def exists(test: str) -> bool:
    """Whether there is a test of this id, without parameters."""
    file, _, name = test.partition("::")
    return name in _tests_in(Path(file))


@cache
def _tests_in(path: Path) -> frozenset[str]:
    if not path.is_file():
        return frozenset()
    body = ast.parse(path.read_text()).body
    return frozenset(one.name for one in body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


def unshown(said: Mapping[str, Mapped], passed: Collection[str], failed: Collection[str]) -> list[str]:
    """Return what is said to be met and was not shown, by the ids of tests that passed and failed in a whole run."""
    return [
        f"{one.number}: {test} {'failed' if test in failed else 'did not run'}"
        for one in said.values()
        for test in one.tests
        if test in failed or test not in passed
    ]


def page(said: Mapping[str, Mapped]) -> str:
    """Return what people read."""
    counts = Counter(one.verdict for one in said.values())
    head = [
        "# OWASP ASVS 5.0.0, requirement by requirement", "",
        "Written by `python -m tools.asvs` from `tests/asvs.toml`; do not edit. Numbers only: the text is in the",
        "[standard](https://github.com/OWASP/ASVS/tree/v5.0.0/5.0/en). Every requirement of levels 1 and 2 in",
        "chapters 2, 3 and 6 to 10 has a verdict, and those of level 3 that we chose.", "",
        "What is *met* names a test, or a check of `upheld verify`, and the planted fault that turned it red: where a",
        "test plants it, it does so in every run. A run of everything fails when one of these tests does not pass.",
        "What is *not met* is said to be, and why.", "",
        f"{counts[MET]} met, {counts[NOT_MET]} not met, {counts[NOT_APPLICABLE]} not applicable, of {len(said)}.", "",
    ]  # fmt: skip
    rows = ["| requirement | verdict | shown by | seen red with, or why |", "|---|---|---|---|"]
    rows += [
        f"| V{one.number} | {one.verdict} | {'<br>'.join(map(_shown, one.shown))} |"
        f" {_linked(one.fault or one.because)} |"
        for one in sorted(said.values(), key=lambda one: _order(one.number))
    ]
    return "\n".join([*head, *rows, ""])


def twin(said: Mapping[str, Mapped]) -> str:
    """Return what programs read."""
    requirements = [
        {
            "id": f"V{one.number}",
            "verdict": one.verdict,
            **({"shown": one.shown, "fault": one.fault} if one.verdict == MET else {"because": one.because}),
        }
        for one in sorted(said.values(), key=lambda one: _order(one.number))
    ]
    counts = Counter(one.verdict for one in said.values())
    summary = {verdict: counts[verdict] for verdict in VERDICTS}
    return (
        json.dumps({"standard": "OWASP ASVS 5.0.0", "summary": summary, "requirements": requirements}, indent=1) + "\n"
    )


def _shown(name: str) -> str:
    return f"`{name}`" if _CHECK.fullmatch(name) else _linked(name)


def _linked(text: str) -> str:
    """Return a cell of the table, in which every test that is named leads to its file."""
    return _TEST.sub(r"[\g<name>](../\g<file>)", text.replace("|", "\\|"))


def main() -> int:
    """Write both, or compare."""
    said = read()
    wanted = {PAGE: page(said), TWIN: twin(said)}
    if "--check" in sys.argv:
        stale = [str(path) for path, text in wanted.items() if not path.exists() or path.read_text() != text]
        sys.stdout.writelines(f"{path} is not what it would be: run `make fix`\n" for path in stale)
        return 1 if stale else 0
    for path, text in wanted.items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
