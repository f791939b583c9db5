"""store.audit, green, and red under each of its sabotages."""

import pytest

from tests.promises.faults import Scratch
from upheld.features.audit.model import Action
from upheld.features.trust.probe import CheckState
from upheld.features.trust.probes.acts import ELSEWHERE, REQUIRED
from upheld.features.trust.probes.standing import CHANGES

pytestmark = pytest.mark.anyio


async def test_the_log_of_a_healthy_deployment_is_complete_and_only_appended_to(scratch: Scratch) -> None:
    for check_id in ("store.audit.append", "store.audit.complete", "store.audit.standing"):
        (check,) = (await scratch.look(check_id)).checks
        assert check.state is CheckState.PASSED, check


def test_every_act_that_can_be_recorded_is_looked_for_or_it_is_said_why_not() -> None:
    looked_for = [action for kinds in (REQUIRED, CHANGES) for actions in kinds.values() for action in actions]
    assert sorted([*looked_for, *ELSEWHERE]) == sorted(Action)


async def test_store_audit_append_is_red_when_entries_can_be_deleted(scratch: Scratch) -> None:
    await scratch.change(
        "grant delete on upheld.audit_entries to web",
        "create policy forgetful on upheld.audit_entries for delete to web using (id > 0)",
        "drop trigger entries_are_never_changed on upheld.audit_entries",
    )
    await scratch.sees_red(
        "store.audit.append",
        "web is not kept from trying to remove entries (done)",
        "no trigger keeps whoever may from this: delete",
    )


async def test_store_audit_append_is_red_when_the_guard_refuses_nothing(scratch: Scratch) -> None:
    await scratch.change(
        "create or replace function upheld.refuse_change() returns trigger language plpgsql as 'begin return null; end'"
    )
    await scratch.sees_red("store.audit.append", "not even the guard keeps the administrator from this: update")


async def test_store_audit_append_is_red_when_an_entry_can_be_forged(scratch: Scratch) -> None:
    await scratch.change(
        "grant execute on function upheld.append_entry(uuid, uuid, text, text, uuid, jsonb, bytea) to worker"
    )
    await scratch.sees_red("store.audit.append", "worker is not kept from trying to write an entry in another's name")


async def test_store_audit_complete_is_red_when_a_trigger_swallows_an_act(scratch: Scratch) -> None:
    await scratch.change(
        "create function upheld.swallow() returns trigger language plpgsql as 'begin return null; end'",
        "create trigger swallow before insert on upheld.audit_entries for each row"
        " when (new.action in ('consent.withdrawn', 'attempt.sign_in_failed')) execute function upheld.swallow()",
    )
    await scratch.sees_red(
        "store.audit.complete",
        "consent.withdrawn left no entry (consent)",
        "attempt.sign_in_failed left no entry (getting in and out)",
    )


async def test_store_audit_complete_is_red_when_acts_are_recorded_no_more(scratch: Scratch) -> None:
    await scratch.change(
        "create or replace function upheld.record_act("
        " action text, target_kind text, target_id uuid, details jsonb, origin_sealed bytea) returns void"
        " language sql volatile security definer set search_path = '' return null"
    )
    await scratch.sees_red(
        "store.audit.complete", "application.opened left no entry", "attempt.refused left no entry (what was refused)"
    )


async def test_store_audit_complete_is_red_when_an_entry_was_written_over(scratch: Scratch) -> None:
    await scratch.scene.cast()
    await scratch.change(
        "set session_replication_role = replica; update upheld.audit_entries set at = at - interval '1 day'"
    )
    await scratch.sees_red("store.audit.complete", "an entry that is not what its leaf commits to")


async def test_store_audit_standing_is_red_when_a_change_leaves_no_entry(scratch: Scratch) -> None:
    await scratch.change(
        "create function upheld.swallow() returns trigger language plpgsql as 'begin return null; end'",
        "create trigger swallow before insert on upheld.audit_entries for each row"
        " when (new.action in ('member.role_changed', 'factor.removed')) execute function upheld.swallow()",
    )
    await scratch.sees_red(
        "store.audit.standing", "member.role_changed left no entry (roles)", "factor.removed left no entry (factors)"
    )
