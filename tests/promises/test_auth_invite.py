"""auth.invite, green, and red under each of its sabotages."""

import pytest

from tests.promises.faults import Scratch
from upheld.features.trust.probe import CheckState

pytestmark = pytest.mark.anyio


async def test_nobody_belongs_to_an_organisation_before_they_accept(scratch: Scratch) -> None:
    (check,) = (await scratch.look("auth.invite.acceptance")).checks
    assert check.state is CheckState.PASSED, check.evidence


async def test_auth_invite_acceptance_is_red_when_signing_up_accepts(scratch: Scratch) -> None:
    await scratch.change(
        """create function upheld.accept_for_them() returns trigger language plpgsql security definer as $$
        begin
            update upheld.invitations set state = 'accepted', accepted_by = new.id, answered_at = now(),
                email_index = null, email_sealed = null, token_hash = null, letter_sealed = null
            where state = 'pending' and email_index = new.email_index;
            insert into upheld.members (organisation_id, person_id, role, invitation_id)
            select organisation_id, new.id, role, id from upheld.invitations where accepted_by = new.id;
            return null;
        end $$""",
        "create trigger signing_up_accepts after update of verified_at on upheld.people"
        " for each row execute function upheld.accept_for_them()",
    )
    await scratch.sees_red("auth.invite.acceptance", "after signing up: a member")


async def test_auth_invite_acceptance_is_red_when_somebody_else_may_accept(scratch: Scratch) -> None:
    await scratch.change(
        "do $$ begin execute replace(pg_get_functiondef('upheld.accept_invitation(bytea)'::regprocedure),"
        " 'invitation.email_index <> me.email_index', 'false'); end $$"
    )
    await scratch.sees_red("auth.invite.acceptance", "somebody else may accept it")


async def test_auth_invite_acceptance_is_red_when_a_membership_needs_no_acceptance(scratch: Scratch) -> None:
    await scratch.change("alter table upheld.members drop constraint members_founded_or_accepted")
    await scratch.sees_red("auth.invite.acceptance", "the database lets somebody be a member whom nobody asked")
