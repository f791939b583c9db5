"""An auditor with the administrator's connection and the vault, who believes nothing."""

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from tests.support.faults.ledger import Act, Ledger, digest_of
from upheld.features.privacy.certificate import verify
from upheld.features.privacy.duties import tidy
from upheld.kit.errors import UpheldError
from upheld.main.setup import administrator_of, embedded_settings
from upheld.platform.clock import SystemClock
from upheld.platform.embedded import EmbeddedPostgres
from upheld.platform.services import Platform, open_platform
from upheld.platform.settings import Settings
from upheld.platform.vault import APPLICATION, PLATFORM, KeyRef

_ROLES = ("worker", "maintenance")

HALVES = {
    "an application without its snapshot": """
        select a.id from upheld.applications a
        where not exists (select from upheld.application_snapshots s where s.application_id = a.id)""",
    "an application without its first event": """
        select a.id from upheld.applications a where 1 <> (
            select count(*) from upheld.application_events e where e.application_id = a.id and e.stage = 'new')""",
    "an application without a consent to its employer": """
        select a.id from upheld.applications a where not exists (
            select from upheld.consents c where c.person_id = a.person_id
            and c.organisation_id = a.organisation_id and c.given)""",
    "an application without a disclosure of somebody who is still here": """
        select a.id from upheld.applications a join upheld.people p on p.id = a.person_id where not exists (
            select from upheld.disclosures d
            where d.person_id = a.person_id and d.organisation_id = a.organisation_id)""",
    "an application without exactly one entry in the audit log": """
        select a.id from upheld.applications a where 1 <> (select count(*) from upheld.audit_entries e
            where e.target_id = a.id and e.action = 'application.submitted')""",
    "an entry about an application that is not there": """
        select e.target_id from upheld.audit_entries e where e.action = 'application.submitted'
        and not exists (select from upheld.applications a where a.id = e.target_id)""",
    "a part of an application without the application": """
        select s.application_id from upheld.application_snapshots s
        where not exists (select from upheld.applications a where a.id = s.application_id)
        union all select v.application_id from upheld.application_events v
        where not exists (select from upheld.applications a where a.id = v.application_id)""",
    "an application that stands elsewhere than its last event": """
        select a.id from upheld.applications a where a.stage <> (select v.stage from upheld.application_events v
            where v.application_id = a.id order by v.at desc limit 1)""",
    "a count that is not how many stand there": """
        select coalesce(c.job_id, a.job_id) from
        (select job_id, stage, sum(number) as number from upheld.stage_counts group by 1, 2) c
        full join (select job_id, stage, count(*) as number from upheld.applications group by 1, 2) a
        on a.job_id = c.job_id and a.stage = c.stage
        where coalesce(a.number, 0) <> coalesce(c.number, 0)""",
    "an event of an application that is not in the audit log": """
        select v.application_id from upheld.application_events v where v.stage <> 'new' and v.actor_id is not null
        group by v.application_id having count(*) <> (select count(*) from upheld.audit_entries e
            where e.target_id = v.application_id
            and e.action in ('application.moved', 'application.decided', 'application.withdrawn'))
        and not exists (select from upheld.erasures x where x.person_id = any(array_agg(v.person_id)))""",
    "a document without exactly one entry in the audit log": """
        select d.id from upheld.documents d where 1 <> (select count(*) from upheld.audit_entries e
            where e.target_id = d.id and e.action = 'document.added')""",
    "a document that was added, neither removed nor erased, and is not there": """
        select e.target_id from upheld.audit_entries e join upheld.people p on p.id = e.actor_id
        where e.action = 'document.added' and not exists (select from upheld.documents d where d.id = e.target_id)
        and not exists (select from upheld.audit_entries r
            where r.action = 'document.removed' and r.target_id = e.target_id)""",
    "a job without exactly one entry in the audit log": """
        select j.id from upheld.jobs j where 1 <> (select count(*) from upheld.audit_entries e
            where e.target_id = j.id and e.action = 'job.posted')""",
    "an erasure without its entries in the audit log": """
        select x.id from upheld.erasures x where 1 <> (select count(*) from upheld.audit_entries e
            where e.target_id = x.id and e.action = 'erasure.requested')
        or (x.state = 'done') <> (1 = (select count(*) from upheld.audit_entries e
            where e.target_id = x.id and e.action = 'erasure.completed'))""",
    "somebody who is both erased and here": """
        select p.id from upheld.people p join upheld.erasures x on x.person_id = p.id where x.state = 'done'""",
    "a mail without work that will send it": """
        select m.id from upheld.messages m where not exists (select from queue.pgqueuer q
            where q.entrypoint = 'mail' and convert_from(q.payload, 'UTF8')::jsonb ->> 'id' = m.id::text)""",
    "an erasure without work that will carry it out": """
        select x.id from upheld.erasures x where x.state in ('scheduled', 'running')
        and not exists (select from queue.pgqueuer q where q.entrypoint = 'erasure'
            and q.status in ('queued', 'picked')
            and convert_from(q.payload, 'UTF8')::jsonb ->> 'id' = x.id::text)""",
}
"""What must never be found, each as a query for it."""


