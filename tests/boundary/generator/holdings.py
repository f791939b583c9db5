"""Whose every row is: a model of its own, which reads neither policies nor grants.

Every value that identifies a row (an id, a hash, a ciphertext, an instant to the microsecond, a
planted canary) is a tag. What an attacker is answered is searched for tags of rows that are not
theirs to see.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.boundary.generator.target import quoted

Row = Mapping[str, Any]

_TAGS = re.compile(
    r"canary-[0-9a-f]{12}"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|\$2b\$\d\d\$[./A-Za-z0-9]{53}"
    r"|(?<![0-9a-f-])[0-9a-f]{32,}"
    r"|\d\d:\d\d:\d\d\.\d{3,6}"
)

# The column that says whose a row is, where a person's own context opens it.
_PERSON = {
    "upheld.people": "id",
    "upheld.audit_entries": "actor_id",
    **dict.fromkeys(
        (
            "upheld.credentials", "upheld.email_verifications", "upheld.account_links",
            "upheld.sessions", "upheld.access_tokens",
            "upheld.job_secrets",
            "upheld.authenticator_apps", "upheld.passkeys", "upheld.recovery_codes", "upheld.half_open_sign_ins",
            "upheld.members", "upheld.ownership_offers", "upheld.operators",
            "upheld.profiles", "upheld.documents", "upheld.consents",
            "upheld.fair_use_acceptances", "upheld.applications", "upheld.application_snapshots",
            "upheld.application_events", "upheld.access_journal", "upheld.disclosures", "upheld.messages",
            "upheld.erasures", "upheld.identities",
        ),
        "person_id",
    ),
}  # fmt: skip

_OF_CANDIDATES = {"upheld.applications", "upheld.application_snapshots", "upheld.application_events"}
_OF_MEMBERS = {"upheld.members", "upheld.roles", "upheld.ownership_offers", "upheld.factor_rules"}
# Of colleagues; a statement shows one's own alone, of acts until it is written down that one looks.
_THROUGH_FUNCTIONS = {"upheld.people", "upheld.members", "upheld.audit_entries"}
# What an owner changes of their organisation; with a member goes what hangs on the membership.
_OF_OWNERS = {
    "upheld.members": "UD", "upheld.roles": "IUD", "upheld.ownership_offers": "ID", "upheld.invitations": "IUD",
    "upheld.factor_rules": "IUD",
    "upheld.fair_use_acceptances": "D", "upheld.access_tokens": "D", "upheld.sessions": "U",
}  # fmt: skip
_COUNTS = "upheld.stage_counts"
_COUNTING = {(_COUNTS, "I"), (_COUNTS, "U")}  # by triggers, whoever writes what they count; nobody is granted it
_QUEUE = {"queue.pgqueuer", "queue.pgqueuer_log", "queue.pgqueuer_schedules", "queue.pgqueuer_statistics"}

_FACTORS = ("authenticator_apps", "passkeys", "recovery_codes", "half_open_sign_ins", "passkey_challenges")

# What a role sees of everybody because that is what it is for.
_OFFICE: dict[str, set[str]] = {
    # It checks passwords and factors: an address or id gives the hash, an id the app's sealed secret and the passkeys.
    "gate": {
        "upheld.people",
        "upheld.credentials",
        "upheld.authenticator_apps",
        "upheld.passkeys",
        "upheld.recovery_codes",
        "upheld.half_open_sign_ins",
    },
    "worker": _QUEUE,  # it takes what is due: ids and the secrets of work
    "auditor": {"upheld.audit_entries"},
    "web": set(),
    "maintenance": set(),
    "support": set(),
}

# What a function hands out of anybody's row because that is what it is for: these columns, and no others.
HANDED_OUT: dict[tuple[str, str], dict[str, frozenset[str]]] = {
    # A new key for the indexes of addresses: each is made from the one before, not from the address.
    ("maintenance", "upheld.older_email_indexes(integer)"): {
        table: frozenset({"id", "email_index"}) for table in ("upheld.people", "upheld.invitations")
    },
    # The same for the indexes of identities.
    ("maintenance", "upheld.older_identity_indexes(integer)"): {
        "upheld.identities": frozenset({"id", "subject_index"})
    },
    # Whom to tell that a promise is broken; the gate writes to them, and knows no more than an id either.
    ("maintenance", "upheld.operators_to_tell()"): {"upheld.operators": frozenset({"person_id"})},
}

_PUBLIC = {
    "upheld.notices": {"web", "gate", "worker", "maintenance"},
    "upheld.organisations": {"web", "worker"},
    "upheld.jobs": {"web"},
    "upheld.runs": {"web", "maintenance"},
}

# What a role changes of anybody because that is what it is for: table and first letter of the act.
_DUTIES: dict[str, set[tuple[str, str]]] = {
    "gate": {
        ("upheld.people", "I"), ("upheld.people", "U"), ("upheld.credentials", "I"), ("upheld.credentials", "U"),
        ("upheld.email_verifications", "I"), ("upheld.email_verifications", "D"), ("upheld.consents", "I"),
        ("upheld.account_links", "I"), ("upheld.account_links", "D"), ("upheld.people", "D"),
        ("upheld.sessions", "I"), ("upheld.sessions", "U"), ("upheld.messages", "I"), ("upheld.job_secrets", "I"),
        ("queue.pgqueuer", "I"), ("upheld.audit_entries", "I"), ("upheld.limit_counters", "I"),
        ("upheld.limit_counters", "U"), ("upheld.operators", "I"), ("upheld.operator_invitations", "D"),
        ("upheld.identities", "I"), ("upheld.identities", "U"), ("upheld.identities", "D"),
        ("upheld.departures", "I"), ("upheld.departures", "D"), ("upheld.credentials", "D"), ("upheld.sessions", "D"),
        *((f"upheld.{table}", act) for table in _FACTORS for act in "IUD"),
    },
    "maintenance": {
        ("upheld.runs", "I"), ("upheld.runs", "D"),
        ("upheld.notices", "I"), ("upheld.operator_invitations", "I"), ("upheld.audit_entries", "I"),
        ("upheld.job_secrets", "I"), ("upheld.limit_counters", "D"), ("sealed.context_keys", "I"),
        ("sealed.context_keys", "D"), ("upheld.people", "U"), ("upheld.sessions", "U"),
        ("upheld.identities", "U"), *_COUNTING,
    },
    "worker": {(table, act) for table in _QUEUE for act in "IUD"},
    "web": {("upheld.limit_counters", "I"), ("upheld.limit_counters", "U"), ("queue.pgqueuer", "I"), *_COUNTING},
    "support": set(),
    "auditor": set(),
}  # fmt: skip

# What a person on the web changes of their own; where a table is missing, nothing.
_OWN_ACTS = {
    "upheld.people": "U", "upheld.sessions": "U", "upheld.access_tokens": "IU",
    "upheld.profiles": "IU", "upheld.documents": "IUD",
    "upheld.consents": "I",
    "upheld.fair_use_acceptances": "I", "upheld.applications": "IU", "upheld.application_snapshots": "I",
    "upheld.application_events": "I", "upheld.disclosures": "IU", "upheld.erasures": "IU", "upheld.messages": "I",
    "upheld.job_secrets": "I", "upheld.audit_entries": "I", "upheld.members": "I",
}  # fmt: skip


@dataclass(frozen=True)
class Caller:
    """Who attacks: a login role, and the person (or the work) whose context it holds."""

    role: str
    who: str
    person: str | None = None
    organisation: str | None = None
    standing: str | None = None
    accepted: bool = False

    def __str__(self) -> str:
        """Name the caller as findings do."""
        return self.role if self.person is None else f"{self.role} as {self.who}"

    @property
    def hires(self) -> bool:
        """Whether the caller may see candidates of their organisation."""
        return self.accepted and self.standing in {"owner", "manager"} and self.organisation is not None


@dataclass
class Holdings:
    """Every row there is, and the tags by which each can be told."""

    rows: dict[str, list[Row]] = field(default_factory=dict[str, list[Row]])
    tags: dict[str, set[tuple[str, int]]] = field(default_factory=lambda: defaultdict(set))

    def visible(self, caller: Caller) -> set[tuple[str, int]]:
        """Return the rows that a caller may see, as table and number."""
        return {
            (table, number)
            for table, rows in self.rows.items()
            for number, row in enumerate(rows)
            if self.sees(caller, table, row)
        }

    def own(self, caller: Caller, table: str) -> int | None:
        """Return how many rows of a table a caller sees; none is said of tables that nobody has placed."""
        if table not in {*_PERSON, *_PUBLIC, *_OFFICE[caller.role], _COUNTS}:
            return None
        rows = self.rows.get(table, [])
        if table in _THROUGH_FUNCTIONS and caller.role == "web":
            return sum(caller.person is not None and row[_PERSON[table]] == caller.person for row in rows)
        return sum(self.sees(caller, table, row) for row in rows)

    def prey(self, caller: Caller, table: str) -> list[Row]:
        """Return the rows of a table that are not the caller's to see."""
        return [row for row in self.rows.get(table, []) if not self.sees(caller, table, row)]

    def allowed(self, caller: Caller) -> set[str]:
        """Return the tags that may stand in an answer to a caller."""
        seen = self.visible(caller)
        return {tag for tag, places in self.tags.items() if places & seen}

    def handed_out(self, caller: Caller, how: str) -> set[str]:
        """Return the tags that one function may hand to a caller."""
        named = HANDED_OUT.get((caller.role, how), {})
        return {
            tag
            for table, columns in named.items()
            for row in self.rows.get(table, [])
            for col in columns
            for tag in tags_in(str(row[col]))
        }

    def sees(self, caller: Caller, table: str, row: Row) -> bool:
        """Say whether a row is a caller's to see."""
        if table in _OFFICE[caller.role] or self._is_public(caller, table, row):
            return True
        if caller.person is None:
            return False
        if caller.role == "worker":
            return table in _open_to_work(caller) and row[_PERSON[table]] == caller.person
        if table in _PERSON and row[_PERSON[table]] == caller.person:
            return True
        return self._through_membership(caller, table, row) or self._through_hiring(caller, table, row)

    def _through_membership(self, caller: Caller, table: str, row: Row) -> bool:
        """Say whether a row is seen because of who belongs to the same organisation, or is invited into it."""
        org = caller.organisation
        here = [one["person_id"] for one in self.rows["upheld.members"] if one["organisation_id"] == org]
        if table == "upheld.people":
            return caller.person in here and row["id"] in here
        if table == "upheld.invitations":
            mine = [one["email_index"] for one in self.rows["upheld.people"] if one["id"] == caller.person]
            return row["organisation_id"] == org or row["email_index"] in mine
        if table == "upheld.audit_entries":
            is_theirs = caller.standing == "owner" and org is not None
            return is_theirs and row["concerns"] is not None and row["organisation_id"] == org
        return table in _OF_MEMBERS and caller.person in here and row["organisation_id"] == org

    def _is_public(self, caller: Caller, table: str, row: Row) -> bool:
        if caller.role not in _PUBLIC.get(table, set()):
            return False
        return not row.get("is_probe") and row.get("status", "open") == "open"

    def _through_hiring(self, caller: Caller, table: str, row: Row) -> bool:
        if table == "upheld.jobs":
            applied = {a["job_id"] for a in self.rows["upheld.applications"] if a["person_id"] == caller.person}
            return row["organisation_id"] == caller.organisation or row["id"] in applied
        return table in {*_OF_CANDIDATES, _COUNTS} and caller.hires and row["organisation_id"] == caller.organisation

    def may_change(self, caller: Caller, table: str, act: str, old: Row | None, new: Row | None) -> bool:
        """Say whether a change of one row is a caller's to make; `act` is INSERT, UPDATE or DELETE."""
        letter = act[0]
        if (table, letter) in _DUTIES[caller.role] or self._is_counted_of_colleague(caller, table, old, new):
            return True
        if caller.role == "maintenance":
            return (letter == "D" and old is not None and _is_over(old)) or _ends_what_lets_in(table, letter, old, new)
        if caller.person is None:
            return False
        if caller.role == "worker":
            return _belongs_to_work(caller, table, letter, old or new or {})
        sides = [side for side in (old, new) if side is not None]
        if old is not None and new is not None and not self._stays_whose_it_is(caller, old, new):
            return False
        of_owners = letter in _OF_OWNERS.get(table, "") and caller.standing == "owner"
        return all(
            (of_owners and self._is_here(caller, side)) or self._is_own(caller, table, letter, side) for side in sides
        )

    def _stays_whose_it_is(self, caller: Caller, old: Row, new: Row) -> bool:
        """Say whether a changed row still belongs to the same; a session moves between its person's employers."""
        moved = {name for name in _WHOSE & old.keys() if old[name] != new[name]}
        if moved != {"organisation_id"} or "secret_hash" not in old:
            return not moved
        others = {m["organisation_id"] for m in self.rows["upheld.members"] if m["person_id"] != caller.person}
        mine = {m["organisation_id"] for m in self.rows["upheld.members"] if m["person_id"] == caller.person}
        return new["organisation_id"] not in others - mine

    def _is_own(self, caller: Caller, table: str, letter: str, row: Row) -> bool:
        if table == "upheld.organisations":
            # Founding one of one's own, or renaming the one that one owns.
            return letter == "I" or (letter == "U" and row["id"] == caller.organisation and caller.standing == "owner")
        if table == "upheld.jobs":
            return letter in "IU" and row["organisation_id"] == caller.organisation and caller.standing in _POSTS
        if table == "upheld.access_journal":
            return letter == "I" and caller.hires and row["viewer_id"] == caller.person
        if table in {"upheld.messages", "upheld.job_secrets"} and letter == "I":
            return row["person_id"] == caller.person or row["person_id"] in self._candidates(caller)
        if letter not in _OWN_ACTS.get(table, ""):
            return False
        return row[_PERSON[table]] == caller.person or (
            table in _OF_CANDIDATES - {"upheld.application_snapshots"}
            and letter in "IU" and caller.hires and row["organisation_id"] == caller.organisation
        )  # fmt: skip

    def _is_here(self, caller: Caller, row: Row) -> bool:
        """Say whether a row is the caller's organisation's; a session's stays one when its person is let go."""
        members = {(one["person_id"], one["organisation_id"]) for one in self.rows["upheld.members"]}
        if row["organisation_id"] is None:
            return (row["person_id"], caller.organisation) in members
        return row["organisation_id"] == caller.organisation

    def _is_counted_of_colleague(self, caller: Caller, table: str, old: Row | None, new: Row | None) -> bool:
        """Say whether an owner has changed a member's rights, which is counted beside the person; and nothing else."""
        if table != "upheld.people" or old is None or new is None or caller.standing != "owner":
            return False
        members = {(one["person_id"], one["organisation_id"]) for one in self.rows["upheld.members"]}
        return (old["id"], caller.organisation) in members and new == {**old, "changes": old["changes"] + 1}

    def _candidates(self, caller: Caller) -> set[str]:
        return {
            row["person_id"]
            for row in self.rows["upheld.applications"]
            if caller.standing in _POSTS and row["organisation_id"] == caller.organisation
        }


