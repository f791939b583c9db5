"""Every language is complete: no string without its words, and none whose places went astray."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from tools.words import TEMPLATE, extract
from upheld.platform.i18n import LANGUAGES, SOURCE, Words, choose_language

LOCALE = TEMPLATE.parent
TRANSLATED = sorted(LANGUAGES.keys() - {SOURCE})
PLACES = re.compile(r"%\(\w+\)[sd]|%%|`[^`]+`|<[^>]+>|\{[^}]*\}|https?://\S+?(?=[,।.]?(?:\s|$))")


def catalog(path: Path, language: str | None = None) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def forms(said: str | Iterable[str] | None) -> list[str]:
    return [said] if isinstance(said, str) else list(said or [])


def named(message: Message) -> str:
    return forms(message.id)[0]


def faults(source: Catalog, translated: Catalog) -> list[str]:
    """Return everything that keeps a catalogue from being the whole source in another language."""
    ours = {named(message): message for message in translated if message.id}
    found = [f"obsolete: {named(one)}" for one in translated.obsolete.values()]
    found += [f"not in the source: {key}" for key in ours.keys() - {named(one) for one in source}]
    return found + [fault for message in source if message.id for fault in _of(message, ours.get(named(message)))]


def _of(message: Message, ours: Message | None) -> list[str]:
    if ours is None:
        return [f"missing: {named(message)}"]
    said = forms(ours.string)
    if ours.fuzzy or not all(text.strip() for text in said):
        return [f"not translated: {named(message)}"]
    one, *many = forms(message.id)
    pairs = [(one, said[0]), *((source, text) for source in many for text in said[1:])]
    return [f"other places: {named(message)}" for source, text in pairs if places(source) != places(text)]


def places(text: str) -> list[str]:
    """Return what has to stand in every translation as it stands in the source, in whatever order."""
    return sorted(PLACES.findall(text))


def test_the_template_is_what_the_sources_say() -> None:
    assert extract() == TEMPLATE.read_text(), "run `make words`"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_string_is_translated_with_its_places(language: str) -> None:
    path = LOCALE / language / "LC_MESSAGES" / "upheld.po"
    assert faults(catalog(TEMPLATE), catalog(path, language)) == []


def test_an_emptied_a_misplaced_and_a_forgotten_string_are_seen() -> None:
    source, translated = Catalog(), Catalog(locale="hi")
    for text in ("Sign in", "Page %(number)s", "Withdraw"):
        source.add(text)
    translated.add("Sign in", "")
    translated.add("Page %(number)s", "पेज %(nummer)s")
    translated.add("Go", "जाएँ")
    assert faults(source, translated) == [
        "not in the source: Go", "not translated: Sign in", "other places: Page %(number)s", "missing: Withdraw",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("accepted", "chosen", "spoken"),
    [
        ("hi-IN,en;q=0.9", "", "hi"),
        ("en;q=0.5, hi;q=0.9", "", "hi"),
        ("fr, hi;q=0.1", "", "hi"),
        ("en, hi", "", "en"),
        ("hi;q=0", "", "en"),
        ("hi;q=nonsense", "", "en"),
        ("", "", "en"),
        ("en", "hi", "hi"),
        ("hi", "en", "en"),
        ("hi", "../../etc", "hi"),
    ],
)
def test_a_choice_goes_before_the_browser_and_the_browser_before_english(
    accepted: str, chosen: str, spoken: str
) -> None:
    assert choose_language(accepted, chosen) == spoken


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert [Words(language).number(1234567) for language in ("en", "hi")] == ["1,234,567", "12,34,567"]
