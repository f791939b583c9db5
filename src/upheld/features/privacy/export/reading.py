"""The archive as people read it: labels instead of columns, sentences instead of rows.

Nothing is left out that the data files hold but the numbers that tie records together:
those are followed here, and an application stands in one place with what was sent and what
happened.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import msgspec
from babel.dates import format_timedelta

from upheld.features.applications.model import Stage
from upheld.features.applications.wording import CANDIDATE_STEPS
from upheld.features.privacy.export.labels import COLUMNS, DETAILS, VALUES
from upheld.features.privacy.export.parts import PARTS, Part
from upheld.features.privacy.model import Record
from upheld.features.privacy.wording import PARTS_SEEN
from upheld.platform.i18n import Words, mark

# Whether it was given, and whether it is about one organisation.
_CONSENTS = {
    (True, False): mark("You agreed: %(purpose)s."),
    (False, False): mark("You did not agree, or no longer: %(purpose)s."),
    (True, True): mark("You agreed: %(purpose)s, with %(organisation)s."),
    (False, True): mark("You no longer agree: %(purpose)s, with %(organisation)s."),
}
_OF_ORGANISATIONS = ("members", "disclosures", "invitations", "ownership_offers")
_JOINED = frozenset({"application_snapshots", "application_events"})


@dataclass(frozen=True)
class Line:
    """What happened at a moment, in a sentence."""

    at: dt.datetime
    says: str
    quoted: str | None = None


@dataclass(frozen=True)
class Entry:
    """One thing: its name, its facts, what happened to it, and longer texts under their labels."""

    heading: str | None = None
    facts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    lines: list[Line] = field(default_factory=list[Line])


@dataclass(frozen=True)
class Chapter:
    """One part of the page."""

    id: str
    title: str
    entries: list[Entry]
    lines: list[Line]

    @property
    def size(self) -> int:
        """How many things it tells."""
        return len(self.entries) + len(self.lines)


def chapters(tables: list[tuple[Part, list[Record]]], words: Words) -> list[Chapter]:
    """Return the archive's data in the order in which people read it."""
    reader = _Reader(words, {part.table: records for part, records in tables})
    return [reader.chapter(part) for part in PARTS if part.table not in _JOINED]


class _Reader:
    """Tells records in one reader's language."""

    def __init__(self, words: Words, rows: Mapping[str, list[Record]]) -> None:
        self._words = words
        self._rows = rows
        self._jobs = {row["id"]: str(row["job_title"]) for row in rows["applications"]}

    def chapter(self, part: Part) -> Chapter:
        """Tell one part."""
        records = self._rows[part.table]
        tell = {"access_journal": self._look, "audit_entries": self._act, "consents": self._consent}.get(part.table)
        lines = [] if tell is None else [tell(record) for record in reversed(records)]
        entries = [] if tell is not None else [self._entry(part, record) for record in records]
        return Chapter(part.file, self._words(part.title), entries, lines)

    def _entry(self, part: Part, record: Record) -> Entry:
        if part.table == "applications":
            return self._application(record)
        naming = {"documents": "name", "passkeys": "name", **dict.fromkeys(_OF_ORGANISATIONS, "organisation_name")}
        name = naming.get(part.table)
        facts = self._facts({column: value for column, value in record.items() if column != name})
        return Entry(str(record[name]) if name else None, facts)

    def _application(self, record: Record) -> Entry:
        """Tell an application with what was sent and what happened."""
        about = {"job": record["job_title"], "organisation": record["organisation_name"]}
        own = {column: value for column, value in record.items() if column not in {"job_title", "organisation_name"}}
        sent, steps = (
            [row for row in self._rows[table] if row["application_id"] == record["id"]]
            for table in ("application_snapshots", "application_events")
        )
        return Entry(
            self._words("%(job)s at %(organisation)s", about),
            [fact for row in (own, *sent) for fact in self._facts(row)],
            [Line(row["at"], self._words(CANDIDATE_STEPS[Stage(row["stage"])]), row["reason"]) for row in steps],
        )

    def _look(self, record: Record) -> Line:
        seen = self._words(PARTS_SEEN[record["part"]])
        who, job = record["organisation_name"], self._jobs.get(record["application_id"])
        return Line(record["at"], f"{who} {seen}." if job is None else f"{who} {seen}: {job}.")

    def _act(self, record: Record) -> Line:
        said = self._value("action", record["action"])
        details = [f"{label}: {text}" for label, text in self._facts(record["details"])]
        return Line(record["at"], f"{said}.", "\n".join(details) or None)

    def _consent(self, record: Record) -> Line:
        organisation = record["organisation_name"]
        about = {"purpose": self._value("purpose", record["purpose"]), "organisation": organisation}
        wording = self._words("Wording of the notice: %(version)s", {"version": record["notice_version"]})
        says = self._words(_CONSENTS[record["given"], organisation is not None], about)
        return Line(record["at"], says, wording)

    def _facts(self, record: Record) -> list[tuple[str, str]]:
        """Return what a record says as label and text; numbers that tie records together are left out."""
        return [
            (self._words((COLUMNS | DETAILS).get(column, column)), self._value(column, value))
            for column, value in record.items()
            if column != "id" and not column.endswith(("_id", "ed_by")) and value is not None
        ]

    def _value(self, column: str, value: object) -> str:
        """Write one value."""
        if isinstance(value, bool):
            return self._words("Yes") if value else self._words("No")
        if isinstance(value, dt.date | dt.timedelta):
            return self._time(value)
        if isinstance(value, int) and "bytes" in column:
            return self._words("%(number)s bytes", {"number": self._words.number(value)})
        if isinstance(value, dict):
            return msgspec.json.encode(value).decode()
        parts = cast("list[object]", value) if isinstance(value, list) else [value]
        named = VALUES.get(column, {})
        return ", ".join(self._words(named[str(one)]) if str(one) in named else str(one) for one in parts)

    def _time(self, value: dt.date | dt.timedelta) -> str:
        if isinstance(value, dt.timedelta):
            return format_timedelta(value, locale=self._words.language)
        return self._words.moment(value) if isinstance(value, dt.datetime) else self._words.day(value)
