"""Who and what the matrix is measured with: rows of every table, and the callers who try to reach them.

Two organisations, two candidates and whoever belongs to them, planted by the administrator so
that every table has rows of every kind of owner: `ada@harbour` is Ada's with Harbour & Sons.
Harbour has an owner (Olga), a manager (Mona), an interviewer (Ivan), and an owner who has not
accepted fair use yet (Ines). It has made roles of its own: Cleo, a clerk, manages jobs and grants
roles; Vera, a reader, sees applications and decides about none. Harbour asks its members for a factor since
yesterday: the others have shown one, and Kim, a manager like Mona, has none. Petra owns Pier, Olaf operates,
Pia is a probe.
"""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

PEOPLE = ("ada", "ben", "olga", "mona", "ivan", "ines", "cleo", "vera", "kim", "petra", "olaf", "pia")
ORGANISATIONS = ("harbour", "pier", "quay", "probes")
MEMBERS = {
    "olga": ("harbour", "owner"), "mona": ("harbour", "manager"), "ivan": ("harbour", "interviewer"),
    "ines": ("harbour", "owner"), "cleo": ("harbour", "clerk"), "vera": ("harbour", "reader"),
    "kim": ("harbour", "manager"), "petra": ("pier", "owner"), "pia": ("probes", "owner"),
}  # fmt: skip
FOUNDERS = ("olga", "petra", "pia")
KEPT_OUT = ("kim",)
ACCEPTED_FAIR_USE = ("olga", "mona", "ivan", "cleo", "vera", "kim", "petra")
HAVE_LOOKED = ("olga", "mona", "kim", "petra")
"""Of whom it is written down that they look at what members did; two of them may not."""

_EVERYTHING = (
    "analytics:view", "application:decide", "application:view", "assessment:manage", "audit:view",
    "candidate:search", "integration:manage", "job:manage", "member:invite", "member:remove", "role:grant",
    "settings:change",
)  # fmt: skip
PERMISSIONS: dict[str, frozenset[str]] = {
    "owner": frozenset(_EVERYTHING),
    "manager": frozenset({
        "analytics:view", "application:decide", "application:view", "assessment:manage", "candidate:search",
        "job:manage", "member:invite",
    }),
    "interviewer": frozenset(),
    "clerk": frozenset({"job:manage", "role:grant"}),
    "reader": frozenset({"application:view"}),
}  # fmt: skip
"""What each role may do, those that Harbour has made for itself included."""

CUSTOM = ("clerk", "reader")
LATER = "upheld.clock_now() + interval '1 day'"
SEALED = "'\\x0102'"


@dataclass(frozen=True)
class Row:
    """A planted row: what it is called, whose it is, with which organisation, and what else matters."""

    name: str
    values: dict[str, str]
    whose: str | None = None
    at: str | None = None
    traits: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Caller:
    """Somebody who reaches the database: a login role, and the context it opens."""

    name: str
    login: str
    person: str | None = None
    duty: str | None = None
    acts_as: str | None = None

    @property
    def organisation(self) -> str | None:
        """The organisation the caller acts for; none with a token for what is their own."""
        if self.duty == "own token":
            return None
        return self._seat[0]

    @property
    def standing(self) -> str | None:
        """The caller's role in it."""
        return self._seat[1]

    @property
    def _seat(self) -> tuple[str | None, str | None]:
        """Where they act, and as what; background work, and who is kept out, acts for no organisation."""
        if self.person in KEPT_OUT:
            return None, None
        return MEMBERS.get(self.person or "", (None, None)) if self.login == "web" else (None, None)

    def may(self, permission: str) -> bool:
        """Whether the caller may do something in it."""
        return permission in PERMISSIONS.get(self.standing or "", frozenset())

    @property
    def secret(self) -> bytes | None:
        """What opens the caller's context."""
        return secret_of(self.person, self.duty or "session") if self.person else None


