"""What organisations can do: founding, members, roles, invitations, strong sign-in; a module each."""

from upheld.features.organisations.actions.founding import accept_fair_use, change_organisation, found_organisation
from upheld.features.organisations.actions.inviting import (
    accept_invitation,
    decline_invitation,
    invite,
    revoke_invitation,
    send_invitation_again,
)
from upheld.features.organisations.actions.members import (
    accept_ownership,
    act_for,
    change_role,
    end_offer,
    leave_organisation,
    offer_ownership,
    remove_member,
)
from upheld.features.organisations.actions.roles import change_custom_role, make_role, remove_role
from upheld.features.organisations.actions.strong import LONGEST_GRACE, lift_factor_rule, require_factor

__all__ = [
    "LONGEST_GRACE", "accept_fair_use", "accept_invitation", "accept_ownership", "act_for", "change_custom_role",
    "change_organisation", "change_role", "decline_invitation", "end_offer", "found_organisation", "invite",
    "leave_organisation", "lift_factor_rule", "make_role", "offer_ownership", "remove_member", "remove_role",
    "require_factor", "revoke_invitation", "send_invitation_again",
]  # fmt: skip
