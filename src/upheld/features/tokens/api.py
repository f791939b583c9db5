"""What a token can ask about itself."""

import datetime as dt
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get
from msgspec import Meta

from upheld.platform.web.bearer import ANY_SCOPE, TokenNeededError
from upheld.platform.web.problems import problems
from upheld.platform.web.visits import Visit


class TokenWire(msgspec.Struct, frozen=True):
    """The token that came with the request."""

    id: UUID
    person_id: UUID
    organisation_id: Annotated[UUID | None, Meta(description="Whom it reads for; null when it reads its person's own.")]
    scopes: list[str]
    expires_at: dt.datetime


@get(
    "/api/token",
    name="api.token",
    opt={"scope": ANY_SCOPE},
    summary="The token itself",
    operation_id="showToken",
    response_description="What it may read, for whom, and until when.",
    responses=problems(401, 429),
)
async def show_token(visit: Visit) -> TokenWire:
    """Return what the token may read, for whom, and until when; any token may ask."""
    asking = visit.token
    if asking is None:
        raise TokenNeededError
    return TokenWire(asking.token_id, asking.person_id, asking.organisation_id, asking.scopes, asking.expires_at)


handlers = [show_token]