CALLERS = (
    Caller("anonymous", "web"),
    Caller("ada, a candidate", "web", "ada"),
    Caller("ben, another candidate", "web", "ben"),
    Caller("olga, owner of harbour", "web", "olga"),
    Caller("mona, manager of harbour", "web", "mona"),
    Caller("ivan, interviewer of harbour", "web", "ivan"),
    Caller("ines, owner before fair use", "web", "ines"),
    Caller("cleo, clerk of harbour", "web", "cleo"),
    Caller("vera, reader of harbour", "web", "vera"),
    Caller("kim, kept out of harbour", "web", "kim"),
    Caller("petra, owner of pier", "web", "petra"),
    Caller("olaf, operator", "web", "olaf"),
    Caller("ada's program", "web", "ada", duty="own token"),
    Caller("olga's program", "web", "olga", duty="hiring token"),
    Caller("the gate", "gate"),
    Caller("worker, idle", "worker"),
    Caller("worker, mailing ada", "worker", "ada", duty="mail"),
    Caller("worker, erasing ada", "worker", "ada", duty="erasure"),
    Caller("worker, inviting for olga", "worker", "olga", duty="invitation"),
    Caller("maintenance", "maintenance"),
    Caller("support", "support"),
    Caller("auditor", "auditor"),
    Caller("migrator", "migrator"),
    Caller("migrator, as the owner", "migrator", acts_as="owner"),
)


def id_of(name: str) -> str:
    """Return the id of what has a name, as SQL."""
    return f"'{uuid5(NAMESPACE_DNS, name)}'"


def secret_of(person: str, what: str) -> bytes:
    """Return the secret that opens a person's context."""
    return hashlib.sha256(f"{what} of {person}".encode()).digest()


def hashed(text: str) -> str:
    """Return 32 bytes that belong to a text, as SQL."""
    return f"sha256('{text}')"


def _hash_of_secret(person: str, what: str) -> str:
    return f"sha256('\\x{secret_of(person, what).hex()}')"


def _as(role: str) -> dict[str, str]:
    """Return what says that somebody has a role."""
    if role in CUSTOM:
        return {"role": "'custom'", "custom_role_id": id_of(f"role {role} harbour")}
    return {"role": f"'{role}'"}


def _of_people() -> dict[str, list[Row]]:
    """Return what belongs to people, whatever they use their account for."""
    return {
        "upheld.people": [
            Row(who, {"id": id_of(who), "email_index": f"'\\x01'::bytea || {hashed(who)}", "email_sealed": SEALED,
                      "is_probe": str(who == "pia"), "verified_at": "upheld.clock_now()"}, who)
            for who in PEOPLE
        ],
        "upheld.operators": [Row("olaf", {"person_id": id_of("olaf")}, "olaf")],
        "upheld.messages": [
            Row(who, {"id": id_of(f"message {who}"), "person_id": id_of(who), "kind": "'accounts/verify-address'",
                      "parameters_sealed": SEALED}, who)
            for who in ("ada", "ben")
        ],
        "upheld.erasures": [
            Row("ada", {"id": id_of("erasure ada"), "person_id": id_of("ada"), "receipt_hash": hashed("ada"),
                        "due_at": LATER}, "ada", traits=frozenset({"scheduled"})),
            Row("ben, called off", {"id": id_of("erasure ben"), "person_id": id_of("ben"), "state": "'cancelled'",
                                    "receipt_hash": hashed("ben"), "due_at": LATER}, "ben"),
        ],
    }  # fmt: skip


