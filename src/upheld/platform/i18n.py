"""Words: every string that people see goes through here, in templates and in Python.

English is the source. `locale/upheld.pot` holds every string of the interface, extracted
by `make words`; a translation is a folder `locale/<language>/LC_MESSAGES/upheld.po`.
"""

import datetime as dt
from collections.abc import Mapping
from functools import cache
from importlib import resources

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

LANGUAGES = ("en",)
"""The languages the interface is complete in."""


def mark(text: str) -> str:
    """Mark a string for extraction where it is defined; it is translated where it is shown."""
    return text


@cache
def translations(language: str) -> NullTranslations:
    """Return the translations of a language; English is the source itself."""
    folder = resources.files("upheld") / "locale"
    return Translations.load(str(folder), [language], domain="upheld")


def choose_language(accepted: str) -> str:
    """Return the best of our languages for an Accept-Language header (RFC 9110, 12.5.4)."""
    asked = [part.split(";")[0].strip().split("-")[0].lower() for part in accepted.split(",")]
    return next((language for language in asked if language in LANGUAGES), LANGUAGES[0])


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
        return format_decimal(value, locale=self.language)

    def day(self, value: dt.date | dt.datetime) -> str:
        """Write a date."""
        return format_date(value, "d MMMM yyyy", locale=self.language)

    def moment(self, value: dt.datetime) -> str:
        """Write an instant, in UTC."""
        return format_datetime(value.astimezone(dt.UTC), "d MMMM yyyy, HH:mm 'UTC'", locale=self.language)

    def time(self, value: dt.datetime) -> str:
        """Write the time of day of an instant, in UTC."""
        return format_datetime(value.astimezone(dt.UTC), "HH:mm", locale=self.language)

    def ago(self, value: dt.datetime, now: dt.datetime) -> str:
        """Write how long ago something was."""
        return format_timedelta(value - now, add_direction=True, locale=self.language)
