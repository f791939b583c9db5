"""Problem details (RFC 9457): what a program is told when something goes wrong."""

from typing import Annotated

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta

PROBLEM = "application/problem+json"

_MEANINGS = {
    401: "No access token came, or one that opens nothing: mistyped, revoked, too old, or its membership has ended.",
    403: "The access token does not hold the scope, or its person may not do this.",
    404: "There is nothing here, or it is not yours to see.",
    422: "The request does not fit; `fields` says what to change, where a field is to blame.",
    429: "Too often. `Retry-After` says how many seconds to wait.",
    503: "Something that is needed is away at the moment. `Retry-After` says how many seconds to wait.",
}


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong: for a program in `type`, for a person, in the language they asked for, in `detail`."""

    type: Annotated[str, Meta(description="The kind of problem; it never changes its name.")]
    title: Annotated[str, Meta(description="The kind of problem, in words.")]
    status: Annotated[int, Meta(description="The HTTP status.")]
    detail: Annotated[str, Meta(description="What happened, and what to do about it.")]
    fields: Annotated[dict[str, str] | None, Meta(description="What to change, by field.")] = None
    instance: Annotated[str | None, Meta(description="A reference that finds the failure in the site's log.")] = None


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """Return what a route says about the ways in which it fails; 503 is always one of them."""
    return {
        status: ResponseSpec(Problem, generate_examples=False, description=_MEANINGS[status], media_type=PROBLEM)
        for status in (*statuses, 503)
    }