def _of_organisations() -> dict[str, list[Row]]:
    """Return organisations, and who belongs to them or may."""
    return {
        "upheld.organisations": [
            Row(name, {"id": id_of(name), "name": f"'{name}'", "is_probe": str(name == "probes")}, at=name,
                traits=frozenset({"hidden"} if name == "probes" else ()))
            for name in ORGANISATIONS
        ],
        "upheld.members": [
            Row(f"{who}@{at}", {"organisation_id": id_of(at), "person_id": id_of(who), **_as(role),
                                "is_founder": str(who in FOUNDERS),
                                "invitation_id": "null" if who in FOUNDERS else id_of(f"invitation {who}")}, who, at)
            for who, (at, role) in MEMBERS.items()
        ],
        "upheld.roles": [
            Row(f"{name}@{at}", {"id": id_of(f"role {name} {at}"), "organisation_id": id_of(at), "name": f"'{name}'",
                                 "permissions": permissions}, at=at, traits=frozenset({kind}))
            for name, at, permissions, kind in (
                ("clerk", "harbour", "'{job:manage,role:grant}'", "small"),
                ("reader", "harbour", "'{application:view}'", "other"),
                ("deputy", "harbour", "'{settings:change,job:manage}'", "great"),
                ("clerk", "pier", "'{job:manage}'", "small"),
            )
        ],
        "upheld.invitations": [
            *(
                Row(f"{who}@{at}, accepted",
                    {"id": id_of(f"invitation {who}"), "organisation_id": id_of(at), **_as(role), "language": "'en'",
                     "invited_by": id_of("olga"), "state": "'accepted'", "accepted_by": id_of(who),
                     "answered_at": "upheld.clock_now()", "expires_at": LATER}, who, at)
                for who, (at, role) in MEMBERS.items() if who not in FOUNDERS
            ),
            *(
                Row(f"{who}@{at}, pending",
                    {"id": id_of(f"pending {who}"), "organisation_id": id_of(at), "role": "'manager'",
                     "language": "'en'", "invited_by": id_of(by), "token_hash": hashed(f"token {who}"),
                     "email_index": f"'\\x01'::bytea || {hashed(who)}", "email_sealed": SEALED,
                     "letter_sealed": SEALED, "expires_at": LATER}, who, at, frozenset({"pending", f"by {by}"}))
                for who, at, by in (("ada", "harbour", "olga"), ("ben", "pier", "petra"))
            ),
        ],
        "upheld.ownership_offers": [
            Row("mona@harbour", {"organisation_id": id_of("harbour"), "person_id": id_of("mona"),
                                 "offered_by": id_of("olga"), "steps_down": "false", "expires_at": LATER},
                "mona", "harbour"),
        ],
    }  # fmt: skip


def _of_getting_in() -> dict[str, list[Row]]:
    """Return what shows who somebody is: credentials, factors, sessions, tokens."""
    session = {"idle_for": "interval '1 day'", "expires_at": LATER}
    return {
        "upheld.credentials": [
            Row(who, {"person_id": id_of(who), "password_hash": "'$2b$10$none'"}, who) for who in ("ada", "olga")
        ],
        "upheld.email_verifications": [
            Row(who, {"token_hash": hashed(who), "person_id": id_of(who), "expires_at": LATER}, who)
            for who in ("ada", "ben")
        ],
        "upheld.identities": [
            Row(who, {"id": id_of(f"identity {who}"), "person_id": id_of(who), "issuer": "'https://id.example'",
                      "subject_index": f"'\\x01'::bytea || {hashed(f'identity {who}')}", "subject_sealed": SEALED}, who)
            for who in ("ada", "ben")
        ],
        "upheld.departures": [
            Row("a browser", {"state_hash": hashed("state"), "browser_hash": hashed("browser"),
                              "provider": "'work'", "purpose": "'enter'"})
        ],
        "upheld.sessions": [
            Row(who, {"id": id_of(f"session {who}"), "person_id": id_of(who),
                      "secret_hash": _hash_of_secret(who, "session"),
                      "strength": "'password'" if who in KEPT_OUT else "'two-factor'",
                      "organisation_id": id_of(MEMBERS[who][0]) if who in MEMBERS else "null", **session}, who)
            for who in PEOPLE
        ],
        "upheld.access_tokens": [
            Row(f"{who}'s {kind}", {"id": id_of(f"{kind} {who}"), "person_id": id_of(who), "label_sealed": SEALED,
                                    "secret_hash": _hash_of_secret(who, kind), "scopes": f"array['{scope}']",
                                    "organisation_id": id_of("harbour") if kind == "hiring token" else "null",
                                    "last_used_at": LATER, "expires_at": LATER}, who)
            for who, kind, scope in (
                ("ada", "own token", "profile:read"), ("ben", "own token", "profile:read"),
                ("olga", "hiring token", "hiring:jobs:read"),
            )
        ],
        "upheld.job_secrets": [
            Row(f"{who}'s {duty}", {"secret_hash": _hash_of_secret(who, duty), "person_id": id_of(who),
                                    "duty": f"'{duty}'", "expires_at": LATER}, who, traits=frozenset({duty}))
            for who, duty in (("ada", "mail"), ("ada", "erasure"), ("ben", "mail"), ("olga", "invitation"))
        ],
    }  # fmt: skip


