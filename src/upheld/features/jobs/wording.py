"""How the facts of a job are written for people: countries, currencies, pay, standing."""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import cast

from babel import Locale
from babel.numbers import format_currency, get_currency_name, get_territory_currencies

from upheld.features.jobs.model import Employment, JobText, Status
from upheld.platform.i18n import Words, mark

EMPLOYMENT = {
    Employment.FULL_TIME: mark("Full time"),
    Employment.PART_TIME: mark("Part time"),
    Employment.CONTRACT: mark("Contract"),
    Employment.TEMPORARY: mark("Temporary"),
    Employment.INTERNSHIP: mark("Internship"),
}

STATUS = {
    Status.DRAFT: mark("Draft"),
    Status.OPEN: mark("Open"),
    Status.CLOSED: mark("Closed"),
}

# Codes of the locale data that are no country of ISO 3166-1: islands with a code reserved
# for the post, groupings, and codes for tests. Kosovo's stays, since people hire there.
_NO_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})


@cache
def _territories(language: str) -> Mapping[str, str]:
    return cast("Mapping[str, str]", Locale(language).territories)  # babel types its data loosely


COUNTRY_CODES = frozenset(code for code in _territories("en") if re.fullmatch("[A-Z]{2}", code)) - _NO_COUNTRIES
"""ISO 3166-1 alpha-2."""

CURRENCY_CODES = frozenset(code for country in COUNTRY_CODES for code in get_territory_currencies(country))
"""What is legal tender somewhere today."""


@cache
def countries(language: str) -> list[tuple[str, str]]:
    """Return code and name of every country, by name."""
    return sorted(((code, country(language, code)) for code in COUNTRY_CODES), key=_by_name)


@cache
def currencies(language: str) -> list[tuple[str, str]]:
    """Return code and name of every currency, by name."""
    names = ((code, f"{get_currency_name(code, locale=language)} ({code})") for code in CURRENCY_CODES)
    return sorted(names, key=_by_name)


def country(language: str, code: str) -> str:
    """Return the name of a country."""
    return _territories(language).get(code, code)


def place(words: Words, text: JobText) -> str:
    """Write where the work is."""
    where = {"location": text.location, "country": country(words.language, text.country)}
    if text.is_remote:
        return words("Remote within %(country)s (%(location)s)", where)
    return words("%(location)s, %(country)s", where)


def salary(words: Words, text: JobText) -> str | None:
    """Write the yearly pay, or None when the employer does not say."""
    if text.salary_currency is None or text.salary_from is None or text.salary_to is None:
        return None
    # Rupees are counted in lakh and crore in every language.
    digits = "¤#,##,##0" if text.salary_currency == "INR" else "¤#,##0"
    lower, upper = (
        format_currency(amount, text.salary_currency, digits, locale=words.language, currency_digits=False)
        for amount in (text.salary_from, text.salary_to)
    )
    if lower == upper:
        return words("%(amount)s a year", {"amount": lower})
    return words("%(lower)s to %(upper)s a year", {"lower": lower, "upper": upper})


def facts(words: Words, text: JobText, posted_at: dt.datetime | None = None) -> list[tuple[str, str]]:
    """Return the facts of a job as label and text, without those the employer does not give."""
    found = [
        (words("Where"), place(words, text)),
        (words("Employment"), words(EMPLOYMENT[text.employment_type])),
        (words("Salary, before tax"), salary(words, text)),
        (words("Posted"), words.day(posted_at) if posted_at else None),
        (words("Apply until"), words.day(text.closes_on) if text.closes_on else None),
    ]
    return [(label, said) for label, said in found if said]


def _by_name(option: tuple[str, str]) -> str:
    """Sort Åland beside Albania, whatever the accents."""
    letters = unicodedata.normalize("NFKD", option[1])
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()