@dataclass
class Findings:
    """What an inspection found wrong, and what it looked at."""

    faults: list[str] = field(default_factory=list[str])
    values: int = 0
    files: int = 0
    orphans: int = 0


@dataclass(frozen=True)
class Inspector:
    """Looks at one deployment from the outside: its databases, its keys, its files."""

    platform: Platform
    connection: Any

    async def inspect(self, ledger: Ledger) -> Findings:
        """Look at everything that must hold at any moment at which nobody is writing."""
        findings = Findings()
        for what, query in HALVES.items():
            rows = await self.connection.fetch(query)
            findings.faults += [f"{what}: {row[0]}" for row in rows]
        await self._open_every_value(findings)
        contents = await self._open_every_file(findings)
        await self._count_orphans(findings)
        findings.faults += [f"acknowledged and lost: {act}" for act in await self._lost(ledger, contents)]
        return findings

    async def _open_every_value(self, findings: Findings) -> None:
        """Open every sealed column that the catalog knows of, in every row."""
        for table, key, columns in await self._sealed_columns():
            listed = ", ".join(columns)
            whose = {"people": "id", "audit_entries": "null::uuid", "invitations": "null::uuid"}.get(table, "person_id")
            # A new address waits sealed for the place that it takes once it is confirmed.
            place, row_id = ("people", "person_id") if table == "account_links" else (table, key)
            query = f"select {row_id} as row_id, {listed} from upheld.{table} where coalesce({whose} <> all($1), true)"  # noqa: S608 - the catalog's
            for row in await self.connection.fetch(query, await self._leaving()):
                for column in columns:
                    if row[column] is not None:
                        findings.values += 1
                        findings.faults += await self._unreadable(place, column, row["row_id"], row[column])

    async def _leaving(self) -> list[UUID]:
        """Return whose erasure was interrupted: their keys go before their rows. At the end there is nobody."""
        rows = await self.connection.fetch("select person_id from upheld.erasures where state = 'running'")
        return [row["person_id"] for row in rows]

    async def _sealed_columns(self) -> list[tuple[str, str, list[str]]]:
        rows = await self.connection.fetch("""
            select c.relname as tab, array_agg(a.attname::text order by a.attnum) as columns,
                (select k.attname from pg_index i join pg_attribute k on k.attrelid = c.oid and k.attnum = i.indkey[0]
                 where i.indrelid = c.oid and i.indisprimary and i.indnkeyatts = 1) as key
            from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relnamespace = 'upheld'::regnamespace and c.relkind = 'r' and a.attname like '%\\_sealed'
            group by c.oid, c.relname""")
        assert len(rows) >= 6, "the catalog names too few tables with sealed columns"
        return [(row["tab"], row["key"], row["columns"]) for row in rows]

    async def _unreadable(self, table: str, column: str, row_id: Any, blob: bytes) -> list[str]:
        is_of_month = column == "origin_sealed" and table in {"audit_entries", "consents"}
        place = ("origin", PLATFORM, {"origin": blob}) if is_of_month else (table, row_id, {column: blob})
        try:
            await self.platform.vault.open_places([place])
        except UpheldError as error:
            return [f"unreadable: {table}.{column} of {row_id}: {type(error).__name__}"]
        return []

    async def _open_every_file(self, findings: Findings) -> dict[UUID, str]:
        """Read every file that a row names; return their digests."""
        rows = await self.connection.fetch("""
            select object_id, size_bytes, person_id, null::uuid as organisation_id from upheld.documents
            where person_id not in (select e.person_id from upheld.erasures e where e.state = 'running')
            union all select resume_object_id, resume_bytes, person_id, organisation_id
            from upheld.application_snapshots where resume_object_id is not null""")
        digests: dict[UUID, str] = {}
        for row in rows:
            employer = row["organisation_id"]
            ref = KeyRef(row["person_id"], employer or PLATFORM, APPLICATION if employer else "documents")
            findings.files += 1
            try:
                content = await self.platform.objects.read(ref, row["object_id"])
            except UpheldError as error:
                findings.faults.append(f"a file that does not open: {row['object_id']}: {type(error).__name__}")
                continue
            digests[row["object_id"]] = digest_of(content)
            if len(content) != row["size_bytes"]:
                findings.faults.append(f"a file of another size: {row['object_id']}")
        return digests

    async def _count_orphans(self, findings: Findings) -> None:
        known = await self.connection.fetch("""
            select object_id as id from upheld.documents
            union select resume_object_id from upheld.application_snapshots""")
        findings.orphans = len(await self.stored() - {row["id"] for row in known})

    async def stored(self) -> set[UUID]:
        """Return the ids of all files in the store."""
        found: set[UUID] = set()
        async for batch in self.platform.objects.older_than(self.platform.clock.now() + dt.timedelta(days=1)):
            found.update(batch)
        return found

    async def _lost(self, ledger: Ledger, contents: dict[UUID, str]) -> list[Act]:
        """Return the acknowledged acts of which there is not exactly what there should be."""
        world = await self._world(contents)
        return [act for act in ledger.acts if act.acknowledged and not world.has(act, ledger)]

    async def _world(self, contents: dict[UUID, str]) -> "World":
        fetch = self.connection.fetch
        world = World()
        # Whoever is leaving counts as gone: their keys and files go before their rows.
        here = "select id, email_sealed from upheld.people where id <> all($1)"
        for row in await fetch(here, await self._leaving()):
            address = await self._text("people", "email_sealed", row["id"], row["email_sealed"])
            world.people[address] = row["id"]
        for row in await fetch("select person_id, object_id from upheld.documents"):
            world.documents[row["person_id"]][contents.get(row["object_id"], "")] += 1
        for row in await fetch("select person_id, headline_sealed from upheld.profiles"):
            world.profiles[row[0]] = await self._text("profiles", "headline_sealed", row[0], row[1])
        await self._read_applications(world, contents)
        for row in await fetch("select actor_id, action, target_id::text from upheld.audit_entries"):
            world.entries[(row[1], row[2])] += 1
            world.by_actor[(row[0], row[1])] += 1
        for row in await fetch("select receipt_hash, state, certificate::text from upheld.erasures"):
            world.erasures[row[0]] = row[1]
        world.jobs = {str(row["id"]) for row in await fetch("select id from upheld.jobs")}
        return world

    async def _read_applications(self, world: "World", contents: dict[UUID, str]) -> None:
        for row in await self.connection.fetch(
            "select application_id, letter_sealed, resume_object_id from upheld.application_snapshots"
        ):
            letter = await self._text("application_snapshots", "letter_sealed", row[0], row[1])
            world.letters[str(row[0])] = (letter, contents.get(row[2], ""))
        for row in await self.connection.fetch(
            "select id, application_id, stage, reason_sealed from upheld.application_events"
        ):
            reason = await self._text("application_events", "reason_sealed", row[0], row[3])
            world.events[str(row[1])].append((row[2], reason))

    async def _text(self, table: str, column: str, row_id: UUID, blob: bytes | None) -> str:
        if blob is None:
            return ""
        try:
            return (await self.platform.vault.open(table, row_id, {column: blob}))[column] or ""
        except UpheldError:
            return ""  # told by `_open_every_value`

    async def settle(self) -> list[str]:
        """Return what background work is still to be done, in words."""
        waiting = await self.connection.fetch("""
            select 'mail ' || id::text as what from upheld.messages
            union all select state || ' erasure ' || id::text from upheld.erasures
            where state in ('scheduled', 'running')
            union all select status::text || ' ' || entrypoint from queue.pgqueuer
            where status not in ('successful', 'deleted')""")
        return [row["what"] for row in waiting]

    async def sweep(self) -> int:
        """Let the sweep for files that a crash left behind run two hours from now; return how many are left."""
        await tidy(replace(self.platform, clock=_Later()))
        findings = Findings()
        await self._count_orphans(findings)
        return findings.orphans

    async def registered_erasures(self) -> Counter[UUID]:
        """Return how often each erasure stands in the register of erasures."""
        return Counter(entry.erasure_id for entry in await self.platform.register.entries())

    async def finished_erasures(self) -> set[UUID]:
        """Return the erasures that the database holds for done."""
        rows = await self.connection.fetch("select id from upheld.erasures where state = 'done'")
        return {row["id"] for row in rows}