_POSTS = {"owner", "manager"}
_WHOSE = {"id", "person_id", "organisation_id", "job_id", "application_id", "viewer_id", "actor_id"}


def _open_to_work(caller: Caller) -> set[str]:
    opened = {"upheld.people", "upheld.applications", "upheld.job_secrets"}  # of the last, what it holds itself
    return opened | {"upheld.messages"} if caller.standing == "duty:mail" else opened


def _belongs_to_work(caller: Caller, table: str, letter: str, row: Row) -> bool:
    """Mail is dropped when it is sent, and acts are recorded; an erasure before its time changes nothing."""
    own = table in _PERSON and row[_PERSON[table]] == caller.person
    if (table, letter) == ("upheld.messages", "D"):
        return own and caller.standing == "duty:mail"
    return own and (table, letter) == ("upheld.audit_entries", "I")


def _ends_what_lets_in(table: str, letter: str, old: Row | None, new: Row | None) -> bool:
    """Say whether what lets somebody in ends, and nothing else changes: the operator's word does it, for one person."""
    if (table, letter) in {("upheld.half_open_sign_ins", "D"), ("upheld.passkey_challenges", "D")}:
        return True  # with a sign-in that was not finished goes what a passkey was asked in it
    if table != "upheld.access_tokens" or old is None or new is None:
        return False
    return old["revoked_at"] is None and {name for name in old if old[name] != new[name]} == {"revoked_at"}


