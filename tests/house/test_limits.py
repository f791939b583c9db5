"""Limits are declared in one place, and documented from there."""

import ast

from tests.house.sources import SOURCE
from tools.limits import PAGE, all_limits, page
from upheld.features.privacy.rotation import LIMITS_OVERLAP

RULES = "platform/limits/rules.py"


def test_the_page_of_limits_is_fresh() -> None:
    assert PAGE.read_text() == page(), "run `make fix`"


def test_no_limit_is_declared_anywhere_else() -> None:
    elsewhere = [
        str(path)
        for path in sorted(SOURCE.rglob("*.py"))
        if not path.match(RULES)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Limit"
    ]
    assert elsewhere == []


def test_every_limit_has_a_name_of_its_own_and_says_whom_it_protects() -> None:
    limits = all_limits()
    assert len({limit.name for limit in limits}) == len(limits)
    assert [limit.name for limit in limits if len(limit.protects) < 30 or not limit.protects.endswith(".")] == []


def test_every_figure_fits_the_log_and_ends_before_its_key_is_destroyed() -> None:
    figures = [(limit.name, many, per) for limit in all_limits() for many, per in limit.figures]
    assert [name for name, many, per in figures if not 1 <= many <= 1000 or per > LIMITS_OVERLAP] == []
