"""Who may do what to which row, from what the product means.

Written without a look at a policy, a grant or the golden file: this is what those have to
come to. A table, a function or a login role that is not placed here is a deviation.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tests.boundary.populace import ACCEPTED_FAIR_USE, CALLERS, HAVE_LOOKED, ROWS, Caller, Row

Rule = Callable[[Caller, Row], bool]
Standing = Callable[[Caller], bool]
EVERY = "*"


def own(caller: Caller, row: Row) -> bool:
    """Whether the row is the caller's own."""
    return caller.person is not None and caller.person == row.whose


def own_organisation(caller: Caller, row: Row) -> bool:
    """Whether the row belongs to the organisation the caller acts for."""
    return caller.organisation is not None and caller.organisation == row.at


def hires(caller: Caller) -> bool:
    """Whether the caller may post jobs for an organisation; an interviewer only interviews."""
    return caller.may("job:manage")


def governs(caller: Caller) -> bool:
    """Whether the caller may change what everyone reads about an organisation."""
    return caller.may("settings:change")


def sees_candidates(caller: Caller) -> bool:
    """Whether the caller may see candidates of their organisation: fair use comes first."""
    return caller.may("application:view") and caller.person in ACCEPTED_FAIR_USE


def decides(caller: Caller) -> bool:
    """Whether the caller may decide about candidates of their organisation."""
    return sees_candidates(caller) and caller.may("application:decide")


def grants(caller: Caller, row: Row) -> bool:
    """Whether the caller may change a role of their organisation: one that may do no more than they."""
    great = "great" in row.traits and not caller.may("settings:change")
    other = "other" in row.traits and not caller.may("application:view")
    return own_organisation(caller, row) and caller.may("role:grant") and not great and not other


def signed_in(caller: Caller) -> bool:
    """Whether anybody is asking at all."""
    return caller.login == "web" and caller.person is not None


def candidate_of_mine(caller: Caller, row: Row) -> bool:
    """Whether the row is about a candidate whom the caller may see, in their organisation."""
    return own_organisation(caller, row) and sees_candidates(caller)


def concerns_mine(caller: Caller, row: Row) -> bool:
    """Whether a member did it with what is the caller's organisation's: for who may read that, and has said so."""
    looks = caller.may("audit:view") and caller.person in HAVE_LOOKED
    return own_organisation(caller, row) and looks and "concerns it" in row.traits


def anything(_: Caller, __: Row) -> bool:
    """Every row there is."""
    return True


def is_public(_: Caller, row: Row) -> bool:
    """Whether the row is one for everyone; what belongs to a probe is for probes."""
    return "hidden" not in row.traits


def as_owner(caller: Caller, _: Row) -> bool:
    """Whether the owner of all tables asks, which the migrator becomes and nobody logs in as."""
    return caller.acts_as == "owner"


def is_a(*traits: str) -> Rule:
    """Rows with all of these traits."""
    return lambda _, row: row.traits.issuperset(traits)


def called(*names: str) -> Rule:
    """Rows with one of these names."""
    return lambda _, row: row.name in names


def both(*rules: Rule) -> Rule:
    """Rows for which every rule holds."""
    return lambda caller, row: all(rule(caller, row) for rule in rules)


def by(login: str, rule: Rule, *, duty: str | None = None) -> Rule:
    """Rows that a login role reaches, on one of its duties when that matters."""
    return lambda c, r: c.login == login and c.acts_as is None and (duty is None or c.duty == duty) and rule(c, r)


def only(login: str) -> Standing:
    """Whoever comes as this login role."""
    return lambda caller: caller.login == login


@dataclass(frozen=True)
class Columns:
    """Which columns a login role may name; `*` stands for all, `-` before names for all the others."""

    reads: str = ""
    inserts: str = ""
    updates: str = ""

    def named(self, act: str, every: Iterable[str]) -> frozenset[str]:
        """Return the columns that may be named in an act, out of every column there is."""
        words = getattr(self, act).split()
        if words[:1] == [EVERY]:
            return frozenset(every)
        if words[:1] == ["-"]:
            return frozenset(every) - set(words[1:])
        return frozenset(words)