def _of_factors() -> dict[str, list[Row]]:
    """Return second proofs, who asks for them, and what waits for one."""
    return {
        "upheld.factor_rules": [
            Row(at, {"organisation_id": id_of(at), "required_at": "upheld.clock_now() - interval '8 days'",
                     "starts_at": "upheld.clock_now() - interval '1 day'"}, at=at)
            for at in ("harbour", "quay")
        ],
        "upheld.authenticator_apps": [
            Row(who, {"person_id": id_of(who), "secret_sealed": SEALED}, who) for who in ("ada", "olga")
        ],
        "upheld.passkeys": [
            Row(who, {"id": id_of(f"passkey {who}"), "person_id": id_of(who), "credential_id": hashed(f"passkey {who}"),
                      "public_key": SEALED, "sign_count": "0", "name_sealed": SEALED}, who)
            for who in ("ada", "olga")
        ],
        "upheld.recovery_codes": [
            Row(who, {"code_hash": hashed(f"code {who}"), "person_id": id_of(who)}, who) for who in ("ada", "ben")
        ],
        "upheld.half_open_sign_ins": [
            Row(who, {"secret_hash": hashed(f"sign-in {who}"), "person_id": id_of(who), "strength": "'password'",
                      "expires_at": LATER}, who)
            for who in ("ada", "ben")
        ],
        "upheld.passkey_challenges": [
            Row(who, {"challenge_hash": hashed(f"challenge {who}"), "purpose": "'proof'",
                      "session_id": id_of(f"session {who}"), "expires_at": LATER}, who)
            for who in ("ada", "ben")
        ],
    }  # fmt: skip


def _of_the_log() -> list[Row]:
    """Return what people did for themselves, and with what is their organisation's."""
    leaf = {"id": "default", "action": "'session.opened'", "salt": hashed("salt"), "leaf": hashed("leaf")}
    acts = [("look", "activity.viewed", who) for who in HAVE_LOOKED]
    acts += [("job", "job.posted", who) for who in ("mona", "petra")]
    return [
        Row("ada's", {**leaf, "actor_id": id_of("ada")}, "ada"),
        Row("olga's", {**leaf, "actor_id": id_of("olga"), "organisation_id": id_of("harbour")}, "olga", "harbour"),
        Row("the platform's", {**leaf, "actor_id": "null"}),
        *(
            Row(f"{who}'s {what}",
                {**leaf, "actor_id": id_of(who), "organisation_id": id_of(MEMBERS[who][0]), "action": f"'{action}'"},
                who, MEMBERS[who][0], frozenset({"concerns it"}))
            for what, action, who in acts
        ),
    ]  # fmt: skip


