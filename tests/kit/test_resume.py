"""What a résumé suggests, in the layouts people use; and nothing where it is not clear."""

import time

import pytest

from upheld.kit.resume import Suggestion, suggest_profile

PLAIN = """Ada Lovelace
Analyst and Programmer
ada@example.org | +44 20 7946 0958 | London, United Kingdom

Summary
I write programs for engines that are not built yet,
and notes that explain them.

Experience
1842 - 1843 Notes on the Analytical Engine
"""

LABELLED = """CURRICULUM VITAE

ANNA DE LUCA-MEYER
Nurse, intensive care

Phone: 030 123456
E-Mail: anna.de-luca@example.de
Address: Hauptstr. 5, 10115 Berlin
Date of birth: 12.05.1990

PROFILE
Nurse with twelve years of practice in intensive care units of two hospitals.

WORK EXPERIENCE
2010 - 2019 Charité
"""

ONE_LINE = """José García Márquez • Graphic Designer • Madrid, Spain • jose@example.es • www.example.es
About me
I draw posters, book covers and maps for publishers in three countries.
EDUCATION
"""

COLUMNS = """Priya Raman                              priya.raman@example.in
Backend Engineer                         +91 98765 43210
                                         Bengaluru, India
Objective: To build payment systems that do not lose a rupee, with people who care.
Skills
Go, Python, PostgreSQL
"""

NO_NAME_FIRST = """Senior Software Engineer
Name: Jean-Luc O'Neill
Tel: (555) 123-4567
Austin, TX 78701
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            PLAIN,
            Suggestion(
                full_name="Ada Lovelace",
                headline="Analyst and Programmer",
                email="ada@example.org",
                phone="+44 20 7946 0958",
                location="London, United Kingdom",
                summary="I write programs for engines that are not built yet, and notes that explain them.",
            ),
        ),
        (
            LABELLED,
            Suggestion(
                full_name="Anna de Luca-Meyer",
                headline="Nurse, intensive care",
                email="anna.de-luca@example.de",
                phone="030 123456",
                location="Hauptstr. 5, 10115 Berlin",
                summary="Nurse with twelve years of practice in intensive care units of two hospitals.",
            ),
        ),
        (
            ONE_LINE,
            Suggestion(
                full_name="José García Márquez",
                headline="Graphic Designer",
                email="jose@example.es",
                location="Madrid, Spain",
                summary="I draw posters, book covers and maps for publishers in three countries.",
            ),
        ),
        (
            COLUMNS,
            Suggestion(
                full_name="Priya Raman",
                headline="Backend Engineer",
                email="priya.raman@example.in",
                phone="+91 98765 43210",
                location="Bengaluru, India",
                summary="To build payment systems that do not lose a rupee, with people who care.",
            ),
        ),
        (
            NO_NAME_FIRST,
            Suggestion(full_name="Jean-Luc O'Neill", phone="(555) 123-4567", location="Austin, TX 78701"),
        ),
    ],
    ids=["plain", "labelled", "one line", "columns", "role first"],
)
def test_a_layout_is_understood(text: str, expected: Suggestion) -> None:
    assert suggest_profile(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n \n",
        "Experience\n2015 - 2019\n2019 - 2023",
        "lorem ipsum dolor sit amet consectetur",
        "Invoice 2023-04-11\n12345678901234567890",
    ],
    ids=["nothing", "blank lines", "only dates", "prose", "something else"],
)
def test_what_is_not_clear_is_left_open(text: str) -> None:
    assert suggest_profile(text) == Suggestion()


@pytest.mark.parametrize("dates", ["2015 - 2019", "01/2015 \u2013 03/2019", "1990-05-12", "12.05.1990", "2010—2012"])
def test_dates_are_not_phone_numbers(dates: str) -> None:
    assert suggest_profile(f"Ada Lovelace\n{dates}\n").phone is None


@pytest.mark.parametrize(
    "line", ["Senior Data Analyst", "Project Manager", "Curriculum Vitae", "Berlin, Germany", "ada@example.org", "Ada"]
)
def test_a_role_a_place_or_a_title_is_not_a_name(line: str) -> None:
    assert suggest_profile(line).full_name is None


def test_a_long_summary_is_cut_at_a_word() -> None:
    summary = suggest_profile("Summary\n" + "painstaking " * 400).summary
    assert summary is not None
    assert len(summary) <= 1502
    assert summary.endswith("painstaking …")


@pytest.mark.parametrize(
    "noise", ["a" * 200_000, "1 " * 100_000, "a." * 100_000, "A, " * 60_000, "-" * 200_000, "a@" * 90_000]
)
def test_no_text_takes_long(noise: str) -> None:
    began = time.process_time()
    suggest_profile(noise)
    suggest_profile(noise.replace(" ", "\n"))
    assert time.process_time() - began < 2