def _is_over(row: Row) -> bool:
    """Say whether a row is one that maintenance removes: a probe, or expired (planted so, long ago)."""
    over = row.get("expires_at") or row.get("keep_until") or "9999"
    return bool(row.get("is_probe")) or str(over) < "2020"


async def held(administrator: Any, tables: Iterable[str]) -> Holdings:
    """Read every row of every table, as the administrator."""
    holdings = Holdings()
    for table in tables:
        # Instants as PostgreSQL writes them in UTC, so that a tag is the same in every answer.
        found = await administrator.fetch(f"select to_jsonb(t)::text as row from {quoted(table)} as t")  # noqa: S608 - quoted
        holdings.rows[table] = sorted((json.loads(row["row"]) for row in found), key=str)
        for number, row in enumerate(holdings.rows[table]):
            for tag in tags_in(json.dumps(row)):
                holdings.tags[tag].add((table, number))
    return holdings


def tags_in(text: str) -> set[str]:
    """Return what in a text would identify a row.

    Of a long run of hex digits the end counts: ciphertexts begin alike and end in their tag.
    """
    found = _TAGS.findall(text)
    return {_told_by(tag) for tag in found}


def _told_by(tag: str) -> str:
    if ":" in tag:
        return tag.rstrip("0")
    return tag[-32:] if "-" not in tag and "$" not in tag else tag
