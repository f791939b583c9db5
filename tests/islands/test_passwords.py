"""Choosing a password with a script: a meter that explains and stops nobody, and a look at what was typed."""

import asyncio
from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, Locator

from tests.support.cluster import Cluster
from tests.support.people import Person, a_browser, somebody
from tests.support.server import serving

Site = tuple[Browser, str]


@pytest.fixture(scope="module")
def site(cluster: Cluster) -> Generator[Site]:
    """Run one deployment where nobody is yet; return a browser, and where to go with it."""
    with serving(asyncio.run(cluster.deploy())) as server, a_browser() as browser:
        yield browser, server.url


@pytest.fixture
def newcomer(site: Site) -> Generator[Person]:
    """Put somebody before the form that makes an account."""
    with somebody(*site) as person:
        person.goes_to("/register")
        yield person


def meter(person: Person) -> Locator:
    """Return the meter below the password."""
    return person.page.get_by_label("How hard it is to guess")


def test_the_meter_says_what_to_do_in_words_and_leaves_nothing_on_the_way(newcomer: Person) -> None:
    asked: list[str] = []
    newcomer.page.on("request", lambda one: None if "/static/" in one.url else asked.append(one.url))
    assert not meter(newcomer).is_visible(), "there is nothing to measure yet"
    newcomer.types(email="pascale.nogueira@example.org", password="seven")
    newcomer.sees("5 of at least 12 characters.")
    for weak, said in {
        "password1234": "from the lists that others try first",
        "abcdefghijklmn": "Rows like abcd or 1234",
        "nogueira 2026": "Leave your own address",
        "abcabcabcabcabc": "What repeats itself",
    }.items():
        newcomer.types(password=weak)
        newcomer.sees(said)
        assert float(meter(newcomer).evaluate("meter => meter.value")) < 3
    newcomer.types(password="seven green lanterns")
    newcomer.sees("we compare it with a long list of known passwords")
    assert meter(newcomer).evaluate("meter => meter.value") == 4
    newcomer.types(email="seven.green@lanterns.org")
    newcomer.sees("Leave your own address")
    assert meter(newcomer).evaluate("meter => meter.value") == 1, "an address typed afterwards counts as well"
    assert newcomer.page.locator("[data-island=strength] [aria-live=polite]").count() == 1
    assert asked == [], "what is typed is judged where it is typed"


def test_the_meter_stops_nobody_and_the_server_has_the_last_word(newcomer: Person) -> None:
    newcomer.types(email="pascale@example.org", password="password1234")
    newcomer.page.get_by_label("I agree that Upheld keeps an account for me").check()
    newcomer.presses("Create my account")
    newcomer.page.locator(".field-problem", has_text="from the lists that others try first").wait_for()
    assert not newcomer.page.locator("[name=password]").input_value()


def test_a_password_can_be_looked_at_pasted_and_is_hidden_before_it_is_sent(newcomer: Person) -> None:
    field = newcomer.page.locator("[name=password]")
    newcomer.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=newcomer.url)
    newcomer.page.evaluate("navigator.clipboard.writeText('seven green lanterns')")
    field.focus()
    newcomer.page.keyboard.press("Control+V")
    newcomer.presses("Show the password")
    assert (field.get_attribute("type"), field.input_value()) == ("text", "seven green lanterns")
    assert field.get_attribute("spellcheck") == "false", "some checkers send what they check"
    newcomer.page.evaluate("for (const form of document.forms) form.onsubmit = () => false")
    newcomer.presses("Create my account")
    assert field.get_attribute("type") == "password"
    assert meter(newcomer).is_visible()


def test_the_sentences_are_those_of_the_language(newcomer: Person) -> None:
    newcomer.presses("हिन्दी")
    newcomer.types(password="सात हरी")
    newcomer.sees("कम से कम 12 में से 7 अक्षर")
    newcomer.page.get_by_role("button", name="पासवर्ड दिखाएँ").wait_for()


def test_without_a_script_the_form_says_what_a_password_has_to_be(site: Site) -> None:
    with somebody(*site, javascript=False) as person:
        person.goes_to("/register")
        person.sees("At least 12 characters, and none that others try first.")
        assert person.page.locator("meter").count() == 0
        assert person.page.locator("[name=password]").get_attribute("autocomplete") == "new-password"
