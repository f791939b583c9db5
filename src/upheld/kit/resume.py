"""What a résumé's text suggests for a profile: a guess for the candidate to confirm.

Plain rules over lines, no model and no list of people: a wrong guess costs more than a
missing one, so every rule answers None unless the text is clear.
"""

import re
from dataclasses import dataclass

from upheld.kit.resume_words import (
    COUNTRIES,
    DOCUMENT_WORDS,
    LABELS,
    OTHER_HEADINGS,
    PARTICLES,
    ROLE_WORDS,
    SUMMARY_HEADINGS,
)

MOST_LINES = 400
"""Lines that are looked at; a résumé says who it is about long before."""

_HEAD = 14
_LONGEST_SUMMARY = 1500
_SHORTEST_SUMMARY = 20

_EMAIL = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24}")
_PHONE = re.compile(r"(?<![\w/.@-])(?:\+|00)?\(?\d[\d ()./\u2010-\u2013-]{6,22}\d(?![\w@])")
_DATE = re.compile(
    r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}"
    r"|(?:\d{1,2}[./])?(?:19|20)\d\d ?[-\u2010-\u2014/] ?(?:\d{1,2}[./])?(?:19|20)\d\d"
)
_LABEL = re.compile(r"^(?P<label>[^\W\d_][\w -]{1,24}?) ?[:\uff1a] ?(?P<value>\S.*)$")
_SEPARATORS = re.compile(r" ?[|\u2022\u00b7\u25cf\u2666] ?|\t+")
_LINK = re.compile(r"https?://|www\.|linkedin|github\.|\.(?:com|org|net|io|dev)\b", re.IGNORECASE)
_PLACE_PART = re.compile(r"(?:\d{4,6} )?[^\W\d_][^\W\d_.'\u2019-]*(?:[ .'\u2019-]{1,2}[^\W\d_]+){0,3}(?: \d{4,6})?")
_REGION = re.compile(r"[A-Z]{2}(?: \d{5}(?:-\d{4})?)?")
_NAME_WORD = re.compile(r"[^\W\d_]+(?:['\u2019.-][^\W\d_]+)*\.?")
_TITLED = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """What a résumé seems to say; None where it is not clear."""

    full_name: str | None = None
    headline: str | None = None
    email: str | None = None
    phone: str | None = None
    location: str | None = None
    summary: str | None = None


@dataclass(frozen=True)
class _Segment:
    """A piece of a line: résumés put several things on one, between bars or dots."""

    line: int
    text: str


def suggest_profile(text: str) -> Suggestion:
    """Return what the text of a résumé suggests for a profile."""
    lines = [line for line in map(_evened, text.splitlines()) if line][:MOST_LINES]
    head = _head(lines)
    email = _EMAIL.search("\n".join(lines))
    name = _name(head)
    return Suggestion(
        full_name=None if name is None else _spelled(name.text),
        headline=_headline(head, name),
        email=email and email[0].rstrip("."),
        phone=_phone(lines, head),
        location=_location(head),
        summary=_summary(lines),
    )


def _evened(line: str) -> str:
    """Return a line with single spaces; a wide gap, which divides columns, becomes a tab."""
    return re.sub(r" {2}", " ", re.sub(r" {3,}", "\t", line.replace("\u00a0", " "))).strip()


def _head(lines: list[str]) -> list[_Segment]:
    """Return the pieces above the first section, where a résumé says who it is about."""
    pieces: list[_Segment] = []
    for number, line in enumerate(lines[:_HEAD]):
        if _heading(line) in SUMMARY_HEADINGS | OTHER_HEADINGS - {"contact", "contact details"}:
            break
        pieces += [_Segment(number, part.strip(" ,;")) for part in _SEPARATORS.split(line) if part.strip(" ,;")]
    return pieces


def _heading(line: str) -> str:
    return line.strip(" :-_#*=\u2013\u2014").lower().replace("&", "and")


def _labelled(text: str) -> tuple[str, str] | None:
    """Return which field a piece like `Phone: 123` names, and the value."""
    found = _LABEL.match(text)
    kind = found and LABELS.get(found["label"].lower())
    return (kind, found["value"]) if found and kind else None


def _is_contact(text: str) -> bool:
    return bool(_EMAIL.search(text) or _LINK.search(text) or _phone_in(text) or _labelled(text))


def _name(head: list[_Segment]) -> _Segment | None:
    for piece in head:
        labelled = _labelled(piece.text)
        if labelled and labelled[0] == "name" and _looks_like_a_name(labelled[1]):
            return _Segment(piece.line, labelled[1])
    unlabelled = [piece for piece in head[:6] if not _is_contact(piece.text)]
    return next((piece for piece in unlabelled[:3] if _looks_like_a_name(piece.text)), None)