def _of_the_platform() -> dict[str, list[Row]]:
    """Return what belongs to nobody, or records what somebody did."""
    return {
        "upheld.account_links": [
            Row(who, {"token_hash": hashed(who), "person_id": id_of(who), "purpose": "'reset'",
                      "expires_at": LATER}, who)
            for who in ("ada", "ben")
        ],
        "upheld.audit_entries": _of_the_log(),
        "upheld.limit_counters": [
            Row("a counter", {"subject": hashed("someone"), "taken_at": "array[upheld.clock_now()]",
                              "expires_at": LATER})
        ],
        "upheld.notices": [
            Row(name, {"id": id_of(name), "kind": f"'{kind}'", "version": f"'{name}'", "language": "'xx'",
                       "body": f"'{name}'", "sha256": f"sha256('{name}')"})
            for name, kind in (("on accounts", "account"), ("on applications", "application"),
                               ("on fair use", "fair-use"), ("on fair use again", "fair-use"))
        ],
        "upheld.runs": [
            Row(name, {"number": "default", "at": at, "report": f"""'{{"signature": "{name}"}}'"""})
            for name, at in (("a run", "upheld.clock_now()"), ("an old run", "upheld.clock_now() - interval '91 days'"))
        ],
        "upheld.operator_invitations": [Row("a link", {"token_hash": hashed("operator"), "expires_at": LATER})],
        "sealed.context_keys": [Row("a key", {"inner_pad": "decode(repeat('00', 64), 'hex')",
                                              "outer_pad": "decode(repeat('00', 64), 'hex')"})],
        "queue.pgqueuer": [
            Row(name, {"priority": "0", "status": "'queued'", "entrypoint": f"'{name}'", "execute_after": LATER})
            for name in ("mail", "erasure", "invitation", "unknown")
        ],
        "queue.pgqueuer_log": [
            Row(name, {"job_id": "0", "status": "'successful'", "priority": "0", "entrypoint": f"'{name}'"})
            for name in ("mail", "unknown")
        ],
        "queue.pgqueuer_schedules": [
            Row(name, {"expression": "'* * * * *'", "entrypoint": f"'{name}'"})
            for name in ("tidy", "rotate", "scan", "remind", "unknown")
        ],
        "queue.pgqueuer_statistics": [
            Row(name, {"count": "1", "priority": "0", "status": "'successful'", "entrypoint": f"'{name}'"})
            for name in ("mail", "unknown")
        ],
        "road.steps": [Row("a step", {"name": "'9999_pre_matrix.sql'"})],
    }  # fmt: skip


def _of_candidates() -> dict[str, list[Row]]:
    """Return what candidates keep for themselves, and what they agreed to."""
    document = {"media_type": "'application/pdf'", "size_bytes": "1", "name_sealed": SEALED, "text_sealed": SEALED}
    return {
        "upheld.profiles": [
            Row(who, {"person_id": id_of(who), "headline_sealed": SEALED}, who) for who in ("ada", "ben")
        ],
        "upheld.documents": [
            Row(who, {"id": id_of(f"document {who}"), "person_id": id_of(who), "object_id": id_of(f"file {who}"),
                      **document}, who)
            for who in ("ada", "ben")
        ],
        "upheld.consents": [
            Row("ada", {"id": id_of("consent ada"), "person_id": id_of("ada"), "purpose": "'account'",
                        "notice_id": id_of("on accounts"), "given": "true"}, "ada"),
            *(
                Row(f"{who}@{at}", {"id": id_of(f"consent {who}@{at}"), "person_id": id_of(who), "given": "true",
                                    "purpose": "'application'", "notice_id": id_of("on applications"),
                                    "organisation_id": id_of(at)}, who, at)
                for who, at in (("ada", "harbour"), ("ben", "pier"))
            ),
        ],
        "upheld.disclosures": [
            Row(f"{who}@{at}", {"person_id": id_of(who), "organisation_id": id_of(at), "sections": "'{contact}'"},
                who, at)
            for who, at in (("ada", "harbour"), ("ben", "pier"))
        ],
        "upheld.fair_use_acceptances": [
            Row(f"{who}@{MEMBERS[who][0]}", {"organisation_id": id_of(MEMBERS[who][0]), "person_id": id_of(who),
                                             "notice_id": id_of("on fair use")}, who, MEMBERS[who][0])
            for who in ACCEPTED_FAIR_USE
        ],
    }  # fmt: skip


