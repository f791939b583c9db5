"""What a job must say."""

import datetime as dt

import pytest

from upheld.features.jobs.model import Employment, JobText
from upheld.features.jobs.text import check_job_text, job_text_values, read_job_text
from upheld.features.jobs.wording import COUNTRY_CODES, CURRENCY_CODES, countries, salary
from upheld.kit.errors import InvalidError
from upheld.platform.i18n import Words
from upheld.platform.web.forms import Form

TODAY = dt.date(2026, 11, 22)
FILLED = {
    "title": "Ward nurse",
    "employment_type": "full-time",
    "description": "You look after twelve patients, four nights a week.",
    "location": "Lisbon",
    "country": "PT",
}


def _wrong(**fields: str) -> list[str]:
    with pytest.raises(InvalidError) as caught:
        read_job_text(Form({**FILLED, **fields}), earliest=TODAY)
    return list(caught.value.fields)


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_the_form() -> None:
    with pytest.raises(InvalidError) as caught:
        read_job_text(Form({"salary_from": "plenty", "closes_on": "soon"}), earliest=TODAY)
    assert list(caught.value.fields) == [
        "title", "employment_type", "description", "location", "country", "salary_from", "closes_on",
    ]  # fmt: skip


@pytest.mark.parametrize("typed", ["48000", "48,000", "48.000", "48 000", "48\u00a0000", "48'000", " 48000 "])
def test_a_salary_is_understood_as_people_write_it(typed: str) -> None:
    text = read_job_text(Form({**FILLED, "salary_currency": "EUR", "salary_from": typed}), earliest=TODAY)
    assert (text.salary_from, text.salary_to) == (48_000, 48_000)


@pytest.mark.parametrize("typed", ["48.5", "-1", "0", "4,8000", "٤٨", "1e5", "99999999999", "48,00"])
def test_a_salary_that_could_mean_something_else_is_asked_for_again(typed: str) -> None:
    assert _wrong(salary_currency="EUR", salary_from=typed) == ["salary_from"]


def test_pay_is_stated_as_a_whole_or_not_at_all() -> None:
    assert _wrong(salary_currency="EUR") == ["salary_from"]
    assert _wrong(salary_from="48000") == ["salary_currency"]
    assert _wrong(salary_to="48000") == ["salary_from"]
    assert _wrong(salary_currency="EUR", salary_from="48000", salary_to="47000") == ["salary_to"]
    assert _wrong(salary_currency="DEM", salary_from="48000") == ["salary_currency"]


def test_the_last_day_to_apply_is_today_at_the_earliest() -> None:
    assert _wrong(closes_on="2026-11-21") == ["closes_on"]
    assert read_job_text(Form({**FILLED, "closes_on": "2026-11-22"}), earliest=TODAY).closes_on == TODAY


def test_line_breaks_cannot_hide_in_a_title() -> None:
    text = read_job_text(Form({**FILLED, "title": "Ward\nnurse\t now"}), earliest=TODAY)
    assert text.title == "Ward nurse now"


def test_the_form_that_edits_a_job_says_what_the_job_says() -> None:
    text = JobText(
        title="Ward nurse", employment_type=Employment.PART_TIME, description=FILLED["description"], location="Lisbon",
        country="PT", is_remote=True, salary_currency="EUR", salary_from=1, salary_to=2, closes_on=TODAY,
    )  # fmt: skip
    assert read_job_text(Form(job_text_values(text)), earliest=TODAY) == text
    check_job_text(text, earliest=TODAY)


def test_countries_are_those_of_the_standard_and_sorted_as_people_look_for_them() -> None:
    assert len(COUNTRY_CODES - {"XK"}) == 249
    assert {"EU", "UN", "ZZ"}.isdisjoint(COUNTRY_CODES)
    assert {"EUR", "JPY", "INR"} <= CURRENCY_CODES
    names = [name for _, name in countries("en")]
    assert names.index("Åland Islands") < names.index("Albania")


def test_pay_is_written_with_its_currency() -> None:
    words = Words("en")
    text = read_job_text(Form({**FILLED, "salary_currency": "JPY", "salary_from": "5,000,000"}), earliest=TODAY)
    assert salary(words, text) == "¥5,000,000 a year"
    assert salary(words, read_job_text(Form(FILLED), earliest=TODAY)) is None
