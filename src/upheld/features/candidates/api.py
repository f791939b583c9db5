"""A candidate's own profile as JSON, for programs that read for them."""

import datetime as dt
from typing import Annotated

import msgspec
from litestar import get
from msgspec import Meta

from upheld.features.candidates.model import Visibility
from upheld.features.candidates.queries import own_profile
from upheld.platform.web.problems import problems
from upheld.platform.web.visits import Visit


class ProfileWire(msgspec.Struct, frozen=True):
    """What a candidate says of themselves; null is what they leave out."""

    visibility: Annotated[Visibility, Meta(description="Who can find it: nobody, or employers on this site.")]
    full_name: str | None
    headline: str | None
    email: str | None
    phone: str | None
    location: str | None
    summary: str | None
    updated_at: Annotated[dt.datetime | None, Meta(description="Null while nothing was written.")]


@get(
    "/api/profile",
    name="api.profile",
    opt={"scope": "profile:read"},
    summary="The person's own profile",
    operation_id="showProfile",
    response_description="The profile; private and empty when none was written.",
    responses=problems(401, 403, 429),
)
async def show_profile(visit: Visit) -> ProfileWire:
    """Return the profile of the person whose token it is."""
    profile = await own_profile(visit.acting())
    return ProfileWire(**{name: getattr(profile, name) for name in ProfileWire.__struct_fields__})


handlers = [show_profile]
