"""What the roles of members are called, and what each may do."""

from upheld.features.organisations.model import Role
from upheld.platform.i18n import mark

ROLE_NAMES: dict[Role, str] = {
    Role.OWNER: mark("Owner"),
    Role.MANAGER: mark("Manager"),
    Role.INTERVIEWER: mark("Interviewer"),
}

ROLE_MEANS: dict[Role, str] = {
    Role.OWNER: mark(
        "Posts jobs, reads and decides applications, and changes what candidates read about the organisation."
    ),
    Role.MANAGER: mark("Posts jobs, reads and decides applications."),
    Role.INTERVIEWER: mark("Sees the organisation's jobs. Sees no applications."),
}
