"""The data map: every column of both databases, what it holds, what for, until when, and who sees it.

It is read from the classification in the catalog each time it is shown, so that what is
published is what is stored. Who sees it is said here, table by table, in words.
"""

import json
from typing import Any, cast

import msgspec

from upheld.features.trust import store
from upheld.platform.database import Transaction
from upheld.platform.i18n import mark
from upheld.platform.services import Platform

_YOU = mark("You")
_DATABASE = mark("Nobody; functions of the database compare with it")
_EVERYONE = mark("Everyone")
_EMPLOYER = mark("You, and the members of the employer whose role includes applications; each look is written down")
_WORKER = mark("You, and the worker that does it")
_DUTY = mark("The worker that does it; no person")

_SECRET = mark("You see that there is one; what it is, nobody sees")

SEEN_BY = {
    "keyring.data_keys": mark("Nobody; the vault unwraps keys for those who may read what they seal"),
    "keyring.register_head": mark("Nobody; it is compared at every start"),
    "queue.pgqueuer": _DUTY,
    "queue.pgqueuer_log": _DUTY,
    "queue.pgqueuer_schedules": _DUTY,
    "queue.pgqueuer_statistics": _DUTY,
    "sealed.context_keys": _DATABASE,
    "upheld.access_journal": _YOU,
    "upheld.access_tokens": mark("You; of the token itself only a hash is kept"),
    "upheld.account_links": _YOU,
    "upheld.application_events": _EMPLOYER,
    "upheld.application_snapshots": _EMPLOYER,
    "upheld.applications": _EMPLOYER,
    "upheld.audit_entries": mark(
        "Who acted; the auditor of this deployment; and, of what was done with members, roles, jobs and settings of an "
        "organisation, its members whose role includes reading the record"
    ),
    "upheld.authenticator_apps": _SECRET,
    "upheld.consents": _YOU,
    "upheld.credentials": mark("You see when it changed; the hash itself is seen by nobody"),
    "upheld.departures": _DATABASE,
    "upheld.disclosures": _YOU,
    "upheld.documents": _YOU,
    "upheld.email_verifications": _YOU,
    "upheld.erasures": mark("You, and whoever holds the receipt"),
    "upheld.factor_rules": mark("The members of the organisation, and whoever it invites"),
    "upheld.fair_use_acceptances": _YOU,
    "upheld.half_open_sign_ins": _DATABASE,
    "upheld.identities": _YOU,
    "upheld.invitations": mark(
        "Who may invite in the organisation, whoever holds the link, the worker that mails it, and you when it is yours"
    ),
    "upheld.job_secrets": _YOU,
    "upheld.jobs": mark("Everyone while it is open; afterwards its employer and those who applied"),
    "upheld.limit_counters": _DATABASE,
    "upheld.members": mark("You, and who else belongs to the organisation"),
    "upheld.messages": _WORKER,
    "upheld.notices": _EVERYONE,
    "upheld.operator_invitations": _DATABASE,
    "upheld.operators": _YOU,
    "upheld.organisations": _EVERYONE,
    "upheld.ownership_offers": mark("Both sides of the offer, and the owners of the organisation"),
    "upheld.passkey_challenges": _DATABASE,
    "upheld.passkeys": _YOU,
    "upheld.people": _WORKER,
    "upheld.profiles": _YOU,
    "upheld.recovery_codes": _SECRET,
    "upheld.roles": mark("The members of the organisation"),
    "upheld.runs": _EVERYONE,
    "upheld.sessions": _YOU,
    "upheld.stage_counts": mark(
        "The members of the employer whose role includes applications; it says how many, and of whom nothing"
    ),
}
"""Who sees the rows of each table. The matrix in tests/boundary measures the same by trying."""

WORDS = {
    "account": mark("as long as the account; a week when nobody showed that its address is theirs"),
    "application record": mark("twelve months after the application is closed"),
    "audit": mark("as long as this deployment exists"),
    "consent": mark("as long as what rests on it"),
    "erasure record": mark("as long as this deployment exists, as proof of the erasure"),
    "invitation": mark(
        "until it is accepted or taken back, or a week after it has come to nothing; that it was accepted, as long as "
        "the membership"
    ),
    "job": mark("until the work is done"),
    "limit": mark("until the counter ends, within a day"),
    "link": mark("until it is used or expires"),
    "log month": mark("until the month's log key is destroyed"),
    "message": mark("until it is sent, seven days at most"),
    "organisation": mark("as long as the organisation"),
    "rotation": mark("until the next rotation but one"),
    "run": mark("for 90 days"),
    "session": mark("until the session ends"),
    "token": mark("until 30 days after it ended or was revoked"),
}
"""The retention rules by their names, in words."""

CATEGORIES = frozenset({
    mark("identity"), mark("contact"), mark("professional"), mark("document"), mark("technical"), mark("application"),
    mark("consent"), mark("organisation"), mark("record"),
})  # fmt: skip
GROUNDS = frozenset({mark("consent"), mark("contract"), mark("legal obligation"), mark("legitimate interest")})
PURPOSES = frozenset({
    mark("account"), mark("application"), mark("consent"), mark("erasure"), mark("hiring"), mark("operation"),
    mark("profile"), mark("proof"), mark("protection"), mark("security"), mark("transparency"),
})  # fmt: skip
OWNERS = frozenset({"candidate", "person", "member", "organisation", "nobody"})
WAYS_TO_GO = frozenset({"key", "row", "kept"})


class Column(msgspec.Struct, frozen=True):
    """A column, and what was declared of it; None when nothing readable was."""

    name: str
    declared: dict[str, Any] | None


class Table(msgspec.Struct, frozen=True):
    """A table, what it is for, who sees its rows, and its columns."""

    name: str
    about: str | None
    seen_by: str | None
    columns: list[Column]

    @property
    def is_of_people(self) -> bool:
        """Whether anything in it is somebody's; what is not declared counts as somebody's."""
        return any(column.declared is None or column.declared.get("whose") != "nobody" for column in self.columns)


async def data_map(tx: Transaction, platform: Platform) -> list[Table]:
    """Return what is declared of every table, of the database `tx` is in and of the keyring."""
    found: dict[str, Table] = {}
    async with platform.database.transaction("vault") as keyring:
        for row in [*await store.declared(tx), *await store.declared(keyring)]:
            table = found.setdefault(row.tab, Table(row.tab, row.about, SEEN_BY.get(row.tab), []))
            table.columns.append(Column(row.col, _read(row.said)))
    return [found[name] for name in sorted(found)]


def faults_of(table: Table) -> list[str]:
    """Return what is missing or wrong in what is declared of a table."""
    faults = [f"{table.name}.{column.name}: {fault}" for column in table.columns for fault in _faults_of(column)]
    if table.seen_by is None:
        faults.append(f"{table.name}: nobody has said who sees it")
    return faults


def _faults_of(column: Column) -> list[str]:
    said = column.declared
    if said is None:
        return ["is without its declaration"]
    wrong: list[str] = []
    for key, words in (("category", CATEGORIES), ("whose", OWNERS), ("erased", WAYS_TO_GO), ("kept", WORDS.keys())):
        if said.get(key) not in words:
            wrong.append(f"does not say {key} in a word that is known")
    wrong += [f"does not say {key}" for key in ("purposes", "basis") if not said.get(key)]
    return wrong if isinstance(said.get("exported"), bool) else [*wrong, "does not say exported"]


def _read(said: str | None) -> dict[str, Any] | None:
    try:
        declared = json.loads(said or "")
    except ValueError:
        return None
    return cast("dict[str, Any]", declared) if isinstance(declared, dict) else None
