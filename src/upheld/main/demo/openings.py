"""The three employers of the demo and their twelve jobs, in every state a job can be in. None of them exists."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a job of the demo stands today."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Opening:
    """An invented job; `weight` says how many of a hundred candidates it draws, `closes_in` counts days from today."""

    title: str
    description: str
    employment_type: str
    location: str
    country: str
    currency: str
    salary: tuple[int, int]
    trade: str
    is_remote: bool = False
    state: State = State.OPEN
    weight: int = 0
    posted_ago: int = 40
    closes_in: int | None = None


@dataclass(frozen=True)
class Employer:
    """An invented organisation with its jobs; `regions` are where its candidates live."""

    name: str
    website: str
    owner: str
    regions: tuple[str, ...]
    openings: tuple[Opening, ...]


def _text(lead: str, doing: tuple[str, ...], bringing: tuple[str, ...], close: str) -> str:
    """Return a description in the shape that all of them have."""
    lists = [f"## {head}\n\n" + "\n".join(f"- {line}" for line in lines)
             for head, lines in (("What you will do", doing), ("What you bring", bringing))]  # fmt: skip
    return "\n\n".join([lead, *lists, close])


_TIDEWATER = (
    Opening(
        "Embedded software engineer",
        _text(
            "We build instruments that measure rivers and harbours, and they run for years on one battery.",
            ("Write firmware in C and Rust for sensors that nobody can reach in the monsoon",
             "Work with the people who put them into the water", "Keep test rigs honest"),
            ("You have shipped firmware before", "You read a data sheet with pleasure"),
            "You will have a real lab, one long weekend a month, and colleagues who write things down.",
        ),
        "full-time", "Kochi", "IN", "INR", (2_400_000, 3_600_000), "firmware", weight=21, posted_ago=44,
    ),
    Opening(
        "Field technician",
        _text(
            "You install, repair and calibrate our instruments along the coast. About half of the weeks are on the "
            "road, always in pairs.",
            ("Put stations into rivers, and get them out again", "Calibrate, note, and explain what you found"),
            ("Hands that like tools", "A driving licence", "Calm in bad weather"),
            "We train you on everything else.",
        ),
        "full-time", "Mangaluru", "IN", "INR", (600_000, 900_000), "field work", weight=13, closes_in=5,
    ),
    Opening(
        "Hydrology data scientist",
        _text(
            "Two hundred stations send us a number every minute. Most are right. You find those that are not, and "
            "what the others mean for the people downstream.",
            ("Model floods that have not happened yet", "Say how sure you are, in words a mayor understands"),
            ("Statistics you could teach", "Python that others can read"),
            "You may work from anywhere in India; twice a year we meet by a river.",
        ),
        "full-time", "Kochi", "IN", "INR", (2_000_000, 3_000_000),
        "analysis", weight=11, posted_ago=24, is_remote=True,
    ),
    Opening(
        "Production planner",
        _text(
            "You made sure that every instrument left the house with all its parts.",
            ("Plan three lines and forty suppliers", "Notice on Monday what will be missing on Friday"),
            ("Experience in planning", "A fondness for lists"),
            "Thank you to everybody who applied; somebody has started.",
        ),
        "full-time", "Kochi", "IN", "INR", (900_000, 1_300_000),
        "planning", state=State.CLOSED, weight=8, posted_ago=44,
    ),
    Opening(
        "Technical writer",
        _text(
            "Our manuals are read on a boat, in rain, by somebody with one free hand. You write them.",
            ("Follow technicians, and write down what they really do", "Draw when a drawing says it better"),
            ("Plain English", "Patience with engineers"),
            "Malayalam or Kannada would be a joy.",
        ),
        "part-time", "Kochi", "IN", "INR", (500_000, 700_000),
        "writing", state=State.DRAFT, is_remote=True,
    ),
)  # fmt: skip

_NORDLICHT = (
    Opening(
        "Data analyst, patient flow",
        _text(
            "Our clinics want to know where people wait, and why. You find out, and you say it so that nurses and "
            "directors both understand.",
            ("Ask good questions of dull tables", "Build reports that people open twice",
             "Keep patients' data where it belongs"),
            ("SQL that others can read", "Doubts about averages"),
            "The team is small, the coffee is strong, and nobody mails you after six.",
        ),
        "full-time", "Hamburg", "DE", "EUR", (52_000, 66_000),
        "analysis", weight=13, posted_ago=38, is_remote=True,
    ),
    Opening(
        "Nurse coordinator (part-time)",
        _text(
            "You plan the weeks of twelve nurses who visit people at home, and you know each of them by name.",
            ("Match people, routes and hours", "Listen when a plan fails, and make a better one"),
            ("A nursing qualification", "A few years of night shifts behind you", "Patience with software"),
            "Twenty hours a week, spread as your life needs it.",
        ),
        "part-time", "Bremen", "DE", "EUR", (24_000, 29_000), "nursing", weight=10, closes_in=3,
    ),
    Opening(
        "Internship: facility management",
        _text(
            "Six months behind the scenes of four clinics.",
            ("Learn what keeps a clinic warm, dry and lit", "Run one small project of your own"),
            ("You study, or have just finished", "You ask before you drill"),
            "The place is taken; the next one opens in spring.",
        ),
        "internship", "Hamburg", "DE", "EUR", (15_600, 15_600),
        "planning", state=State.CLOSED, weight=4, posted_ago=42,
    ),
    Opening(
        "IT security officer",
        _text(
            "You make it hard to steal what patients trusted us with, and easy for nurses to do their work.",
            ("Know every door, and who has a key", "Practise the bad day before it comes"),
            ("Years on either side of a firewall", "The gift to say no kindly"),
            "You report to the board, and are heard there.",
        ),
        "full-time", "Hamburg", "DE", "EUR", (72_000, 88_000),
        "security", state=State.DRAFT, is_remote=True,
    ),
)  # fmt: skip

_FAIRWIND = (
    Opening(
        "Warehouse shift lead",
        _text(
            "For a client in the port of Rotterdam: you lead a shift of twenty, and everybody goes home in one piece.",
            ("Plan the shift, and be on the floor when it runs", "Train newcomers on trucks and on each other"),
            ("You have led people before", "English; Dutch, Polish or Hindi help"),
            "A contract for one year, with a good chance of staying.",
        ),
        "contract", "Rotterdam", "NL", "EUR", (38_000, 44_000), "logistics", weight=9, posted_ago=30,
    ),
    Opening(
        "Customer support, German and Hindi",
        _text(
            "For a client that rents out cargo bikes: you answer people whose bike will not start, in two languages.",
            ("Solve it at the first call, or know who can", "Tell the workshop what breaks most"),
            ("German and Hindi, written and spoken", "Good humour before nine"),
            "From home, anywhere in India, on European hours.",
        ),
        "full-time", "Pune", "IN", "INR", (700_000, 950_000),
        "support", weight=8, posted_ago=20, closes_in=12, is_remote=True,
    ),
    Opening(
        "Interim payroll specialist",
        _text(
            "For a client between two systems: you made sure that nine hundred people were paid, twice, on time.",
            ("Run the old payroll while the new one learns", "Reconcile to the cent"),
            ("Payroll in Germany or the Netherlands",),
            "The position is filled.",
        ),
        "temporary", "Utrecht", "NL", "EUR", (54_000, 60_000),
        "payroll", state=State.CLOSED, weight=3, posted_ago=36, is_remote=True,
    ),
)  # fmt: skip

EMPLOYERS = (
    Employer("Tidewater Instruments", "https://tidewater.example", "meera@tidewater.example", ("IN",), _TIDEWATER),
    Employer("Nordlicht Care", "https://nordlicht-care.example", "jonas@nordlicht-care.example", ("EU",), _NORDLICHT),
    Employer("Fairwind Talent", "https://fairwind.example", "saskia@fairwind.example", ("EU", "IN"), _FAIRWIND),
)
