"""Who plays in the demo. Nobody here exists: the same seed always invents the same people."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from upheld.main.demo.openings import EMPLOYERS, Employer, Opening
from upheld.main.demo.trades import REGIONS, TRADES, Region, Trade

SEED = 7
THIS_YEAR = 2026
_DIFFERENT = str.maketrans({"ø": "o", "ß": "ss", "'": "", " ": ""})


@dataclass(frozen=True)
class Station:
    """One place where somebody worked."""

    years: str
    role: str
    employer: str
    town: str
    deeds: tuple[str, ...]


@dataclass(frozen=True)
class Extra:
    """An invented candidate, with what their résumé says and the letter they send."""

    name: str
    email: str
    phone: str
    location: str
    headline: str
    summary: str
    skills: tuple[str, ...]
    history: tuple[Station, ...]
    education: tuple[str, str]
    languages: tuple[str, ...]
    letter: str
    look: int


@dataclass(frozen=True)
class Role:
    """An invented candidate, and the job they apply to."""

    extra: Extra
    employer: Employer
    opening: Opening


def cast(count: int, seed: int = SEED) -> list[Role]:
    """Return `count` invented candidates, spread over the jobs as these draw them; the same for the same seed."""
    dice = Random(seed)  # noqa: S311 - invented people, not secrets
    names = {region: _names(dice, REGIONS[region]) for region in REGIONS}
    places = [(employer, opening) for employer in EMPLOYERS for opening in employer.openings if opening.weight]
    # The first of each job come first, so that a small demo has somebody everywhere.
    drawn = [*places, *dice.choices(places, [opening.weight for _, opening in places], k=max(count - len(places), 0))]
    return [
        Role(_extra(dice, names, dice.choice(employer.regions), opening), employer, opening)
        for employer, opening in drawn[:count]
    ]


def _names(dice: Random, region: Region) -> Iterator[tuple[str, str]]:
    every = [(first, last) for first in region.first for last in region.last]
    dice.shuffle(every)
    return iter(every)


def _extra(dice: Random, names: dict[str, Iterator[tuple[str, str]]], where: str, opening: Opening) -> Extra:
    region, trade, (first, last) = REGIONS[where], TRADES[opening.trade], next(names[where])
    years, skills, town = dice.randint(2, 19), tuple(dice.sample(trade.skills, 5)), dice.choice(region.towns)
    history = tuple(_history(dice, region, trade, years))
    title = history[0].role
    deeds = [deed for station in history for deed in station.deeds]
    return Extra(
        name=f"{first} {last}",
        email=f"{_plain(first)}.{_plain(last)}@mail.example",
        phone=f"{region.dialling} {dice.randint(100, 999)} {dice.randint(1000, 9999)}",
        location=town,
        headline=f"{title}, {years} years",
        summary=f"{title} from {town} who likes {skills[0]} and {skills[1]}. {deeds[0]}",
        skills=skills,
        history=history,
        education=(dice.choice(trade.degrees), dice.choice(region.schools)),
        languages=tuple(dice.sample(region.languages, 3)),
        letter=_letter(dice, opening, skills, deeds),
        look=dice.randrange(4),
    )


def _history(dice: Random, region: Region, trade: Trade, years: int) -> Iterator[Station]:
    """Yield where somebody worked, the latest first."""
    number = 1 if years < 4 else 2 if years < 10 else 3  # noqa: PLR2004 - how a life looks on paper
    workplaces = dice.sample(region.workplaces, number)
    deeds = dice.sample(trade.deeds, min(number + 2, len(trade.deeds)))
    began = THIS_YEAR - years
    ends = [began + round(years * (part + 1) / number) for part in range(number)]
    for place in reversed(range(number)):
        since, until = ends[place - 1] if place else began, ends[place]
        shown = f"{since} - {'today' if place == number - 1 else until}"
        own = tuple(deeds[number - 1 :]) if place == number - 1 else (deeds[place],)
        yield Station(shown, trade.titles[place], workplaces[place], dice.choice(region.towns), own)


def _letter(dice: Random, opening: Opening, skills: tuple[str, ...], deeds: list[str]) -> str:
    opened = dice.choice((
        f"Your description of the work as {opening.title.lower()} made me curious.",
        "I read your advertisement twice, and then told a friend that I would write.",
        f"Somebody who works in {opening.location} told me about you.",
    ))  # fmt: skip
    closed = dice.choice((
        "I could start after a month's notice, and would be glad to visit before that.",
        "Ask me anything; I answer within a day.",
        "I would like to see how you work, and to show you how I do.",
    ))  # fmt: skip
    return f"{opened}\n\n{_sentence(skills[2])} and {skills[3]} are what I do best. {deeds[-1]}\n\n{closed}"


def _sentence(words: str) -> str:
    """Begin with a capital; leave abbreviations as they are."""
    return words[0].upper() + words[1:]


def _plain(name: str) -> str:
    """Return a name as it stands in an address."""
    bare = unicodedata.normalize("NFKD", name.lower().translate(_DIFFERENT))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))
