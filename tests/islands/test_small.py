"""The small islands: nothing typed is lost by accident, times are the reader's own, a line is copied with one press."""

import re

from tests.islands.conftest import Recruiter, Site
from tests.support.people import somebody


def test_a_long_form_asks_before_what_was_typed_is_lost(recruiter: Recruiter) -> None:
    page = recruiter.person.page
    asked: list[str] = []
    page.on("dialog", lambda question: asked.append(question.type))
    page.on("dialog", lambda question: question.dismiss())
    recruiter.person.goes_to("/hiring/jobs/new")
    recruiter.person.goes_to("/hiring/jobs/new")
    assert asked == [], "nothing was typed"
    page.locator("main textarea").first.press_sequentially("Nine boats")
    page.evaluate("location.assign('/hiring')")
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    assert page.url.endswith("/hiring/jobs/new")


def test_an_instant_is_shown_in_the_readers_own_time(recruiter: Recruiter) -> None:
    recruiter.person.goes_to(f"/hiring/applications/{recruiter.application}")
    shown = recruiter.person.page.locator("time[datetime*=T]").first
    assert shown.get_attribute("title", timeout=5000) is not None
    assert "UTC" in (shown.get_attribute("title") or "")
    assert "UTC" not in shown.inner_text()
    assert re.search(r"\d", shown.inner_text())


def test_a_line_is_copied_with_one_press(site: Site) -> None:
    with somebody(site.browser, site.server.url) as person:
        person.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.server.url)
        person.goes_to("/trust")
        line = person.page.locator("[data-copy]").last
        line.locator("xpath=following-sibling::button[1]").click()
        person.page.get_by_role("button", name="Copied").wait_for()
        assert person.page.evaluate("navigator.clipboard.readText()") == line.inner_text().strip()
