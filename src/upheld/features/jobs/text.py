"""What a job must say, and how it is read from a form.

Every problem is found at once, so that nobody mends a form one field at a time.
"""

import datetime as dt
import re

from upheld.features.jobs.model import Employment, JobText
from upheld.features.jobs.wording import COUNTRY_CODES, CURRENCY_CODES
from upheld.kit.errors import InvalidError
from upheld.platform.i18n import mark
from upheld.platform.web.forms import Form

_LARGEST_SALARY = 2_000_000_000
_THOUSANDS = re.compile(r"(?<=\d)[\s.,'\u2019](?=\d{3}(?!\d))")

_TITLE = mark("Enter a title with 3 to 120 characters, for example: Nurse, night shifts.")
_EMPLOYMENT = mark("Choose how the person will be employed.")
_DESCRIPTION = mark("Describe the job in 30 to 20,000 characters: what the person will do, and what they need to know.")
_LOCATION = mark("Enter the place of work with 2 to 120 characters, for example: Lisbon.")
_COUNTRY = mark("Choose a country from the list.")
_CURRENCY = mark("Choose the currency of the salary.")
_SALARY = mark("Enter the yearly salary as a whole number, for example 48000, or leave pay empty.")
_SALARY_TO = mark("Enter a whole number that is not below the lower salary, or leave this empty.")
_CLOSES_ON = mark("Choose today or a later day, or leave this empty.")


def check_job_text(text: JobText, *, earliest: dt.date) -> None:
    """Check what a job says.

    Args:
        text: what the employer says.
        earliest: the first closing day that will do.

    Raises:
        InvalidError: with what to change, field by field.
    """
    _raise_any(_problems(text, earliest))


def read_job_text(form: Form, *, earliest: dt.date) -> JobText:
    """Read what a job says from a form.

    Raises:
        InvalidError: with what to change, field by field.
    """
    unread: dict[str, str] = {}
    lower = _number(form, "salary_from", _SALARY, unread)
    upper = _number(form, "salary_to", _SALARY_TO, unread)
    text = JobText(
        title=" ".join(form.get("title").split()),
        employment_type=_employment(form, unread),
        description=form.get("description"),
        location=" ".join(form.get("location").split()),
        country=form.get("country"),
        is_remote=form.checked("is_remote"),
        salary_currency=form.get("salary_currency") or None,
        salary_from=lower,
        salary_to=lower if upper is None else upper,
        closes_on=_day(form, unread),
    )
    _raise_any(_problems(text, earliest) | unread)
    return text


def job_text_values(text: JobText) -> dict[str, str]:
    """Return what a job says as the fields of the form that edits it."""
    values = {name: getattr(text, name) for name in JobText.__struct_fields__}
    values["is_remote"] = "yes" if text.is_remote else ""
    if text.salary_to == text.salary_from:
        values["salary_to"] = None
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _problems(text: JobText, earliest: dt.date) -> dict[str, str]:
    sound = {
        "title": (3 <= len(text.title) <= 120, _TITLE),  # noqa: PLR2004 - said in the message
        "description": (30 <= len(text.description) <= 20_000, _DESCRIPTION),  # noqa: PLR2004 - said in the message
        "location": (2 <= len(text.location) <= 120, _LOCATION),  # noqa: PLR2004 - said in the message
        "country": (text.country in COUNTRY_CODES, _COUNTRY),
        "closes_on": (text.closes_on is None or text.closes_on >= earliest, _CLOSES_ON),
    }
    return {name: message for name, (is_sound, message) in sound.items() if not is_sound} | _pay_problems(text)


def _pay_problems(text: JobText) -> dict[str, str]:
    lower, upper = text.salary_from, text.salary_to
    if text.salary_currency is None and lower is None and upper is None:
        return {}
    if lower is None or not 0 < lower <= _LARGEST_SALARY:
        return {"salary_from": _SALARY}
    problems: dict[str, str] = {}
    if text.salary_currency not in CURRENCY_CODES:
        problems["salary_currency"] = _CURRENCY
    if upper is None or not lower <= upper <= _LARGEST_SALARY:
        problems["salary_to"] = _SALARY_TO
    return problems


def _employment(form: Form, unread: dict[str, str]) -> Employment:
    try:
        return Employment(form.get("employment_type"))
    except ValueError:
        unread["employment_type"] = _EMPLOYMENT
        return Employment.FULL_TIME  # never kept: the whole is refused


def _number(form: Form, name: str, message: str, unread: dict[str, str]) -> int | None:
    """Read a whole number as people write it: `48000`, `48,000`, `48.000`, `48 000`."""
    text = _THOUSANDS.sub("", form.get(name))
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,10}", text):
        unread[name] = message
        return None
    return int(text)


def _day(form: Form, unread: dict[str, str]) -> dt.date | None:
    text = form.get("closes_on")
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        unread["closes_on"] = _CLOSES_ON
        return None


def _raise_any(problems: dict[str, str]) -> None:
    """Raise the problems, if any, in the order of the form's fields."""
    if problems:
        raise InvalidError({name: problems[name] for name in JobText.__struct_fields__ if name in problems})
