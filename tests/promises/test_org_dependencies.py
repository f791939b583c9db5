"""org.dependencies, red under each of its sabotages; the advisory service is a stand-in that knows one weakness.

The real one (OSV) cannot be had on the machines that these tests run on.
"""

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.promises.faults import Scratch
from tools import advisories as locks
from upheld.features.trust.probes import dependencies
from upheld.features.trust.probes.outbound import Pretended
from upheld.platform import advisories
from upheld.platform.advisories import Scan, last_scans, note, scan
from upheld.platform.materials import Material, bill, installed, locked, npm_locked, purls
from upheld.platform.outbound import Asked, Fetched, Outbound

pytestmark = pytest.mark.anyio

NOW = dt.datetime.now(dt.UTC)
KNOWN = {"pkg:pypi/pillow@9.0.0": ["GHSA-4fx9-vc88-q2xc"]}

LOCK = """
version = 1
[[package]]
name = "pillow"
version = "{pillow}"
source = {{ registry = "https://pypi.org/simple" }}
[[package]]
name = "upheld"
version = "0.1.0"
source = {{ editable = "." }}
"""


class Advisories(Pretended):
    """Answers as OSV does (querybatch), from a short list; or as somebody in between does."""

    status = 200
    cut_short = False

    async def exchange(self, address: str, asked: Asked, seconds: float) -> Fetched:
        """Answer questions about packages."""
        await super().exchange(address, asked, seconds)
        asked_about = [one["package"]["purl"] for one in msgspec.json.decode(asked.body)["queries"]]
        found = [{"vulns": [{"id": one} for one in KNOWN[purl]]} if purl in KNOWN else {} for purl in asked_about]
        return Fetched(self.status, "", msgspec.json.encode({"results": found[1:] if self.cut_short else found}))


def service(**changed: Any) -> Outbound:
    network = Advisories([["93.184.215.14"]])
    for name, value in changed.items():
        setattr(network, name, value)
    return Outbound(network)


async def scanned(scratch: Scratch, asked: list[str], at: dt.datetime = NOW, **changed: Any) -> Scan:
    """Scan some packages, and note it where the deployment looks."""
    done = await scan(service(**changed), asked, at)
    note(scratch.scene.settings.var, done)
    return done


@pytest.fixture
def scratch(swift: Scratch, tmp_path: Any) -> Any:
    """Let each test begin without a scan."""
    platform = swift.scene.platform
    swift.scene.platform = replace(platform, settings=replace(platform.settings, var=tmp_path))
    yield swift
    swift.scene.platform = platform


async def test_a_clean_scan_of_today_upholds_it(scratch: Scratch) -> None:
    assert (await scratch.look("org.dependencies.scan")).state == "unproven"
    await scanned(scratch, list(purls(installed())))
    found = await scratch.look("org.dependencies.scan")
    assert found.state == "upheld", found
    assert "pkg:generic/postgresql@18.6" in found.checks[0].evidence["not_asked_about"]


async def test_org_dependencies_scan_is_red_when_a_vulnerable_release_is_pinned(scratch: Scratch) -> None:
    assert (await scanned(scratch, list(purls(locked(LOCK.format(pillow="12.0.0")))))).is_clean
    await scanned(scratch, list(purls(locked(LOCK.format(pillow="9.0.0")))))
    await scratch.sees_red("org.dependencies.scan", "pkg:pypi/pillow@9.0.0: GHSA-4fx9-vc88-q2xc")


async def test_org_dependencies_scan_is_red_when_nobody_has_scanned_for_long(scratch: Scratch) -> None:
    await scanned(scratch, list(purls(installed())), NOW - dt.timedelta(days=9))
    await scratch.sees_red("org.dependencies.scan", "the last clean scan is 9 days old")


@pytest.mark.parametrize("changed", [{"status": 403}, {"cut_short": True}, {"answers": [["10.0.0.1"]]}])
async def test_a_scan_that_could_not_ask_is_not_clean(scratch: Scratch, changed: dict[str, Any]) -> None:
    done = await scanned(scratch, list(purls(installed())), **changed)
    assert done.could_not_ask
    assert not done.is_clean
    found = await scratch.look("org.dependencies.scan")
    assert found.state == "unproven"
    assert advisories.SOURCE in found.checks[0].evidence["could_not_look"]