@dataclass(frozen=True, kw_only=True)
class Rights:
    """What may be done to one table: by whom, to which rows, naming which columns.

    `inserts` and `updates` go by the names of the tries in `tries.py`.
    """

    reads: tuple[Rule, ...] = ()
    inserts: Mapping[str, Standing] = field(default_factory=dict[str, Standing])
    updates: Mapping[str, Rule] = field(default_factory=dict[str, Rule])
    deletes: Rule | None = None
    columns: Mapping[str, Columns] = field(default_factory=dict[str, Columns])


NOTHING = Rights()
_OWN_TO_SEE = {"web": Columns(reads=EVERY)}
_TEXT = "full_name_sealed headline_sealed email_sealed phone_sealed location_sealed summary_sealed"
_JOB = (
    "title description employment_type location country is_remote salary_currency salary_from salary_to"
    " status posted_at closes_on"
)

TABLES: Mapping[str, Rights] = {
    # A person, and how they get in. Nobody reads what proves it.
    "upheld.people": Rights(
        reads=(by("web", own), by("worker", own)),
        updates={"choose a language": by("web", own)},
        columns={"web": Columns(EVERY, updates="language"), "worker": Columns(EVERY)},
    ),
    "upheld.credentials": Rights(reads=(by("web", own),), columns={"web": Columns("- password_hash")}),
    "upheld.account_links": Rights(reads=(by("web", own),), columns={"web": Columns("- token_hash")}),
    "upheld.email_verifications": Rights(reads=(by("web", own),), columns={"web": Columns("- token_hash")}),
    "upheld.identities": Rights(reads=(by("web", own),), columns={"web": Columns("- subject_index")}),
    "upheld.departures": NOTHING,
    "upheld.sessions": Rights(
        reads=(by("web", own),),
        updates={"end": by("web", own), "act for nobody": by("web", own)},
        columns={
            "web": Columns(
                "- secret_hash made_at_change former_hash former_until", updates="revoked_at organisation_id"
            )
        },
    ),
    "upheld.access_tokens": Rights(
        reads=(by("web", own),),
        updates={"revoke": by("web", own)},
        columns={"web": Columns("- secret_hash", updates="revoked_at")},
    ),
    # What counts beside the password: people see names and dates of their own, and nobody what proves it.
    "upheld.authenticator_apps": Rights(reads=(by("web", own),), columns={"web": Columns("- secret_sealed last_step")}),
    "upheld.passkeys": Rights(
        reads=(by("web", own),), columns={"web": Columns("- credential_id public_key sign_count")}
    ),
    "upheld.recovery_codes": Rights(reads=(by("web", own),), columns={"web": Columns("- code_hash")}),
    "upheld.half_open_sign_ins": Rights(reads=(by("web", own),), columns={"web": Columns("- secret_hash")}),
    "upheld.passkey_challenges": NOTHING,
    "upheld.job_secrets": Rights(reads=(by("web", own),), columns={"web": Columns("- secret_hash")}),
    "upheld.operators": Rights(reads=(by("web", own),), columns=_OWN_TO_SEE),
    "upheld.operator_invitations": Rights(
        inserts={"a link": only("maintenance")}, columns={"maintenance": Columns(inserts=EVERY)}
    ),
    # An employer's name is public; who belongs to it is known to each member of themselves.
    "upheld.organisations": Rights(
        reads=(by("web", is_public), by("worker", is_public)),
        updates={"rename": by("web", lambda caller, row: own_organisation(caller, row) and governs(caller))},
        columns={"web": Columns(EVERY, updates="name website"), "worker": Columns(EVERY)},
    ),
    "upheld.members": Rights(reads=(by("web", own),), columns=_OWN_TO_SEE),
    "upheld.roles": Rights(
        reads=(by("web", own_organisation),),
        inserts={
            "within reach": lambda c: c.may("role:grant"),
            "beyond reach": lambda c: c.may("role:grant") and c.may("settings:change"),
        },
        updates={
            "rename": by("web", grants),
            "widen": by("web", both(grants, lambda caller, _: caller.may("settings:change"))),
        },
        deletes=by("web", grants),
        columns={"web": Columns(EVERY, "id name permissions", "name permissions")},
    ),
    # The address in an invitation is read by functions, for those who may invite and those who mail it.
    "upheld.invitations": Rights(
        reads=(
            by("web", own),
            by("web", lambda caller, row: own_organisation(caller, row) and caller.may("member:invite")),
            by("worker", is_a("pending", "by olga"), duty="invitation"),
        ),
        updates={"cross out the letter": by("worker", is_a("pending", "by olga"), duty="invitation")},
        columns={
            "web": Columns("- email_index email_sealed token_hash letter_sealed"),
            "worker": Columns(
                "id language invited_by state email_sealed letter_sealed expires_at", "", "letter_sealed"
            ),
        },
    ),
    # Every member may know what is asked of them; it is made and lifted by functions.
    "upheld.factor_rules": Rights(reads=(by("web", own_organisation),), columns=_OWN_TO_SEE),
    "upheld.ownership_offers": Rights(
        reads=(
            by("web", own),
            by("web", lambda caller, row: own_organisation(caller, row) and caller.standing == "owner"),
        ),
        columns=_OWN_TO_SEE,
    ),
    "upheld.fair_use_acceptances": Rights(
        reads=(by("web", own),),
        inserts={"of fair use": lambda c: signed_in(c) and c.organisation is not None},
        columns={"web": Columns(EVERY, inserts="notice_id")},
    ),
    # What was said and agreed to.
    "upheld.notices": Rights(
        reads=tuple(by(login, anything) for login in ("web", "gate", "worker", "maintenance")),
        inserts={"a wording": only("maintenance")},
        columns={
            "web": Columns(EVERY),
            "gate": Columns(EVERY),
            "worker": Columns(EVERY),
            "maintenance": Columns(EVERY, inserts="id kind version language body sha256"),
        },
    ),
    # What became of the promises.
    "upheld.runs": Rights(
        reads=(by("web", anything), by("maintenance", anything)),
        inserts={"a run": only("maintenance")},
        deletes=by("maintenance", called("an old run")),
        columns={"web": Columns(EVERY), "maintenance": Columns(EVERY, inserts="report")},
    ),
    "upheld.consents": Rights(
        reads=(by("web", own),),
        inserts={"to an account": signed_in, "to an application": signed_in},
        columns={"web": Columns(EVERY, inserts="purpose organisation_id notice_id given origin_sealed")},
    ),
    # A candidate's own; what is sealed is read through functions that answer for it.
    "upheld.profiles": Rights(
        reads=(by("web", own),),
        inserts={"own": signed_in},
        updates={"edit": by("web", own)},
        columns={"web": Columns("person_id visibility updated_at", _TEXT, f"visibility updated_at {_TEXT}")},
    ),
    "upheld.documents": Rights(
        reads=(by("web", own),),
        inserts={"own": signed_in},
        updates={"forget the text": by("web", own)},
        deletes=by("web", own),
        columns={
            "web": Columns(
                "- name_sealed text_sealed", "id object_id media_type size_bytes name_sealed text_sealed", "text_sealed"
            )
        },
    ),
    # Jobs are public while they are open, and followed to their end by those who applied.
    "upheld.jobs": Rights(
        reads=(
            by("web", is_a("open", "shown")),
            by("web", own_organisation),
            by("web", both(called("harbour's closed"), lambda caller, _: caller.person == "ben")),
        ),
        inserts={"own organisation's": hires},
        updates={"edit": by("web", lambda caller, row: own_organisation(caller, row) and hires(caller))},
        columns={"web": Columns(EVERY, f"id {_JOB}", _JOB)},
    ),
    "upheld.applications": Rights(
        reads=(by("web", own), by("web", candidate_of_mine), by("worker", own)),
        inserts={"to an open job": signed_in},
        updates={
            "withdraw": by("web", both(own, is_a("open"))),
            "move on": by("web", both(candidate_of_mine, is_a("open"), lambda caller, _: decides(caller))),
        },
        columns={
            "web": Columns(EVERY, "id organisation_id job_id", "stage closed_at keep_until"),
            "worker": Columns(EVERY),
        },
    ),
    "upheld.application_snapshots": Rights(
        inserts={"what ada sends to pier": lambda c: c.login == "web" and c.person == "ada"},
        columns={"web": Columns(inserts="- person_id")},
    ),
    "upheld.application_events": Rights(
        reads=(by("web", own), by("web", candidate_of_mine)),
        inserts={
            "ada@harbour is withdrawn": lambda c: c.login == "web" and c.person == "ada",
            "ada@harbour moves on": lambda c: decides(c) and c.organisation == "harbour",
            "ben@pier moves on": lambda c: decides(c) and c.organisation == "pier",
        },
        columns={"web": Columns(EVERY, "id application_id organisation_id person_id stage reason_sealed")},
    ),
    "upheld.disclosures": Rights(
        reads=(by("web", own),),
        inserts={"to quay": signed_in},
        updates={"end": by("web", own)},
        columns={"web": Columns(EVERY, "organisation_id sections", "sections made_at ended_at")},
    ),
    "upheld.access_journal": Rights(reads=(by("web", own),), columns=_OWN_TO_SEE),
    # How many stand where: kept by triggers, told to whoever may see the candidates themselves.
    "upheld.stage_counts": Rights(reads=(by("web", candidate_of_mine),), columns=_OWN_TO_SEE),
    # Mails wait for their person; the worker takes those of the one it is sending to.
    "upheld.messages": Rights(
        reads=(by("web", own), by("worker", own, duty="mail")),
        deletes=by("worker", own, duty="mail"),
        columns={"web": Columns(EVERY), "worker": Columns(EVERY)},
    ),
    "upheld.erasures": Rights(
        reads=(by("web", own),),
        inserts={"own": signed_in},
        updates={"call off": by("web", both(own, is_a("scheduled")))},
        columns={"web": Columns(EVERY, "id receipt_hash due_at", "state")},
    ),
    # What the platform notes of itself.
    "upheld.audit_entries": Rights(
        reads=(by("web", own), by("web", concerns_mine), by("auditor", anything)),
        columns={"web": Columns("- origin_sealed salt leaf"), "auditor": Columns(EVERY)},
    ),
    "upheld.limit_counters": NOTHING,
    "sealed.context_keys": NOTHING,
    # Which migrations were applied is written down by the owner, which is who applies them.
    "road.steps": Rights(
        reads=(as_owner,),
        inserts={"any row": lambda caller: caller.acts_as == "owner"},
        updates={"change": as_owner},
        deletes=as_owner,
    ),
    # The worker takes up the duties it knows.
    "queue.pgqueuer": Rights(
        reads=(by("worker", called("mail", "erasure", "invitation")),),
        updates={"take up": by("worker", called("mail", "erasure", "invitation"))},
        deletes=by("worker", called("mail", "erasure", "invitation")),
        columns={"worker": Columns(EVERY, "", EVERY)},
    ),
    "queue.pgqueuer_log": Rights(
        reads=(by("worker", called("mail")),),
        inserts={"an outcome": only("worker")},
        updates={"sum up": by("worker", called("mail"))},
        columns={"worker": Columns(EVERY, EVERY, EVERY)},
    ),
    "queue.pgqueuer_schedules": Rights(
        reads=(by("worker", called("tidy", "rotate", "scan", "remind")),),
        inserts={"a duty": only("worker")},
        updates={"advance": by("worker", called("tidy", "rotate", "scan", "remind"))},
        columns={"worker": Columns(EVERY, EVERY, EVERY)},
    ),
    "queue.pgqueuer_statistics": Rights(
        reads=(by("worker", called("mail")),),
        inserts={"a sum": only("worker")},
        updates={"add up": by("worker", called("mail"))},
        columns={"worker": Columns(EVERY, EVERY, EVERY)},
    ),
}

