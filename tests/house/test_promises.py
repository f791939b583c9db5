"""House rules of the promises: nothing without checks, no check without a bringer, no probe without a sabotage."""

import ast
import re
from pathlib import Path

from upheld.features.trust.model import Check, Work
from upheld.features.trust.promises import PROMISES

FOLDER = Path(__file__).parents[1] / "promises"
CHECKS = [check for promise in PROMISES for check in promise.checks]


def test_every_promise_is_listed_once_with_its_checks() -> None:
    assert len(PROMISES) == len({promise.id for promise in PROMISES}) == 59
    assert all(promise.checks for promise in PROMISES)
    assert len(CHECKS) == len({check.id for check in CHECKS})
    assert all(check.id.startswith(f"{promise.id}.") for promise in PROMISES for check in promise.checks)


def test_every_check_says_what_it_shows_and_which_work_brings_it() -> None:
    assert all(check.shows and isinstance(check.work, Work) for check in CHECKS)
    # What is still to come is brought by work that is still to come.
    assert not [check.id for check in CHECKS if check.probe is None and check.work is Work.SPINE]


def test_every_probe_declares_its_privilege_and_its_cost() -> None:
    built = [check.probe for check in CHECKS if check.probe is not None]
    assert built
    assert all(probe.privilege and probe.cost for probe in built)
    assert all(probe.look.__doc__ for probe in built)


def test_every_check_that_is_built_has_been_seen_red() -> None:
    names = _test_names()
    unseen = [check.id for check in CHECKS if check.probe is not None and not _is_sabotaged(check, names)]
    assert not unseen, f"no sabotage test for {unseen}: name one test_{unseen[0].replace('.', '_')}_is_red_when_…"


def test_every_sabotage_is_one_of_a_check() -> None:
    known = {check.id.replace(".", "_") for check in CHECKS}
    said = {found[1] for name in _test_names() if (found := re.match(r"test_(\w+?)_is_red_when_", name))}
    assert said <= known


def _is_sabotaged(check: Check, names: set[str]) -> bool:
    return any(name.startswith(f"test_{check.id.replace('.', '_')}_is_red_when_") for name in names)


def _test_names() -> set[str]:
    trees = [ast.parse(path.read_text()) for path in FOLDER.glob("test_*.py")]
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for tree in trees for node in tree.body if isinstance(node, functions)}