class _Later(SystemClock):
    """A clock two hours ahead."""

    def now(self) -> dt.datetime:
        """Return the time in two hours."""
        return super().now() + dt.timedelta(hours=2)


@dataclass
class World:
    """What is really there, as far as the ledger is about it."""

    people: dict[str, UUID] = field(default_factory=dict[str, UUID])
    documents: dict[UUID, Counter[str]] = field(default_factory=lambda: defaultdict[UUID, Counter[str]](Counter))
    profiles: dict[UUID, str] = field(default_factory=dict[UUID, str])
    letters: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    events: dict[str, list[tuple[str, str]]] = field(
        default_factory=lambda: defaultdict[str, list[tuple[str, str]]](list)
    )
    entries: Counter[tuple[str, str | None]] = field(default_factory=Counter[tuple[str, str | None]])
    by_actor: Counter[tuple[UUID | None, str]] = field(default_factory=Counter[tuple[UUID | None, str]])
    erasures: dict[bytes, str] = field(default_factory=dict[bytes, str])
    jobs: set[str] = field(default_factory=set[str])

    def has(self, act: Act, ledger: Ledger) -> bool:
        """Whether an acknowledged act is there, once, with its entry in the audit log."""
        if act.kind in _ABOUT_RECORDS:
            return _ABOUT_RECORDS[act.kind](self, act, ledger)
        person = self.people.get(act.who)
        if person is None:  # gone, which only they themselves can have asked for
            return any(other.who == act.who for other in ledger.of("left"))
        return _ABOUT_PEOPLE[act.kind](self, act, ledger, person)

    def recorded(self, person: UUID, action: str, act: Act, ledger: Ledger) -> bool:
        """Whether the log has an entry for each acknowledged act, and none for an act that nobody tried."""
        done = sum(other.who == act.who for other in ledger.done(act.kind))
        tried = sum(other.who == act.who for other in ledger.of(act.kind))
        if act.kind == "signed in":  # confirming an address opens a session too, unless it was killed on the way
            tried += self.by_actor[person, "account.verified"]
        return done <= self.by_actor[person, action] <= tried

    def kept_profile(self, act: Act, ledger: Ledger, person: UUID) -> bool:
        """Whether the profile says what was acknowledged last, or what was tried after it."""
        own = [other for other in ledger.of("profile") if other.who == act.who]
        last = max(number for number, other in enumerate(own) if other.acknowledged)
        said = {other.what for other in own[last:]}
        return self.profiles.get(person) in said and self.recorded(person, "profile.changed", act, ledger)

    def kept_document(self, act: Act, ledger: Ledger, person: UUID) -> bool:
        """Whether the file is there once, or one was removed for each that is not."""
        there = self.documents[person]
        missing = [other for other in ledger.done("uploaded") if other.who == act.who and not there[other.what]]
        removals = self.by_actor[person, "document.removed"]
        tried = sum(other.who == act.who for other in ledger.of("removed"))
        return (
            there[act.what] <= 1 and len(missing) <= removals <= tried
            and self.recorded(person, "document.added", act, ledger)
        )  # fmt: skip


