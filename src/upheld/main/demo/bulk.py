"""What a thousand invented people leave in each table, made without asking the database.

Every row is the one that the product's own actions would have written: a key for each class of
each person, every field sealed under it in its place, consents, disclosure, events, journal. Only
résumés are left out.
"""

import datetime as dt
import secrets
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from uuid import UUID, uuid4

from upheld.features.applications.model import Stage
from upheld.features.audit.model import Action
from upheld.kit.deadlines import APPLICATION_RECORD, kept_until
from upheld.main.demo.script import REASONS, WELCOME
from upheld.main.demo.trades import REGIONS, TRADES
from upheld.platform.services import Platform
from upheld.platform.vault import APPLICATION, PLATFORM, PLATFORM_CLASSES, Cell, DataKey, KeyRef, seal_field, wrap

STAGES = {
    Stage.NEW: 30, Stage.REVIEW: 24, Stage.INTERVIEW: 10, Stage.OFFER: 3,
    Stage.HIRED: 3, Stage.REJECTED: 26, Stage.WITHDRAWN: 4,
}  # fmt: skip
_CLOSED = (Stage.HIRED, Stage.REJECTED, Stage.WITHDRAWN)
_LONGEST_AGO = 300
_GIVEN = True


@dataclass(frozen=True)
class Where:
    """Who employs the crowd, as what, and what it was told."""

    organisation: UUID
    owner: UUID
    jobs: tuple[UUID, ...]
    account_notice: UUID
    application_notice: UUID


@dataclass
class Rows:
    """Rows by table, each in the order of its columns in `COLUMNS`."""

    tables: dict[str, list[tuple[object, ...]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, table: str, *values: object) -> None:
        """Add one row."""
        self.tables[table].append(values)


_SNAPSHOT = ("full_name", "headline", "email", "phone", "location", "summary", "letter")
_PROFILE = _SNAPSHOT[:-1]
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "data_keys": ("id", "subject_id", "controller_id", "class", "wrapped", "epoch_id"),
    "people": ("id", "email_index", "email_sealed", "verified_at", "created_at"),
    "consents": ("person_id", "purpose", "organisation_id", "notice_id", "given", "at", "origin_sealed"),
    "profiles": ("person_id", *(f"{name}_sealed" for name in _PROFILE), "updated_at"),
    "disclosures": ("person_id", "organisation_id", "sections", "made_at", "ended_at"),
    "applications": (
        "id", "organisation_id", "job_id", "person_id", "stage", "submitted_at", "closed_at", "keep_until",
    ),
    "application_snapshots": (
        "application_id", "organisation_id", "person_id", *(f"{name}_sealed" for name in _SNAPSHOT),
    ),
    "application_events": (
        "id", "application_id", "organisation_id", "person_id", "actor_id", "stage", "reason_sealed", "at",
    ),
    "access_journal": ("person_id", "viewer_id", "organisation_id", "application_id", "part", "at"),
    "entries": (
        "at", "actor_id", "organisation_id", "action", "target_kind", "target_id", "details", "origin_sealed", "salt",
    ),
}  # fmt: skip
"""The tables in the order in which they are filled; `entries` become the audit log, which computes their leaves."""