def _looks_like_a_name(text: str) -> bool:
    words = text.split()
    if not 2 <= len(words) <= 5 or len(text) > 60 or _heading(text) in DOCUMENT_WORDS:  # noqa: PLR2004 - names as people write them
        return False
    if any(word.lower().strip(".,") in ROLE_WORDS for word in words) or _is_place(text):
        return False
    named = [word for word in words if word.lower() not in PARTICLES]
    return len(named) >= 2 and all(_NAME_WORD.fullmatch(word) and not word[0].islower() for word in named)  # noqa: PLR2004 - a first and a last name


def _spelled(name: str) -> str:
    """Return a name set in capitals the way it is written: `ANNA DE LUCA` becomes `Anna de Luca`."""
    if not name.isupper():
        return name
    words = [word.lower() if word.lower() in PARTICLES else _TITLED.sub(_capitalised, word) for word in name.split()]
    return " ".join(words)


def _capitalised(found: re.Match[str]) -> str:
    return found[0].capitalize()


def _headline(head: list[_Segment], name: _Segment | None) -> str | None:
    if name is None:
        return None
    after = [piece for piece in head if piece.line >= name.line and piece.text not in {name.text, ""}]
    for piece in after[:4]:
        if _is_contact(piece.text) or _is_place(piece.text) or _heading(piece.text) in DOCUMENT_WORDS:
            continue
        return piece.text if _looks_like_a_headline(piece.text) else None
    return None


def _looks_like_a_headline(text: str) -> bool:
    words = text.split()
    fits = 4 <= len(text) <= 100 and len(words) <= 12 and not text.endswith((".", ":"))  # noqa: PLR2004 - a line, not a paragraph
    return fits and not re.search(r"\d{3}", text) and any(word.isalpha() for word in words)


def _phone(lines: list[str], head: list[_Segment]) -> str | None:
    for line in lines:
        labelled = _labelled(line)
        if labelled and labelled[0] == "phone" and (found := _phone_in(labelled[1], fewest=6)):
            return found
    return next((found for piece in head if (found := _phone_in(piece.text))), None) or next(
        (found for line in lines if "+" in line and (found := _phone_in(line)) and found.startswith("+")), None
    )


def _phone_in(text: str, fewest: int = 8) -> str | None:
    for found in _PHONE.finditer(text):
        number = found[0].strip()
        digits = sum(letter.isdigit() for letter in number)
        if fewest <= digits <= 15 and not _DATE.search(number):  # noqa: PLR2004 - E.164
            return number
    return None


def _location(head: list[_Segment]) -> str | None:
    for piece in head:
        labelled = _labelled(piece.text)
        if labelled and labelled[0] == "location" and len(labelled[1]) <= 80:  # noqa: PLR2004 - a place, not a letter
            return labelled[1]
    return next((piece.text for piece in head if _is_place(piece.text)), None)


def _is_place(text: str) -> bool:
    """Whether a piece is `City, Country` or `City, ST`: the last part must be one we know as such."""
    parts = [part.strip() for part in text.split(",")]
    if not 2 <= len(parts) <= 3 or len(text) > 60:  # noqa: PLR2004 - city, region, country
        return False
    known = parts[-1].lower() in COUNTRIES or bool(_REGION.fullmatch(parts[-1]))
    return known and all(_PLACE_PART.fullmatch(part) and not part[0].islower() for part in parts[:-1])


def _summary(lines: list[str]) -> str | None:
    for number, line in enumerate(lines):
        label, _, rest = line.partition(":")
        if _heading(line) in SUMMARY_HEADINGS:
            return _section(lines[number + 1 :])
        if rest.strip() and _heading(label) in SUMMARY_HEADINGS:
            return _section([rest.strip(), *lines[number + 1 :]])
    return None


def _section(lines: list[str]) -> str | None:
    """Return the prose up to the next heading, its lines joined, cut at a word when too long."""
    taken: list[str] = []
    for line in lines:
        heading = _heading(line)
        shouted = line.isupper() and len(line.split()) <= 4 and len(line) <= 40  # noqa: PLR2004 - a heading, not a sentence
        if shouted or heading in OTHER_HEADINGS | SUMMARY_HEADINGS:
            break
        taken.append(line)
    text = " ".join(taken)
    if len(text) > _LONGEST_SUMMARY:
        text = text[:_LONGEST_SUMMARY].rsplit(" ", 1)[0].rstrip(" ,;:") + " \u2026"
    return text if len(text) >= _SHORTEST_SUMMARY else None