def _applied(world: World, act: Act, _: Ledger) -> bool:
    return (
        world.letters.get(act.about) == (act.what, act.digest)
        and world.entries["application.submitted", act.about] == 1
    )


def _moved(world: World, act: Act, ledger: Ledger) -> bool:
    wanted = sum((other.about, other.what) == (act.about, act.what) for other in ledger.done("moved"))
    there = sum(stage == act.what for stage, _ in world.events[act.about])
    return there >= wanted and world.entries["application.moved", act.about] >= wanted


def _decided(world: World, act: Act, _: Ledger) -> bool:
    return ("rejected", act.what) in world.events[act.about] and world.entries["application.decided", act.about] == 1


def _withdrew(world: World, act: Act, _: Ledger) -> bool:
    return ("withdrawn", "") in world.events[act.about] and world.entries["application.withdrawn", act.about] == 1


def _left(world: World, act: Act, _: Ledger) -> bool:
    return world.erasures.get(hashlib.sha256(bytes.fromhex(act.what)).digest()) in {"scheduled", "running", "done"}


_ABOUT_RECORDS: dict[str, Callable[[World, Act, Ledger], bool]] = {
    "applied": _applied,
    "moved": _moved,
    "decided": _decided,
    "withdrew": _withdrew,
    "left": _left,
    "posted": lambda world, act, _: act.about in world.jobs and world.entries["job.posted", act.about] == 1,
    "removed": lambda world, act, _: world.entries["document.removed", act.about] == 1,
}
_ABOUT_PEOPLE: dict[str, Callable[[World, Act, Ledger, UUID], bool]] = {
    "registered": lambda world, _, __, person: world.by_actor[person, "account.registered"] == 1,
    "verified": lambda world, _, __, person: world.by_actor[person, "account.verified"] == 1,
    "signed in": lambda world, act, ledger, person: world.recorded(person, "session.opened", act, ledger),
    "exported": lambda world, act, ledger, person: world.recorded(person, "data.exported", act, ledger),
    "accepted fair use": lambda world, _, __, person: world.by_actor[person, "permission.fair_use_accepted"] == 1,
    "profile": World.kept_profile,
    "uploaded": World.kept_document,
}


@asynccontextmanager
async def inspecting(var: Path) -> AsyncGenerator[Inspector]:
    """Yield an inspector of a demo that runs in `var`."""
    server = EmbeddedPostgres(var / "postgres")
    settings = embedded_settings(Settings(var=var, demo=True), server)
    connection = await asyncpg.connect(administrator_of(server).format(database="upheld"))
    try:
        async with open_platform(settings, _ROLES) as platform:
            yield Inspector(platform, connection)
    finally:
        await connection.close()


def is_genuine(certificate: bytes) -> bool:
    """Whether a certificate of erasure is one, and whole."""
    return verify(certificate).is_valid