@dataclass(frozen=True)
class Maker:
    """Makes people, numbered, so that the same numbers are always the same people."""

    platform: Platform
    where: Where
    origin: bytes
    now: dt.datetime

    def people(self, first: int, count: int) -> Rows:
        """Return the rows of `count` people from number `first` on."""
        rows, dice = Rows(), Random(first)  # noqa: S311 - invented people, not secrets
        epoch, epoch_key = self.platform.keys.current_epoch()
        for number in range(first, first + count):
            self._person(rows, dice, number, epoch, epoch_key)
        return rows

    def _person(self, rows: Rows, dice: Random, number: int, epoch: UUID, epoch_key: bytes) -> None:
        person, at = uuid4(), self.now - dt.timedelta(minutes=dice.randrange(60, _LONGEST_AGO * 1440))
        refs = [KeyRef(person, PLATFORM, name) for name in PLATFORM_CLASSES]
        refs.append(KeyRef(person, self.where.organisation, APPLICATION))
        keys: dict[str, DataKey] = {}
        for ref in refs:
            key = keys[ref.data_class] = DataKey(uuid4(), secrets.token_bytes(32))
            wrapped = wrap(epoch_key, key.key, ref.bound(key.id))
            rows.add("data_keys", key.id, person, ref.controller, ref.data_class, wrapped, epoch)
        said = _said(dice, number)
        self._account(rows, keys, person, said, at)
        self._application(rows, dice, keys[APPLICATION], person, said, at)

    def _account(
        self, rows: Rows, keys: Mapping[str, DataKey], person: UUID, said: Mapping[str, str], at: dt.datetime
    ) -> None:
        address, notice = said["email"], self.where.account_notice
        sealed = seal_field(keys["account"], Cell("people", "email_sealed", person), address)
        rows.add("people", person, self.platform.blind_index("email", address), sealed, at, at)
        for purpose, given in (("account", _GIVEN), ("resume-reading", not _GIVEN)):
            rows.add("consents", person, purpose, None, notice, given, at, self.origin)
        cells = [seal_field(keys["profile"], Cell("profiles", f"{n}_sealed", person), said[n]) for n in _PROFILE]
        rows.add("profiles", person, *cells, at)
        self._entry(rows, at, person, Action.ACCOUNT_REGISTERED, ("person", person))
        self._entry(rows, at, person, Action.PROFILE_CHANGED, ("profile", person))

    def _application(
        self, rows: Rows, dice: Random, key: DataKey, person: UUID, said: Mapping[str, str], at: dt.datetime
    ) -> None:
        organisation, notice = self.where.organisation, self.where.application_notice
        application, job = uuid4(), dice.choice(self.where.jobs)
        stage = dice.choices(list(STAGES), list(STAGES.values()))[0]
        then = min(at + dt.timedelta(hours=dice.randrange(5, 600)), self.now)
        closed = then if stage in _CLOSED else None
        keep_until = kept_until(APPLICATION_RECORD, closed) if closed else None
        withdrawn = then if stage is Stage.WITHDRAWN else None
        rows.add("consents", person, "application", organisation, notice, _GIVEN, at, self.origin)
        rows.add("disclosures", person, organisation, ["contact", "identity", "summary"], at, withdrawn)
        rows.add("applications", application, organisation, job, person, stage.value, at, closed, keep_until)
        cells = [
            seal_field(key, Cell("application_snapshots", f"{name}_sealed", application), said[name])
            for name in _SNAPSHOT
        ]
        rows.add("application_snapshots", application, organisation, person, *cells)
        rows.add("application_events", uuid4(), application, organisation, person, person, "new", None, at)
        self._entry(rows, at, person, Action.APPLICATION_SUBMITTED, ("application", application), f'{{"job": "{job}"}}')
        if stage is not Stage.NEW:
            self._move(rows, dice, key, (person, application), stage, then)

    def _move(
        self, rows: Rows, dice: Random, key: DataKey, whose: tuple[UUID, UUID], stage: Stage, then: dt.datetime
    ) -> None:
        """Let the candidate withdraw, or the employer read and go on."""
        (person, application), organisation, event = whose, self.where.organisation, uuid4()
        actor = person if stage is Stage.WITHDRAWN else self.where.owner
        said = WELCOME if stage is Stage.HIRED else dice.choice(REASONS) if stage is Stage.REJECTED else None
        reason = said and seal_field(key, Cell("application_events", "reason_sealed", event), said)
        rows.add("application_events", event, application, organisation, person, actor, stage.value, reason, then)
        if stage is Stage.WITHDRAWN:
            notice = self.where.application_notice
            rows.add("consents", person, "application", organisation, notice, not _GIVEN, then, self.origin)
            self._entry(rows, then, person, Action.APPLICATION_WITHDRAWN, ("application", application))
            return
        rows.add("access_journal", person, actor, organisation, application, "application", then)
        self._entry(rows, then, actor, Action.APPLICATION_OPENED, ("application", application))
        action, told = (
            (Action.APPLICATION_DECIDED, "outcome") if stage in _CLOSED else (Action.APPLICATION_MOVED, "stage")
        )
        self._entry(rows, then, actor, action, ("application", application), f'{{"{told}": "{stage}"}}')

    def _entry(
        self, rows: Rows, at: dt.datetime, actor: UUID, action: Action, about: tuple[str, UUID], details: str = "{}"
    ) -> None:
        organisation = self.where.organisation if actor == self.where.owner else None
        salt = secrets.token_bytes(32)
        rows.add("entries", at, actor, organisation, action.value, *about, details, self.origin, salt)


def _said(dice: Random, number: int) -> dict[str, str]:
    """Return what somebody says of themselves."""
    region, trade = dice.choice(list(REGIONS.values())), dice.choice(list(TRADES.values()))
    first, last, years = dice.choice(region.first), dice.choice(region.last), dice.randint(1, 20)
    title, skill, town = dice.choice(trade.titles), dice.choice(trade.skills), dice.choice(region.towns)
    return {
        "full_name": f"{first} {last}",
        "headline": f"{title}, {years} years",
        "email": f"person-{number}@crowd.example",
        "phone": f"{region.dialling} {number // 10000 % 1000:03} {number % 10000:04}",
        "location": town,
        "summary": f"{title} from {town} who likes {skill}. {dice.choice(trade.deeds)}",
        "letter": f"I read your advertisement twice. {dice.choice(trade.deeds)}\n\nAsk me anything.",
    }
