"""What the papers about getting in and about rules say, held against the code that they speak of."""

import re
from pathlib import Path

import pytest

from tests.house.sources import SOURCE
from upheld.features.accounts.model import Strength
from upheld.platform.settings import Settings

RULES, GETTING_IN = Path("docs/security/rules.md"), Path("docs/security/getting-in.md")
_OPENS = re.compile(r"(?<!def )(?<!upheld\.)\b(open_session|open_session_for|mint_session|mint_unproven_session)\(")
_KEPT_BY = re.compile(r"`(src/[\w/.]+)`: `([^`]+)`")


@pytest.mark.parametrize("paper", [RULES, GETTING_IN])
def test_each_rule_stands_where_the_paper_says(paper: Path) -> None:
    said = _KEPT_BY.findall(paper.read_text())
    assert len(said) >= 10
    assert [(file, text) for file, text in said if text not in Path(file).read_text()] == []


def test_each_row_of_the_rules_names_what_keeps_it() -> None:
    rows = [line for line in RULES.read_text().splitlines() if line.startswith("| ") and "| rule |" not in line]
    assert [row for row in rows if not _KEPT_BY.search(row)] == []


def test_every_way_in_is_on_the_paper_and_no_other() -> None:
    """A way in is a strength that sessions have, and a module that opens one."""
    said = GETTING_IN.read_text()
    assert set(re.findall(r"^\| .* \| `([\w-]+)` \|", said, re.MULTILINE)) == {str(one) for one in Strength}
    opening = {
        str(path.relative_to(SOURCE.parent.parent))
        for path in sorted((SOURCE / "features").rglob("*.py"))
        if _OPENS.search(path.read_text())
    }
    assert len(opening) > 4, "this test is blind"
    assert {file for file in opening if f"`{file}`" not in said} == set()


def test_the_lifetimes_are_those_of_the_settings() -> None:
    said, settings = GETTING_IN.read_text(), Settings()
    for name, told in (
        ("session_idle", "two hours without a request"), ("session_lifetime", "twelve hours after they were opened"),
        ("fresh_for", "ten minutes"), ("reset_lifetime", "thirty minutes"), ("link_lifetime", "a day"),
    ):  # fmt: skip
        assert told in said, name
    minutes = [
        getattr(settings, name).total_seconds() / 60
        for name in ("session_idle", "session_lifetime", "fresh_for", "reset_lifetime", "link_lifetime")
    ]
    assert minutes == [120, 720, 10, 30, 1440]
