"""Words: every string that people see goes through here, in templates and in Python.

English is the source. `locale/upheld.pot` holds every string of the interface, extracted
by `make words`; a translation is a folder `locale/<language>/LC_MESSAGES/upheld.po`.
"""

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources
from io import BytesIO
from typing import cast

from babel.core import Locale
from babel.dates import TIMEDELTA_UNITS, format_date, format_datetime, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from babel.units import format_unit

LANGUAGES = {"en": "English", "hi": "हिन्दी"}
"""The languages the interface is complete in, each by its own name; the first is the source."""

SOURCE = next(iter(LANGUAGES))

_ENOUGH = 0.85
"""Of how much of a unit on a time is said in it: ten months are said in months, eleven are a year."""

_WAITS = (("hour", 3600), ("minute", 60), ("second", 1))


def mark(text: str) -> str:
    """Mark a string for extraction where it is defined; it is translated where it is shown."""
    return text


@cache
def translations(language: str) -> NullTranslations:
    """Return the translations of a language; English is the source itself."""
    if language == SOURCE:
        return NullTranslations()
    file = resources.files("upheld").joinpath("locale", language, "LC_MESSAGES", "upheld.po")
    # Compiled in memory, once for each process: no binary has to be kept in step with its source.
    compiled = BytesIO()
    with file.open("rb") as written:
        write_mo(compiled, read_po(written, locale=language))
    return Translations(BytesIO(compiled.getvalue()), domain="upheld")


def choose_language(accepted: str, chosen: str = "") -> str:
    """Return the language somebody chose, else the one their browser likes best, else English."""
    return chosen if chosen in LANGUAGES else max(_liked(accepted), default=(0.0, SOURCE), key=lambda one: one[0])[1]


def _liked(accepted: str) -> Iterator[tuple[float, str]]:
    """Yield our languages in an Accept-Language header (RFC 9110, 12.5.4), each with its weight above nought."""
    for part in accepted.split(","):
        tag, _, parameter = part.partition(";")
        language = tag.strip().partition("-")[0].lower()
        weight = _weight(parameter.strip().lower())
        if language in LANGUAGES and weight > 0:
            yield weight, language


def _weight(parameter: str) -> float:
    if not parameter:
        return 1.0
    found = re.fullmatch(r"q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", parameter)
    return float(found[1]) if found else 0.0


class Words:
    """Translates and formats for one reader."""

    def __init__(self, language: str) -> None:
        """Speak one language."""
        self.language = language
        self._translations = translations(language)

    def __call__(self, text: str, values: Mapping[str, object] | None = None) -> str:
        """Translate a sentence and fill its `%(name)s` places."""
        said = str(self._translations.gettext(text))
        return said % values if values else said

    def plural(self, one: str, many: str, count: int) -> str:
        """Translate the form for a number and fill in `%(num)d`."""
        return str(self._translations.ngettext(one, many, count)) % {"num": count}

    def number(self, value: int) -> str:
        """Write a whole number."""
        return _number(self.language, value)

    def country(self, code: str) -> str:
        """Name the country of two letters (ISO 3166)."""
        return cast("Mapping[str, str]", _locale(self.language).territories).get(code, code)

    def day(self, value: dt.date | dt.datetime) -> str:
        """Write a date."""
        return format_date(value, "d MMMM yyyy", locale=_locale(self.language))

    def moment(self, value: dt.datetime) -> str:
        """Write an instant, in UTC."""
        return format_datetime(value.astimezone(dt.UTC), "d MMMM yyyy, HH:mm 'UTC'", locale=_locale(self.language))

    def time(self, value: dt.datetime) -> str:
        """Write the time of day of an instant, in UTC."""
        return format_datetime(value.astimezone(dt.UTC), "HH:mm", locale=_locale(self.language))

    def ago(self, value: dt.datetime, now: dt.datetime) -> str:
        """Write how long ago something was."""
        seconds = (value - now) // dt.timedelta(seconds=1)
        size = next((size for _, size in TIMEDELTA_UNITS if abs(seconds) >= _ENOUGH * size), 1)
        return _ago(self.language, round(seconds / size) * size)

    def wait(self, seconds: int) -> str:
        """Write how long to wait, in the unit people think in; rounded up, so that it is never too soon."""
        unit, size = next((name, size) for name, size in _WAITS if seconds >= 2 * size or size == 1)
        return format_unit(math.ceil(seconds / size), unit, locale=self.language)


# What stands in every line of a list is written once: a page of them says few different numbers and times.


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)


@lru_cache(maxsize=4096)
def _number(language: str, value: int) -> str:
    return format_decimal(value, locale=_locale(language))


@lru_cache(maxsize=1024)
def _ago(language: str, seconds: int) -> str:
    return format_timedelta(dt.timedelta(seconds=seconds), threshold=1, add_direction=True, locale=_locale(language))