# The keys' own database: the vault works with all of it, and nobody else gets in.
CONNECTS: Mapping[str, frozenset[str]] = {
    "data": frozenset({"gate", "web", "worker", "maintenance", "support", "auditor", "migrator"}),
    "keyring": frozenset({"vault", "migrator"}),
}

_ASKING = "asking current_person current_organisation current_standing current_session clock_now"
_MEMBERS = (
    "colleagues change_role end_membership offer_ownership accept_ownership end_offer invite open_invitations"
    " renew_invitation revoke_invitation invitation_by_token accept_invitation decline_invitation queue_invitation"
    " require_factor lift_factor_rule factors_of_colleagues queue_factor_rule"
)
FUNCTIONS: Mapping[str, str] = {
    "web": (
        f"{_ASKING} open_context renew_session open_token_context add_access_token freshly_proven demand_fresh_proof"
        " asks_as_probe acts_for_probe hiring_organisation"
        " jobs_applied_to left_without_owner"
        f" current_permissions may deciding_organisation {_MEMBERS}"
        " closes_by_the_rule record_act take_from_limit found_organisation queue_message queue_erasure"
        " people_to_tell queue_arrival look_at_activity has_looked_at_activity"
        " erasure_by_receipt list_applications open_application open_contact open_resume"
        " own_profile own_documents own_snapshots"
    ),
    "gate": (
        "clock_now record_at_the_gate take_from_limit look_at_limit register_person register_again verify_email"
        " renew_link find_credential credential_of replace_credential mint_session freshen_session appoint_operator"
        " settle_session own_words change_password person_at ask_reset account_link use_reset ask_new_address"
        " make_room_at take_new_address take_address_back verification_of"
        " queue_message_at_the_gate"
        " note_departure use_departure use_identity link_identity unlink_identity verify_with_identity"
        " has_a_way_in"
        # Second factors: it checks them, and changes them in a session that was proven a moment ago.
        " begin_sign_in half_open_sign_in finish_sign_in begin_app app_of confirm_app take_step remove_app"
        " use_recovery_code replace_recovery_codes has_recovery_codes set_challenge spend_challenge add_passkey"
        " find_passkey passkeys_of use_passkey remove_passkey strengthen_session"
    ),
    "worker": (
        f"{_ASKING} open_job_context asks_as_probe record_act plan_erasure erase_person certify_erasure take_up_erasure"
    ),
    "maintenance": (
        "clock_now rotate_context_key record_duty drop_spent_counters which_exist erasures_under_way"
        " older_email_indexes raise_email_indexes operators_to_tell"
        " older_identity_indexes raise_identity_indexes"
        " count_overdue_erasures allow_erasure_again remove_old_applications remove_expired known_objects remove_probes"
        " remove_unproven remove_ended_invitations end_sessions_of take_factor_reminder queue_factor_reminder"
    ),
    "auditor": f"{_ASKING} audit_content",
    "support": "",
    "migrator": "",
}


