"""House rules of the promises: nothing without checks, no check without a bringer, no probe without a sabotage."""

import ast
import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from upheld.features.trust.model import Check, Work
from upheld.features.trust.promises import PROMISES

FOLDER = Path(__file__).parents[1] / "promises"
CHECKS = [check for promise in PROMISES for check in promise.checks]


def test_every_promise_is_listed_once_with_its_checks() -> None:
    assert len(PROMISES) == len({promise.id for promise in PROMISES}) == 59
    assert all(promise.checks for promise in PROMISES)
    assert len(CHECKS) == len({check.id for check in CHECKS})
    assert all(check.id.startswith(f"{promise.id}.") for promise in PROMISES for check in promise.checks)


TO_COME = {
    Work.AGENT: {
        "access.report.initiator", "agent.scope.trace", "agent.pinned.impostor", "agent.quiet.sockets",
        "agent.wss.refused",
    },
    Work.ASSESSMENTS: {"proctor.local.bytes", "proctor.flags.schema"},
    Work.SUPPORT: {"access.support.breakglass"},
    Work.INTEGRATIONS: {"store.credentials.nonces"},
    Work.WITNESSES: {"store.transparent.tree"},
    Work.SEARCH: {"data.visibility.search"},
    Work.SCORING: {"data.notrain.outbound"},
    Work.RIGHTS: {
        "data.rectify.told", "data.restrict.at_once", "data.portable.schema", "data.clock.overdue",
        "org.contact.route",
    },
    Work.REGISTERS: {"org.breach.drill", "org.subprocessors.hosts", "org.transfers.record"},
    Work.DUTIES: {"org.compliance.duties"},
}  # fmt: skip
"""Which work, still to be done, brings which check; what is done has brought all of its own."""


def test_every_check_is_built_or_brought_by_a_work_that_is_still_to_be_done() -> None:
    assert all(check.shows for check in CHECKS)
    assert without_a_bringer(CHECKS) == []
    assert {check.id: check.work for check in CHECKS if check.probe is None} == {
        name: work for work, names in TO_COME.items() for name in names
    }


@pytest.mark.parametrize("work", [Work.SPINE, Work.BOUNDARY, Work.TRUST, "", None])
def test_a_check_that_nobody_brings_is_found(work: Any) -> None:
    planted = Check("edge.tls.planted", "something", work)
    assert without_a_bringer([*CHECKS, planted]) == ["edge.tls.planted"]


def test_every_probe_declares_its_privilege_and_its_cost() -> None:
    built = [check.probe for check in CHECKS if check.probe is not None]
    assert built
    assert all(probe.privilege and probe.cost for probe in built)
    assert all(probe.look.__doc__ for probe in built)


def test_no_probe_that_loads_or_lasts_claims_to_be_safe_in_production() -> None:
    heavy = re.compile(
        r"every (file|row|table|sealed column)|everything|whole backup|for good|replacement|sample every"
    )
    costs = {one.id: one.probe.cost for one in CHECKS if one.probe is not None and one.probe.safe_in_production}
    assert [name for name, cost in costs.items() if heavy.search(cost)] == []


def test_every_check_that_is_built_has_been_seen_red() -> None:
    unseen = without_a_sabotage(CHECKS, _test_names())
    assert not unseen, f"no sabotage test for {unseen}: name one test_{unseen[0].replace('.', '_')}_is_red_when_…"


def test_a_check_that_was_never_seen_red_is_found() -> None:
    some = next(check for check in CHECKS if check.probe is not None)
    planted = replace(some, id="edge.tls.planted")
    assert without_a_sabotage([*CHECKS, planted], _test_names()) == ["edge.tls.planted"]
    assert without_a_sabotage([planted], {"test_edge_tls_planted_is_green"}) == ["edge.tls.planted"]
    assert without_a_sabotage([planted], {"test_edge_tls_planted_is_red_when_broken"}) == []


def test_every_sabotage_is_one_of_a_check() -> None:
    known = {check.id.replace(".", "_") for check in CHECKS}
    said = {found[1] for name in _test_names() if (found := re.match(r"test_(\w+?)_is_red_when_", name))}
    assert said <= known


def without_a_bringer(checks: Iterable[Check]) -> list[str]:
    """Return what is not built although its work is done, or names no work at all."""
    to_come = {work for work in Work if not work.is_done}
    return [check.id for check in checks if check.probe is None and check.work not in to_come]


def without_a_sabotage(checks: Iterable[Check], names: Collection[str]) -> list[str]:
    """Return what is built and no test has seen red."""
    seen = {found[1] for name in names if (found := re.match(r"test_(\w+?)_is_red_when_", name))}
    return [check.id for check in checks if check.probe is not None and check.id.replace(".", "_") not in seen]


def _test_names() -> set[str]:
    trees = [ast.parse(path.read_text()) for path in FOLDER.glob("test_*.py")]
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for tree in trees for node in tree.body if isinstance(node, functions)}
