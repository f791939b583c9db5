"""What an answer tells of a row that is not seen, to somebody who can already name the row.

Every difference between naming what is there and naming what nobody has is an oracle. These are
known, and why they stay; any other is a finding. `docs/security/attacks.md` says what they are worth.
"""

import re

from tests.boundary.generator.report import Finding

_A_KEY = "a primary or unique key is refused when it is taken; it is random, and known to those who were given it"
_A_PLAN = "PostgreSQL counts the rows that an index found and a policy hid, for whoever may ask for a plan"
_A_LIMIT = "whether something was tried is what a limit says"
_AN_OPERATOR = "an operator who ends somebody's sessions is told whether there is such a person"
_A_COMPARISON = "maintenance compares what lies outside the database with what is in it"
_A_DUTY = "the work of an erasure is told of that very erasure that it is not due yet; its id is in the work"
_AT_THE_GATE = "the gate has to know whether an address is taken; it answers the same either way"

_ORACLES: dict[str, tuple[str, ...]] = {
    _A_KEY: (
        r"upheld\.documents: oracle of (id|object_id)",
        r"upheld\.(applications|application_events|jobs): oracle of id",
        r"upheld\.erasures: oracle of (id|receipt_hash)",
        r"upheld\.operator_invitations: oracle of token_hash",
        r"upheld\.application_snapshots: oracle of (application_id|resume_object_id)",
        r"[a-z_.]+: upheld\.(found_organisation|queue_message(_at_the_gate)?)\(.*\), oracle",
    ),
    _A_PLAN: (r"[a-z_.]+: (rows removed|tuples fetched), by [a-z_]+",),
    _AT_THE_GATE: (
        r"[a-z_.]+: upheld\.(register_person|register_again|find_credential|renew_link|verify_email)\(.*\), oracle",
        r"[a-z_.]+: upheld\.(credential_of|mint_session|replace_credential|freshen_session)\(.*\), oracle",
        r"[a-z_.]+: upheld\.appoint_operator\(.*\), oracle",
        r"[a-z_.]+: upheld\.(link_identity|unlink_identity|ask_new_address|change_password)\(.*\), oracle",
    ),
    _AN_OPERATOR: (r"[a-z_.]+: upheld\.end_sessions_of\(.*\), oracle",),
    _A_DUTY: (r"[a-z_.]+: upheld\.plan_erasure\(.*\), oracle",),
    _A_LIMIT: (r"[a-z_.]+: upheld\.(take_from_limit|look_at_limit)\(.*\), oracle",),
    _A_COMPARISON: (r"[a-z_.]+: upheld\.(which_exist|known_objects|allow_erasure_again)\(.*\), oracle",),
}


def unexplained(oracles: list[Finding]) -> list[str]:
    """Return the oracles that nobody has accounted for."""
    said = {f"{table}: {oracle.how}" for oracle in oracles for table in oracle.tables or ("the server",)}
    known = [pattern for patterns in _ORACLES.values() for pattern in patterns]
    return sorted(one for one in said if not any(re.fullmatch(pattern, one) for pattern in known))
