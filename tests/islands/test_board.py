"""The board in a real browser: by mouse, by touch, by keyboard, and without a script."""

import re

import httpx

from tests.islands.conftest import Recruiter, Site
from upheld.platform.web.cookies import SESSION_COOKIE


def test_a_card_is_dragged_to_another_stage_and_stays_there(recruiter: Recruiter) -> None:
    page = recruiter.person.page
    answered: list[tuple[str, str, str | None]] = []
    page.on(
        "response",
        lambda answer: answered.append((answer.request.method, answer.url, answer.request.post_data)),
    )
    page.drag_and_drop("[data-application]", "[data-stage=interview]")
    recruiter.person.sees("Ada Okafor is now at “Interview”")
    recruiter.finds_the_card_in("Interview")
    move = f"{recruiter.person.url}/hiring/applications/{recruiter.application}/move"
    # One request, the form's own; the board that it leads to is not asked for, so nothing more is looked at.
    assert [one for one in answered if "/static/" not in one[1]] == [("POST", move, "stage=interview")]
    recruiter.looks_again()
    recruiter.finds_the_card_in("Interview")


def test_a_card_is_moved_by_keys_and_undone_and_keeps_the_focus(recruiter: Recruiter) -> None:
    page, status = recruiter.person.page, recruiter.person.page.locator(".board-says")
    recruiter.handle.focus()
    page.keyboard.press("Space")
    assert "Ada Okafor is lifted from “New”" in status.inner_text()
    assert recruiter.handle.get_attribute("aria-pressed") == "true"
    page.keyboard.press("ArrowRight")
    assert status.inner_text().startswith("In review.")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    recruiter.person.sees("Ada Okafor is now at “Interview”")
    assert recruiter.handle.evaluate("handle => handle === document.activeElement")
    assert page.get_by_role("button", name="Undo").count() == 0, "what was looked at is not new again"
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    recruiter.person.sees("Ada Okafor is now at “In review”")
    page.get_by_role("button", name="Undo").press("Enter")
    recruiter.person.sees("Ada Okafor is now at “Interview”")
    assert recruiter.handle.evaluate("handle => handle === document.activeElement")
    recruiter.looks_again()
    recruiter.finds_the_card_in("Interview")


def test_a_card_goes_where_one_taps_after_its_handle(recruiter: Recruiter) -> None:
    recruiter.handle.click()
    recruiter.column("Offer").click()
    recruiter.person.sees("Ada Okafor is now at “Offer”")
    assert recruiter.person.page.locator(".jump a", has_text="Offer").inner_text() == "Offer 1"
    recruiter.finds_the_card_in("Offer")


def test_a_card_that_is_let_go_of_stays_where_it_was(recruiter: Recruiter) -> None:
    page = recruiter.person.page
    recruiter.handle.focus()
    for leaving in ("Escape", "Tab"):
        page.keyboard.press("Space")
        page.keyboard.press("ArrowRight")
        page.keyboard.press(leaving)
        assert page.locator(".board-says").inner_text() == "Ada Okafor stays at “New”."
        assert page.locator(".is-lifted, .is-over").count() == 0
    recruiter.finds_the_card_in("New")


def test_nothing_can_be_dropped_among_the_new(recruiter: Recruiter) -> None:
    recruiter.handle.click()
    recruiter.column("In review").click()
    recruiter.person.sees("Ada Okafor is now at “In review”")
    recruiter.handle.focus()
    recruiter.person.page.keyboard.press("Space")
    recruiter.person.page.keyboard.press("ArrowLeft")
    assert "In review, where Ada Okafor was" not in recruiter.person.page.locator(".board-says").inner_text()
    assert recruiter.column("New").get_attribute("class") in {None, ""}


def test_a_drop_that_needs_a_reason_leads_to_where_one_gives_it(recruiter: Recruiter) -> None:
    recruiter.person.page.drag_and_drop("[data-application]", "[data-stage=closed]")
    recruiter.person.page.wait_for_url(re.compile(rf"/hiring/applications/{recruiter.application}.*#decide$"))
    recruiter.person.page.get_by_label("Reason").wait_for()


def test_a_card_goes_back_when_the_application_was_closed_meanwhile(site: Site, recruiter: Recruiter) -> None:
    with site.server.client() as ada:
        ada.headers["cookie"] = f"{SESSION_COOKIE}={site.ada}"
        answer = ada.post(f"/applications/{recruiter.application}/withdraw")
        assert answer.status_code == httpx.codes.SEE_OTHER
    recruiter.handle.click()
    recruiter.column("In review").click()
    recruiter.person.sees("the application is closed by now")
    recruiter.finds_the_card_in("New")


def test_a_card_goes_back_when_the_site_cannot_be_reached(recruiter: Recruiter) -> None:
    page = recruiter.person.page
    page.context.set_offline(offline=True)
    recruiter.handle.click()
    recruiter.column("In review").click()
    recruiter.person.sees("the site could not be reached")
    recruiter.finds_the_card_in("New")
    page.context.set_offline(offline=False)
    recruiter.handle.click()
    recruiter.column("In review").click()
    recruiter.person.sees("Ada Okafor is now at “In review”")


def test_whoever_is_signed_out_meanwhile_is_told_so(recruiter: Recruiter) -> None:
    recruiter.person.page.context.clear_cookies()
    recruiter.handle.click()
    recruiter.column("In review").click()
    recruiter.person.sees("you are signed out")
    recruiter.finds_the_card_in("New")


def test_without_a_script_the_application_is_moved_from_its_page(recruiter_without_script: Recruiter) -> None:
    olga = recruiter_without_script
    assert olga.person.page.locator(".lift, .board-says").count() == 0
    olga.person.page.get_by_role("link", name="Ada Okafor").click()
    olga.person.page.select_option("#stage", "interview")
    olga.person.presses("Move")
    olga.looks_again()
    olga.finds_the_card_in("Interview")


def test_a_script_that_is_not_ours_does_not_run(recruiter: Recruiter) -> None:
    page = recruiter.person.page
    assert page.locator(".lift").count() == 1, "ours does"
    attempts = (
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">')",
        "eval('window.ran = 1')",
        "document.head.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))",
        "document.head.append(Object.assign(document.createElement('script'), {src: '/api/jobs'}))",
    )
    page.evaluate("window.refused = 0; addEventListener('securitypolicyviolation', () => window.refused++)")
    for attempt in attempts:
        # Later, so that it is the page that tries, not the tool that drives the browser.
        page.evaluate(f"() => void setTimeout(() => {attempt})")
    page.wait_for_function("number => window.refused >= number", arg=len(attempts))
    assert page.evaluate("window.ran") is None
