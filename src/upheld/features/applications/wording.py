"""What stages are called, on either side."""

from upheld.features.applications.model import Stage
from upheld.platform.i18n import mark

STAGE_NAMES: dict[Stage, str] = {
    Stage.NEW: mark("New"),
    Stage.REVIEW: mark("In review"),
    Stage.INTERVIEW: mark("Interview"),
    Stage.OFFER: mark("Offer"),
    Stage.HIRED: mark("Hired"),
    Stage.REJECTED: mark("Not chosen"),
    Stage.WITHDRAWN: mark("Withdrawn"),
}

EMPLOYER_STEPS: dict[Stage, str] = {
    Stage.NEW: mark("Applied"),
    Stage.REVIEW: mark("Moved to review"),
    Stage.INTERVIEW: mark("Moved to interview"),
    Stage.OFFER: mark("Moved to offer"),
    Stage.HIRED: mark("Hired"),
    Stage.REJECTED: mark("Not chosen"),
    Stage.WITHDRAWN: mark("Withdrawn by the candidate"),
}

CANDIDATE_STEPS: dict[Stage, str] = {
    Stage.NEW: mark("You applied"),
    Stage.REVIEW: mark("The employer is looking at your application"),
    Stage.INTERVIEW: mark("You are in the round of interviews"),
    Stage.OFFER: mark("The employer is preparing an offer"),
    Stage.HIRED: mark("The employer decided for you"),
    Stage.REJECTED: mark("You were not chosen"),
    Stage.WITHDRAWN: mark("You withdrew your application"),
}

OWN_STAGE_NAMES = {**STAGE_NAMES, Stage.NEW: mark("Sent")}
"""What stages are called towards the candidate, to whom a new application is one that is sent."""

ROAD = (mark("Sent"), mark("In review"), mark("Interview"), mark("Offer"), mark("Decision"))
"""The road of an open application, as its candidate sees it: the open stages, then the end of it."""
