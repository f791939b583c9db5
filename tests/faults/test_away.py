"""What a deployment needs goes away for a while: what people see meanwhile, and that it comes back by itself."""

import os
import re
import signal
import time
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from tests.support.deployment import PASSWORD
from tests.support.faults.killing import children_of
from tests.support.faults.site import Site, running_site
from tests.support.hiring import ADA, pdf
from tests.support.people import a_browser, somebody
from tests.support.server import serving
from upheld.platform.install import database_name

BOUND = 25.0
"""Seconds after which nobody may still wait for an answer, on a loaded machine."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    with running_site(tmp_path_factory.mktemp("away")) as running:
        yield running


def answers_that_it_is_away(browser: httpx.Client, path: str, status: int = 503) -> None:
    began = time.monotonic()
    answer = browser.get(path)
    assert time.monotonic() - began < BOUND
    assert answer.status_code == status, (path, answer.status_code, answer.text[-500:])
    assert int(answer.headers["retry-after"]) > 0
    assert "Traceback" not in answer.text
    assert "asyncpg" not in answer.text
    if path.startswith("/api/"):
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert (problem["status"], problem["type"]) == (status, "urn:upheld:problem:away")
        assert re.fullmatch(r"urn:upheld:reference:[0-9a-f]{8}", problem["instance"])
    else:
        assert re.search(r"tell us this reference: <code>[0-9a-f]{8}</code>", answer.text)
        assert '<a class="button" href="">Try again</a>' in answer.text
        assert "Sign in" not in answer.text, "nobody knows whether somebody is signed in"


def comes_back(site: Site, at_most: float = 40) -> None:
    limit = time.monotonic() + at_most
    while time.monotonic() < limit:
        try:
            # Ready at first may mean: not cut yet. A private page needs every connection there is.
            if all(site.browser.get(path).status_code == 200 for path in ("/health/ready", "/profile")):
                break
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    assert site.browser.get("/profile").status_code == 200
    assert site.browser.get("/api/jobs").status_code == 200
    assert "Traceback" not in site.said()


def test_a_stopped_database_is_told_at_once_and_its_return_is_noticed(site: Site) -> None:
    processes = {name: process.pid for name, process in site.server.processes.items()}
    site.cluster.server.stop()
    try:
        for path in ("/profile", "/jobs", "/sign-in", "/api/jobs"):
            answers_that_it_is_away(site.browser, path)
        assert site.browser.get("/health/live").text == "live\n"
        time.sleep(0.3)  # an answer about readiness is given again for a fifth of a second
        unready = site.browser.get("/health/ready")
        assert (unready.status_code, unready.text) == (503, "not ready\n")
    finally:
        site.cluster.server.start()
    comes_back(site)
    assert {name: process.pid for name, process in site.server.processes.items()} == processes
    assert all(process.poll() is None for process in site.server.processes.values()), "nobody started anything again"


def test_processes_that_start_before_their_database_wait_for_it(site: Site) -> None:
    site.cluster.server.stop()
    try:
        with serving(site.server.settings, "web", "worker") as early, early.client() as browser:
            answers_that_it_is_away(browser, "/jobs")
            assert browser.get("/health/live").status_code == 200
            site.cluster.server.start()
            limit = time.monotonic() + 30
            while browser.get("/health/ready").status_code != 200 and time.monotonic() < limit:
                time.sleep(0.1)
            assert browser.get("/jobs").status_code == 200
            assert early.processes["worker"].poll() is None
    finally:
        if site.cluster.server.process.poll() is not None:
            site.cluster.server.start()
    comes_back(site)


def test_after_a_crash_of_postgresql_contexts_are_sealed_with_a_new_key_and_nobody_is_signed_out(site: Site) -> None:
    assert site.browser.get("/profile").status_code == httpx.codes.OK
    data = database_name(site.server.settings.database)
    keys = "select inner_pad from sealed.context_keys"
    before = site.as_administrator(keys, database=data)
    site.cluster.server.process.kill()
    site.cluster.server.process.wait()
    site.cluster.server.start()
    assert before != []
    assert site.as_administrator(keys, database=data) == []
    comes_back(site)
    after = site.as_administrator(keys, database=data)
    assert len(after) == 1
    assert after != before


def test_cut_connections_are_opened_again(site: Site) -> None:
    assert site.as_administrator(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename in ('web', 'gate', 'worker', 'vault')"
    )
    comes_back(site)


def test_a_frozen_database_keeps_nobody_waiting_for_long(site: Site) -> None:
    assert site.browser.get("/profile").status_code == 200
    postmaster = site.cluster.server.process.pid
    frozen = [postmaster, *children_of(postmaster)]
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        answers_that_it_is_away(site.browser, "/profile")
        answers_that_it_is_away(site.browser, "/api/jobs")
        began = time.monotonic()
        assert site.browser.get("/health/ready").status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert time.monotonic() - began < 10
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    comes_back(site)


def test_too_many_connections_are_told_like_a_database_that_is_away(site: Site) -> None:
    cut = "select pg_terminate_backend(pid, 2000) from pg_stat_activity where usename = 'web'"
    site.as_administrator("alter role web connection limit 0", cut)
    try:
        answers_that_it_is_away(site.browser, "/profile")
        answers_that_it_is_away(site.browser, "/api/jobs")
    finally:
        site.as_administrator("alter role web connection limit -1", "select 1")
    comes_back(site)


def test_what_was_typed_is_sent_by_loading_the_page_again(site: Site) -> None:
    with a_browser() as browser, somebody(browser, site.server.url) as ada:
        ada.signs_in(ADA, PASSWORD)
        ada.goes_to(f"/jobs/{site.job}/apply")
        ada.types(letter="Nine wooden boats are what I know best.")
        ada.page.locator("[name='consent']").check()
        site.cluster.server.stop()
        try:
            ada.page.locator("main form button[type=submit]").first.click()
            ada.sees("load this page again to send it once more")
        finally:
            site.cluster.server.start()
        comes_back(site)
        ada.page.reload()
        ada.sees("Nine wooden boats are what I know best.")
    assert "Boat keeper" in site.browser.get("/applications").text


def test_without_the_keyring_what_needs_no_key_goes_on(site: Site) -> None:
    name = database_name(site.server.settings.keyring_database)
    cut = f"select pg_terminate_backend(pid, 2000) from pg_stat_activity where datname = '{name}'"  # noqa: S608 - ours
    site.as_administrator(f"alter database {name} allow_connections false", cut)
    try:
        assert site.browser.get("/jobs").status_code == 200
        answers_that_it_is_away(site.browser, "/profile")
        time.sleep(0.3)
        assert site.browser.get("/health/ready").status_code == httpx.codes.SERVICE_UNAVAILABLE
    finally:
        site.as_administrator(f"alter database {name} allow_connections true", "select 1")
    comes_back(site)


def test_without_the_object_store_an_upload_is_refused_and_nothing_is_half_there(site: Site) -> None:
    store = Path(site.server.settings.objects_url.removeprefix("file://"))
    aside = store.with_name("objects-aside")
    store.rename(aside)
    store.write_text("a file where the folder should be")
    file = {"file": ("paper.pdf", pdf("Ada Okafor", "Twelve years of boats"), "application/pdf")}
    try:
        answer = site.browser.post("/documents", files=file)
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert "does not answer at the moment" in answer.text
        assert site.browser.get("/profile").status_code == 200
        time.sleep(0.3)
        assert site.browser.get("/health/ready").status_code == httpx.codes.SERVICE_UNAVAILABLE
    finally:
        store.unlink()
        aside.rename(store)
    comes_back(site)
    assert site.documents() == 0
    assert site.browser.post("/documents", files=file).status_code == 303
    assert site.documents() == 1