# (candidate, organisation) → the status of the job, and the stage of the application.
APPLICATIONS = {
    ("ada", "harbour"): ("open", "new"), ("ben", "harbour"): ("closed", "rejected"),
    ("ben", "pier"): ("open", "new"), ("ada", "pier"): ("open", "new"),
}  # fmt: skip
JOBS = {
    "harbour": ("open", "draft", "closed", "spare"), "pier": ("open", "draft"), "probes": ("open",),
}  # fmt: skip


def job_values(organisation: str, status: str) -> dict[str, str]:
    """Return what a job's row holds; a spare one is open, and nobody has applied to it."""
    state = "open" if status == "spare" else status
    return {
        "id": id_of(f"job {organisation} {status}"), "title": "'Boat keeper'", "description": "repeat('boats ', 9)",
        "employment_type": "'contract'", "location": "'Bristol'", "country": "'GB'", "status": f"'{state}'",
        "posted_at": "null" if state == "draft" else "upheld.clock_now()",
    }  # fmt: skip


def _of_hiring() -> dict[str, list[Row]]:
    """Return jobs, and what candidates sent to them."""
    jobs = [
        Row(f"{at}'s {status}",
            {**job_values(at, status), "organisation_id": id_of(at), "is_probe": str(at == "probes")}, at=at,
            traits=frozenset({"open" if status == "spare" else status, "hidden" if at == "probes" else "shown"}))
        for at, kinds in JOBS.items() for status in kinds
    ]  # fmt: skip
    rows: dict[str, list[Row]] = {
        "upheld.jobs": jobs, "upheld.applications": [], "upheld.application_snapshots": [],
        "upheld.application_events": [], "upheld.access_journal": [],
        "upheld.stage_counts": [
            Row(f"at {at}'s open job", {"organisation_id": id_of(at), "job_id": id_of(f"job {at} open"),
                                        "stage": "'new'", "slot": "0", "number": "1"}, at=at)
            for at in ("harbour", "pier")
        ],
    }  # fmt: skip
    for (who, at), (job, stage) in APPLICATIONS.items():
        name, closed = f"{who}@{at}", stage == "rejected"
        theirs = {"organisation_id": id_of(at), "person_id": id_of(who)}
        same = {"application_id": id_of(f"application {name}"), **theirs}
        rows["upheld.applications"].append(Row(
            name,
            {"id": same["application_id"], **theirs, "job_id": id_of(f"job {at} {job}"), "stage": f"'{stage}'",
             "closed_at": "upheld.clock_now()" if closed else "null",
             "keep_until": "current_date + 300" if closed else "null"},
            who, at, frozenset({"closed" if closed else "open"}),
        ))  # fmt: skip
        rows["upheld.application_events"].append(
            Row(name, {"id": id_of(f"event {name}"), **same, "stage": f"'{stage}'"}, who, at)
        )
        rows["upheld.access_journal"].append(
            Row(name, {"id": id_of(f"view {name}"), **same, "viewer_id": id_of("olga"), "part": "'contact'"}, who, at)
        )
        if name != "ada@pier":  # it has been sent this moment: what it says follows in the same transaction
            rows["upheld.application_snapshots"].append(
                Row(name, {**same, "full_name_sealed": SEALED, "email_sealed": SEALED,
                           "resume_object_id": id_of(f"sent {name}")}, who, at)
            )  # fmt: skip
    return rows


ROWS: dict[str, list[Row]] = {
    **_of_people(), **_of_organisations(), **_of_getting_in(), **_of_factors(),
    **_of_the_platform(), **_of_candidates(), **_of_hiring(),
}  # fmt: skip


async def plant(administrator: Any) -> None:
    """Plant every row, unless they are there already; foreign keys are asked when all are there."""
    if await administrator.fetchval(f"select exists (select from upheld.people where id = {id_of('ada')})"):  # noqa: S608 - our own names
        return
    async with administrator.transaction():
        await administrator.execute("set local session_replication_role = replica")
        for table, rows in ROWS.items():
            for row in rows:
                values = {column: value for column, value in row.values.items() if value != "default"}
                await administrator.execute(
                    f"insert into {table} ({', '.join(values)}) values ({', '.join(values.values())})"  # noqa: S608 - our own names
                )
