"""What the roles of members are called, and what each may do; what a region is called."""

from typing import TYPE_CHECKING, cast

from babel import Locale

from upheld.features.organisations.model import Role
from upheld.platform.i18n import mark

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def region_name(language: str, region: str) -> str:
    """Return what the region of a deployment is called: `in` is India, `us-ca` the United States (us-ca)."""
    territories = cast("Mapping[str, str]", Locale(language).territories)  # babel types its data loosely
    name = territories.get(region.partition("-")[0].upper(), region)
    return f"{name} ({region})" if "-" in region else name
