"""What a storm came to: counts by table, findings by name, and what lasted."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.boundary.generator.holdings import Caller
from tests.boundary.generator.shot import Shot

_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\\x[0-9a-f]{16,}")


BUSY = {"57014", "55P03"}
"""A statement or a lock took too long: that says something of the machine, not of a row."""


@dataclass(frozen=True)
class Answer:
    """What a try was answered: SQLSTATE of its error, rows of its last step, every word."""

    state: str | None
    rows: int
    said: str
    notices: tuple[str, ...]

    @property
    def outline(self) -> tuple[str | None, int, str]:
        """The answer without ids: what two tries that differ in an id must have in common."""
        return self.state, self.rows, _IDS.sub("…", self.said)


@dataclass(frozen=True)
class Finding:
    """Something that should not have been possible."""

    caller: str
    tables: tuple[str, ...]
    family: str
    how: str
    what: str
    statement: str

    def __str__(self) -> str:
        """Say who did what, to which table, and how."""
        return f"{self.caller}, {', '.join(self.tables) or 'the server'}, {self.family}, {self.how}: {self.what}"


@dataclass
class Tally:
    """How many tries were aimed at a table, and what became of them."""

    fired: Counter[str] = field(default_factory=Counter[str])
    clean: Counter[str] = field(default_factory=Counter[str])
    rows: int = 0
    granted: int = 0
    granted_clean: int = 0

    def share(self) -> float:
        """Return the share that executed without error, whatever was tried by whomever."""
        return self.clean.total() / self.fired.total()

    def share_of_granted(self) -> float:
        """Return the share of statements on the table itself, by roles with any right on it."""
        return self.granted_clean / self.granted


@dataclass
class Report:
    """What a storm came to."""

    seed: int
    statements: int = 0
    clean: int = 0
    seconds: float = 0
    tallies: dict[str, Tally] = field(default_factory=dict[str, Tally])
    findings: list[Finding] = field(default_factory=list[Finding])
    oracles: list[Finding] = field(default_factory=list[Finding])
    lasting: list[str] = field(default_factory=list[str])
    callers: Counter[str] = field(default_factory=Counter[str])

    def note(self, caller: Caller, shot: Shot, answer: Answer) -> None:
        """Count a try."""
        self.statements += 1
        self.clean += answer.state is None
        self.callers[str(caller)] += 1
        for table in shot.tables:
            tally = self.tallies.setdefault(table, Tally())
            tally.fired[shot.family] += 1
            tally.clean[shot.family] += answer.state is None
            tally.rows += answer.rows
            tally.granted += shot.granted
            tally.granted_clean += shot.granted and answer.state is None

    def find(self, caller: Caller, shot: Shot, what: str, steps: Sequence[str]) -> None:
        """Note a finding."""
        self.findings.append(Finding(str(caller), shot.tables, shot.family, shot.how, what, "; ".join(steps)[:2000]))

    def compare(self, caller: Caller, shot: Shot, there: Answer, nowhere: Answer) -> None:
        """Note where an id that exists is answered otherwise than one that nobody has."""
        if there.outline != nowhere.outline and not {there.state, nowhere.state} & BUSY:
            what = f"{there.state or there.rows} for what is there, {nowhere.state or nowhere.rows} for what is not"
            self.oracles.append(
                Finding(str(caller), shot.tables, shot.family, shot.how, what, "; ".join(shot.steps)[:2000])
            )

    def printed(self) -> str:
        """Write the report as a table of text."""
        families = ("read", "write", "context", "function", "catalog", "power")
        head = f"{'table':<30}{'fired':>7}{'clean':>7}{'share':>7}{'rows':>8}{'granted':>9}  clean of fired: "
        head += ", ".join(families)
        lines = [f"seed {self.seed}: {self.statements} tries in {self.seconds:.1f} s, {self.clean} without error", head]
        for name, tally in sorted(self.tallies.items()):
            fired, clean = tally.fired.total(), tally.clean.total()
            parts = "  ".join(f"{tally.clean[f]}/{tally.fired[f]}" for f in families)
            granted = f"{tally.share_of_granted():.0%}" if tally.granted else "none"
            lines.append(f"{name:<30}{fired:>7}{clean:>7}{tally.share():>7.0%}{tally.rows:>8}{granted:>9}  {parts}")
        lines += [f"{caller}: {count}" for caller, count in self.callers.items()]
        lines += [f"FOUND {finding}\n      {finding.statement[:300]}" for finding in self.findings]
        lines += [f"ORACLE {finding}\n      {finding.statement[:200]}" for finding in self.oracles]
        lines += [f"{len(self.findings)} findings, {len(self.oracles)} oracles; lasting: {self.lasting or 'nothing'}"]
        return "\n".join(lines) + "\n"