@pytest.mark.parametrize(("changed", "answer"), [({"status": 503}, 2), ({"cut_short": True}, 2), ({}, 0)])
def test_what_checks_the_locks_does_not_take_silence_for_clean(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, changed: dict[str, Any], answer: int
) -> None:
    monkeypatch.setattr(locks, "Outbound", lambda: service(**changed))
    monkeypatch.setattr(locks, "NOTED", tmp_path)
    assert locks.main() == answer
    scans = last_scans(tmp_path)
    assert scans is not None
    assert bool(scans.last.could_not_ask) == (answer == 2)


def test_what_checks_the_locks_fails_when_something_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(locks, "Outbound", service)
    monkeypatch.setattr(locks, "NOTED", tmp_path)
    old = locked(LOCK.format(pillow="9.0.0"))

    def pinned(_: str) -> list[Material]:
        return old

    monkeypatch.setattr(locks, "locked", pinned)
    assert locks.main() == 1


async def test_a_scan_that_could_not_ask_leaves_the_last_clean_one(scratch: Scratch) -> None:
    await scanned(scratch, list(purls(installed())), NOW - dt.timedelta(days=1))
    await scanned(scratch, list(purls(installed())), status=503)
    assert (await scratch.look("org.dependencies.scan")).state == "upheld"
    scans = last_scans(scratch.scene.settings.var)
    assert scans is not None
    assert scans.last.could_not_ask
    assert scans.clean is not None


async def test_a_scan_of_something_else_proves_nothing_about_what_is_installed(scratch: Scratch) -> None:
    await scanned(scratch, ["pkg:pypi/asyncpg@0.1"])
    assert (await scratch.look("org.dependencies.scan")).state == "unproven"


async def test_the_published_bill_is_what_is_installed(scratch: Scratch) -> None:
    assert (await scratch.look("org.dependencies.bill")).state == "upheld"


async def test_org_dependencies_bill_is_red_when_a_piece_is_left_out(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dependencies, "installed", lambda: [*installed(), *locked(LOCK.format(pillow="9.0.0"))])
    await scratch.sees_red("org.dependencies.bill", "pkg:pypi/pillow@9.0.0 is installed, and not on the bill")


async def test_org_dependencies_bill_is_red_when_it_is_not_published(scratch: Scratch) -> None:
    scratch.serve(_Without(scratch.deployment.app))
    await scratch.sees_red("org.dependencies.bill", "/about/sbom.json answers 404 without a bill")


class _Without:
    """Answers as if there were no bill."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app({**scope, "path": scope["path"].replace("sbom", "nothing")}, receive, send)


def test_the_bill_is_what_cyclonedx_says_it_is() -> None:
    official = JsonStrictValidator(SchemaVersion.V1_6)
    assert official.validate_str(json.dumps(bill())) is None
    piece = {"type": "library", "name": "left-pad", "licence": "MIT"}
    assert official.validate_str(json.dumps({**bill(), "components": [piece]})) is not None


def test_the_bill_lists_what_runs_with_us_the_database_and_what_built_the_islands() -> None:
    said = bill()
    listed = {one["purl"].rpartition("@")[0] for one in said["components"]}
    assert {"pkg:pypi/asyncpg", "pkg:pypi/granian", "pkg:generic/postgresql", "pkg:npm/esbuild"} <= listed
    # What only developers run is not in the product.
    assert not {"pkg:pypi/pytest", "pkg:pypi/ruff", "pkg:npm/lighthouse"} & listed
    refs = {said["metadata"]["component"]["bom-ref"], *(one["bom-ref"] for one in said["components"])}
    assert len(refs) == len(said["components"]) + 1
    assert {need for one in said["dependencies"] for need in (one["ref"], *one["dependsOn"])} <= refs


def test_a_name_with_a_scope_is_written_as_package_urls_want_it() -> None:
    lock = '{"packages": {"": {}, "node_modules/@a/b": {"version": "1.0.0", "license": "MIT"}}}'
    assert [one.purl for one in npm_locked(lock)] == ["pkg:npm/%40a/b@1.0.0"]
