"""An auditor reads the promises, follows one to its evidence, and takes the proof along to a machine of their own.

In a real browser, without JavaScript. What is downloaded is verified as the page says, by a Python
that can import nothing of ours; one changed byte, and it refuses.
"""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

from tests.support.cluster import Cluster
from tests.support.deployment import deployed
from tests.support.people import Person, a_browser, downloaded, somebody
from tests.support.proofs import told
from tests.support.server import serving
from upheld.features.trust.probe import CheckState
from upheld.platform.settings import Settings

PROMISE = "edge.headers"
FAULT = "GET /jobs lacks a header"


def test_an_auditor_follows_a_promise_to_its_evidence_and_verifies_it_offline(cluster: Cluster, tmp_path: Path) -> None:
    settings = asyncio.run(with_runs_on_record(cluster))
    with (
        serving(settings) as server,
        a_browser() as browser,
        somebody(browser, server.url, javascript=False) as auditor,
    ):
        reads_how_much_is_upheld(auditor)
        sees_what_is_broken_and_nothing_else(auditor)
        follows_it_to_its_evidence(auditor)
        key = takes_the_proof_along(auditor, tmp_path)
    genuine = verified(tmp_path, "--key", key)
    assert genuine.returncode == 0, genuine.stdout + genuine.stderr
    assert genuine.stdout.startswith("Genuine")
    assert re.search(rf"broken +{PROMISE}", genuine.stdout)
    one_changed_byte_is_refused(tmp_path, key)


async def with_runs_on_record(cluster: Cluster) -> Settings:
    """Return a deployment whose last run found one promise broken that was upheld before."""
    async with deployed(cluster) as deployment:
        await told(deployment, "store.cookies", CheckState.PASSED)
        await told(deployment, PROMISE, CheckState.PASSED)
        await told(deployment, PROMISE, CheckState.FAILED, faults=[FAULT])
        return deployment.settings


def reads_how_much_is_upheld(auditor: Person) -> None:
    auditor.goes_to("/trust")
    auditor.sees("1 promise is broken")
    said = auditor.page.locator(".verdict strong").inner_text()
    upheld, promises = (int(number) for number in re.findall(r"\d+", said))
    tabs = auditor.page.get_by_role("navigation", name="Promises by state")
    assert tabs.get_by_role("link").first.inner_text() == f"All {promises}"
    assert tabs.get_by_role("link", name="Upheld").inner_text() == f"Upheld {upheld}"
    assert auditor.page.locator(".promise-state .tag.upheld").count() == upheld > 0


def sees_what_is_broken_and_nothing_else(auditor: Person) -> None:
    auditor.page.get_by_role("navigation", name="Promises by state").get_by_role("link", name="Broken").click()
    rows = auditor.page.locator(".promises > li")
    assert [row.get_attribute("id") for row in rows.all()] == [PROMISE]
    rows.first.locator("summary").click()
    auditor.sees(FAULT)


def follows_it_to_its_evidence(auditor: Person) -> None:
    auditor.page.locator(f".promises a[href='/trust/{PROMISE}']").click()
    auditor.sees("The last 3 runs, oldest first")
    check = auditor.page.locator("section.card").first
    assert FAULT in check.locator(".faults").inner_text()
    assert check.get_by_text("Looked at").is_visible(), "the evidence of what failed stands open"
    auditor.page.get_by_text("As a table").click()
    states = auditor.page.locator("table td").all_inner_texts()
    assert [state.split()[-1] for state in states] == ["broken", "upheld", "unproven"]


def takes_the_proof_along(auditor: Person, folder: Path) -> str:
    auditor.follows("Verify it yourself")
    names = [downloaded(auditor, press, folder).name for press in ("The signed run (JSON)", "The verifier (Python)")]
    assert names == ["trust.json", "verify.py"], "as the command on the page calls them"
    assert "python3 verify.py trust.json" in auditor.page.locator("#verify").locator("..").inner_text()
    auditor.follows("The public key")
    return auditor.page.locator("body").inner_text().strip()


def verified(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    # -I -S: neither this project nor anything installed beside Python can be imported.
    command = [sys.executable, "-I", "-S", "verify.py", "trust.json", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - ours


def one_changed_byte_is_refused(folder: Path, key: str) -> None:
    file = folder / "trust.json"
    genuine = file.read_bytes()
    place = genuine.index(FAULT.encode())
    file.write_bytes(genuine[:place] + b"P" + genuine[place + 1 :])
    refused = verified(folder, "--key", key)
    assert refused.returncode == 1, refused.stdout
    assert "something was changed" in refused.stdout
