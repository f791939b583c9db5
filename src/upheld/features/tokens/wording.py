"""What the scopes and lifetimes of tokens are called."""

from upheld.features.tokens.model import Reach
from upheld.platform.i18n import mark

REACH_NAMES = {
    Reach.PROFILE: mark("My profile"),
    Reach.APPLICATIONS: mark("My applications, and what happened to them"),
    Reach.JOBS: mark("The organisation's jobs, drafts and closed ones too"),
    Reach.RECEIVED: mark("The applications it received; each look is in the candidate's journal"),
    Reach.ACTIVITY: mark("What was done with its members, roles, jobs and settings, if your role includes the record"),
}

DAY_NAMES = {
    7: mark("A week"),
    30: mark("30 days"),
    90: mark("90 days"),
    180: mark("Half a year"),
    365: mark("A year"),
}