@dataclass(frozen=True)
class Reach:
    """What one caller can do to one table, by the names of rows and tries."""

    reads: frozenset[str] = frozenset()
    inserts: frozenset[str] = frozenset()
    updates: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    truncates: frozenset[str] = frozenset()


ACTS = ("reads", "inserts", "updates", "deletes", "truncates")


def may(caller: Caller, table: str) -> Reach:
    """Return what a caller may do to a table. Only its owner, which nobody logs in as, can empty it.

    Whoever comes with a token reads what its person may, and changes nothing, whatever they may.
    """
    rights, rows = TABLES.get(table, NOTHING), ROWS.get(table, [])
    takes = rights.deletes
    empties = caller.acts_as == "owner" and table != "upheld.audit_entries"
    reads = frozenset(row.name for row in rows if any(rule(caller, row) for rule in rights.reads))
    if caller.duty is not None and caller.duty.endswith("token"):
        return Reach(reads=reads)
    return Reach(
        reads=reads,
        inserts=frozenset(name for name, standing in rights.inserts.items() if standing(caller)),
        updates=frozenset(
            f"{name} {row.name}" for name, rule in rights.updates.items() for row in rows if rule(caller, row)
        ),
        deletes=frozenset(row.name for row in rows if takes is not None and takes(caller, row)),
        truncates=frozenset({"all of it"} if empties else ()),
    )


def may_name(login: str, table: str) -> Columns:
    """Return which columns a login role may name."""
    return TABLES.get(table, NOTHING).columns.get(login, Columns())


# Who logs in beside the callers: the vault to the keyring only, and who makes backups, which reads
# everything as it is stored and which no process of the application holds.
OTHER_LOGINS = frozenset({"vault", "backup"})
LOGINS = tuple(dict.fromkeys(caller.login for caller in CALLERS))
