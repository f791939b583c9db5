"""Who plays in the demo. Nobody here exists."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Extra:
    """An invented candidate."""

    name: str
    email: str
    phone: str
    location: str
    headline: str
    summary: str
    skills: tuple[str, ...]
    history: tuple[tuple[str, str, str, str], ...]
    """(years, role, employer, what they did)"""


@dataclass(frozen=True)
class Opening:
    """An invented job."""

    title: str
    description: str
    employment_type: str
    location: str
    country: str
    is_remote: bool
    currency: str
    salary: tuple[int, int]
    field: str


@dataclass(frozen=True)
class Employer:
    """An invented organisation with its jobs."""

    name: str
    website: str
    owner: str
    openings: tuple[Opening, ...]


EMPLOYERS = (
    Employer(
        "Tidewater Instruments", "https://tidewater.example", "meera@tidewater.example",
        (
            Opening(
                "Embedded software engineer",
                "We build instruments that measure rivers and harbours, and they run for years on one battery.\n\n"
                "## What you will do\n\n- Write firmware in C and Rust for sensors that nobody can reach in winter\n"
                "- Work with the people who put them into the water\n- Keep test rigs honest\n\n"
                "## What you bring\n\n- You have shipped firmware before\n- You read a data sheet with pleasure\n\n"
                "You will have a real lab, a four-day Friday once a month, and colleagues who write things down.",
                "full-time", "Kochi", "IN", False, "INR", (2_400_000, 3_600_000), "firmware",
            ),
            Opening(
                "Field technician",
                "You install, repair and calibrate our instruments along the coast. About half of the weeks are on the road, "
                "always in pairs.\n\n## What you bring\n\n- Hands that like tools\n- A driving licence\n"
                "- Calm in bad weather\n\nWe train you on everything else.",
                "full-time", "Mangaluru", "IN", False, "INR", (600_000, 900_000), "field work",
            ),
        ),
    ),
    Employer(
        "Nordlicht Care", "https://nordlicht-care.example", "jonas@nordlicht-care.example",
        (
            Opening(
                "Data analyst, patient flow",
                "Our clinics want to know where people wait, and why. You find out, and you say it so that nurses and "
                "directors both understand.\n\n## What you will do\n\n- Ask good questions of dull tables\n"
                "- Build reports that people open twice\n- Keep patients' data where it belongs\n\n"
                "## What you bring\n\n- SQL that others can read\n- Doubts about averages",
                "full-time", "Hamburg", "DE", True, "EUR", (52_000, 66_000), "analysis",
            ),
            Opening(
                "Nurse coordinator (part-time)",
                "You plan the weeks of a team of twelve nurses who visit people at home, and you know each of them by name.\n\n"
                "## What you bring\n\n- A nursing qualification\n- A few years of night shifts behind you\n"
                "- Patience with software",
                "part-time", "Bremen", "DE", False, "EUR", (24_000, 29_000), "nursing",
            ),
        ),
    ),
)  # fmt: skip

_FIRST = (
    "Asha", "Bilal", "Carla", "Deniz", "Elif", "Farid", "Greta", "Hana", "Imran", "Jana", "Kabir", "Leila", "Mateo",
    "Nisha", "Oskar", "Priya", "Quirin", "Rosa", "Samir", "Tara", "Uma", "Viktor", "Wanda", "Ximena", "Yusuf", "Zoya",
)  # fmt: skip
_LAST = (
    "Achterberg", "Banerjee", "Castellano", "Dhillon", "Eriksson", "Fernandes", "Ghosh", "Hartmann", "Iyer", "Jansen",
    "Kulkarni", "Lindqvist", "Menon", "Nowak", "Okafor", "Pillai", "Quast", "Rahimi", "Sørensen", "Thomas", "Ueberall",
    "Varghese", "Weiss", "Xavier", "Yadav", "Zimmermann",
)  # fmt: skip
_TRADES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], str]] = {
    "firmware": (
        "Firmware engineer", ("C", "Rust", "RTOS", "board bring-up", "low power", "CAN"),
        ("Brackwater Labs", "Osprey Controls", "Kestrel Devices"),
        "Wrote and shipped firmware for battery-powered devices, from first board to field updates.",
    ),
    "field work": (
        "Field technician", ("calibration", "wiring", "pumps", "safety", "first aid", "route planning"),
        ("Harbour Services", "Delta Survey", "Monsoon Metering"),
        "Installed and repaired measuring stations, and trained the two colleagues who came after.",
    ),
    "analysis": (
        "Data analyst", ("SQL", "Python", "statistics", "dashboards", "interviews", "data protection"),
        ("Ferry Statistics", "Clinic Group North", "Papermill Research"),
        "Turned waiting-time records into three changes that people still talk about.",
    ),
    "nursing": (
        "Nurse", ("home care", "shift planning", "wound care", "palliative care", "teaching", "documentation"),
        ("St. Brendan Hospital", "Lindenhof Care", "City Nursing Service"),
        "Coordinated home visits for sixty people and kept the plan true every single week.",
    ),
}  # fmt: skip
_TOWNS = {
    "firmware": ("Kochi", "Bengaluru", "Pune"), "field work": ("Mangaluru", "Kannur", "Goa"),
    "analysis": ("Hamburg", "Lübeck", "Berlin"), "nursing": ("Bremen", "Oldenburg", "Verden"),
}  # fmt: skip


def extras(count: int, seed: int = 7) -> list[tuple[str, Extra]]:
    """Return `count` invented candidates, each with the field of the job they apply to."""
    dice = Random(seed)  # noqa: S311 - invented people, not secrets
    names = [(first, last) for first in _FIRST for last in _LAST]
    dice.shuffle(names)
    fields = list(_TRADES)
    return [
        (fields[number % len(fields)], _extra(dice, fields[number % len(fields)], *names[number]))
        for number in range(count)
    ]


def _extra(dice: Random, field: str, first: str, last: str) -> Extra:
    trade, skills, employers, deed = _TRADES[field]
    years = dice.randint(2, 18)
    chosen = tuple(dice.sample(skills, 4))
    began = 2026 - years
    middle = began + max(1, years // 2)
    places = dice.sample(employers, 2)
    handle = f"{first}.{last}".lower().replace("ø", "o").replace("ü", "u")
    return Extra(
        name=f"{first} {last}",
        email=f"{handle}@mail.example",
        phone=f"+{49 if field in {'analysis', 'nursing'} else 91} 555 {dice.randint(100, 999)} {dice.randint(1000, 9999)}",
        location=dice.choice(_TOWNS[field]),
        headline=f"{trade} with {years} years of practice",
        summary=f"{trade} who likes {chosen[0]} and {chosen[1]}. {deed}",
        skills=chosen,
        history=(
            (f"{middle} - today", f"Senior {trade.lower()}", places[0], deed),
            (f"{began} - {middle}", trade, places[1], f"Learned the trade, with a weakness for {chosen[2]}."),
        ),
    )
