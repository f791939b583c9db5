"""Who works beside an owner in the demo: a colleague in each kind of role, and one who has not answered yet."""

from dataclasses import dataclass

from upheld.features.organisations.model import Permission, Role


@dataclass(frozen=True)
class Colleague:
    """Somebody who is invited: their address, their role, and what the role is called in a list of sign-ins."""

    email: str
    role: Role
    shown_as: str


EMPLOYER = "Tidewater Instruments"
"""Where they work."""

OWN_ROLE, MAY = "Job editor", (Permission.JOB_MANAGE, Permission.ANALYTICS_VIEW)
"""The role that this organisation has made for itself, and what whoever has it may do."""

COLLEAGUES = (
    Colleague("arjun@tidewater.example", Role.MANAGER, f"Manager at {EMPLOYER}"),
    Colleague("leela@tidewater.example", Role.INTERVIEWER, f"Interviewer at {EMPLOYER}"),
    Colleague("nisha@tidewater.example", Role.CUSTOM, f"{OWN_ROLE} at {EMPLOYER}, a role of their own"),
)
FORMER = Colleague("tomas@tidewater.example", Role.MANAGER, "")
"""Who worked there, and was let go."""
INVITED = Colleague("ravi@tidewater.example", Role.MANAGER, "")
"""Whose invitation lies in the outbox; registering with this address and accepting it is up to a visitor."""
