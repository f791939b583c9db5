"""What employers' pages are asked in the same way: by whom, about which stage, after which act."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.response import Redirect

from upheld.features.applications.model import MOVES, Stage
from upheld.features.organisations.model import Permission
from upheld.features.organisations.queries import may_see_candidates
from upheld.kit.errors import NotFoundError
from upheld.platform.acting import Acting
from upheld.platform.web.pages import redirect

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class Done:
    """What was just done, as the address says: to where an application was moved, and how to move it back."""

    to: Stage
    back: Stage | None
    application_id: UUID | None


def check_role(acting: Acting) -> None:
    """Answer everybody who has no part in hiring as if there was nothing here.

    Raises:
        NotFoundError: they may not see applications, in the organisation they act for.
    """
    if not acting.may(Permission.APPLICATION_VIEW):
        raise NotFoundError


async def fair_use_first(request: AnyRequest, acting: Acting) -> Redirect:
    """Lead to the fair-use policy whoever found nothing because they have not accepted it.

    Raises:
        NotFoundError: they have accepted it, so there is nothing.
    """
    if await may_see_candidates(acting):
        raise NotFoundError
    return redirect(request, "organisations.fair_use")


def asked_stage(text: str) -> Stage | None:
    """Return the stage of that name, if there is one."""
    return next((stage for stage in Stage if stage == text), None)


def done_from(request: AnyRequest) -> Done | None:
    """Return what was just done; a move can be taken back, except to where nobody had looked yet."""
    to = asked_stage(request.query_params.get("moved", ""))
    if to is None:
        return None
    was = asked_stage(request.query_params.get("was", ""))
    one = _id(request.query_params.get("one", ""))
    can_go_back = one is not None and to in MOVES and was in MOVES and was != to
    return Done(to, was if can_go_back else None, one)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
