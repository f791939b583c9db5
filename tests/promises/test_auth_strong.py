"""auth.strong, green, and red under each of its sabotages."""

import pytest
from webauthn.helpers import parse_client_data_json

from tests.promises.faults import Scratch
from upheld.features.factors import store
from upheld.features.trust.probe import CheckState

pytestmark = pytest.mark.anyio
CHECK = "auth.strong.factors"


async def test_factors_let_their_person_in_and_nobody_else(scratch: Scratch) -> None:
    (check,) = (await scratch.look(CHECK)).checks
    assert check.state is CheckState.PASSED, check
    assert "probe.example" not in str(check.evidence)


async def test_auth_strong_factors_is_red_when_a_replayed_assertion_is_accepted(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgetful(*_: object) -> bool:
        return True

    def anything(*_: object) -> int:
        return 0

    monkeypatch.setattr(store, "spend_challenge", forgetful)
    monkeypatch.setattr(store, "use_passkey", forgetful)
    monkeypatch.setattr("upheld.features.factors.actions.asking.answered", anything)
    await scratch.sees_red(
        CHECK,
        "an answer of a passkey that was given before lets somebody in",
        "an answer to one browser's question lets another browser in",
        "an answer given from another site lets somebody in",
    )


async def test_auth_strong_factors_is_red_when_a_code_is_taken_twice(scratch: Scratch) -> None:
    await scratch.change(
        "create or replace function upheld.take_step(whose uuid, shown_step bigint) returns boolean"
        " language sql volatile as 'select true'",
    )
    await scratch.sees_red(CHECK, "a code of the app is taken a second time")


async def test_auth_strong_factors_is_red_when_a_recovery_code_is_taken_twice(scratch: Scratch) -> None:
    await scratch.change(
        "create or replace function upheld.use_recovery_code(whose uuid, wanted_hash bytea) returns bigint"
        " language sql volatile as 'select 9'",
    )
    await scratch.sees_red(CHECK, "a recovery code is taken a second time")


async def test_auth_strong_factors_is_red_when_a_password_alone_opens_a_session(scratch: Scratch) -> None:
    await scratch.change(
        "create or replace function upheld.mint_session("
        "whose uuid, new_secret_hash bytea, idle interval, lives interval, how text) returns uuid"
        " language sql volatile security definer set search_path = '' as"
        " $$insert into upheld.sessions (person_id, secret_hash, idle_for, expires_at, strength)"
        " values (whose, new_secret_hash, idle, upheld.clock_now() + lives, how) returning id$$",
    )
    await scratch.sees_red(CHECK, "the password alone opens a session")


async def test_auth_strong_factors_is_red_when_answers_inside_another_sites_page_count(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unframed(text: bytes) -> object:
        client = parse_client_data_json(text)
        client.cross_origin = False
        return client

    monkeypatch.setattr("upheld.features.factors.ceremonies.parse_client_data_json", unframed)
    await scratch.sees_red(CHECK, "an answer given inside another site's page lets somebody in")


async def test_a_factor_that_is_asked_for_keeps_out_whoever_has_none_and_no_reset_gets_past_one(
    scratch: Scratch,
) -> None:
    for look in ("auth.strong.required", "auth.strong.reset"):
        (check,) = (await scratch.look(look)).checks
        assert check.state is CheckState.PASSED, check
        assert "probe.example" not in str(check.evidence)


async def test_auth_strong_required_is_red_when_the_database_lets_members_in_without_a_factor(
    scratch: Scratch,
) -> None:
    await scratch.change(_without("upheld.asking()", "kept_out_from <= upheld.clock_of_statement()", "false"))
    await scratch.sees_red(
        "auth.strong.required",
        "a member without a factor finds drafts of jobs",
        "a member without a factor finds permissions",
        "in a new session, a member without a factor finds colleagues",
        "is shown how hiring goes",
    )


async def test_auth_strong_required_is_red_when_nobody_says_what_to_do(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upheld.platform.web.visits.Who.is_kept_out", property(lambda _: False))
    await scratch.change(_without("upheld.invitation_by_token(bytea)", "asks.starts_at", "null::timestamptz"))
    await scratch.sees_red(
        "auth.strong.required",
        "a member without a factor is not told what to do",
        "an invitation does not say that a factor is asked for",
    )


async def test_auth_strong_required_is_red_when_whoever_is_kept_out_cannot_leave(scratch: Scratch) -> None:
    await scratch.change(_without("upheld.closed_organisation()", "(upheld.asking())[5]", "null::uuid"))
    await scratch.sees_red("auth.strong.required", "a member without a factor cannot leave")


async def test_auth_strong_required_is_red_when_a_link_alone_tells_what_is_asked_for(scratch: Scratch) -> None:
    whose = "(i.email_index = me.email_index) AND (me.verified_at IS NOT NULL)"
    await scratch.change(
        _without("upheld.invitation_by_token(bytea)", whose, "true"),
        "alter policy factor_rules_are_known_to_whom_an_invitation_is_for on upheld.factor_rules using (true)",
    )
    await scratch.sees_red(
        "auth.strong.required", "whoever holds the link of an invitation is told that a factor is asked for"
    )


async def test_auth_strong_reset_is_red_when_a_reset_takes_the_factor_away(scratch: Scratch) -> None:
    await scratch.change(
        _without(
            "upheld.use_reset(bytea, text)",
            "perform upheld.end_sessions_but(whose, null);",
            "delete from upheld.authenticator_apps where person_id = whose;",
        )
    )
    await scratch.sees_red("auth.strong.reset", "after a reset, a password alone opens the account")


def _without(function: str, what: str, instead: str) -> str:
    """Return what replaces a part of a function in the database."""
    return (
        f"do $_$ begin execute replace(pg_get_functiondef('{function}'::regprocedure), $a${what}$a$, $b${instead}$b$);"
        " end $_$"
    )
