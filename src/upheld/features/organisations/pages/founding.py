"""Pages for founding an organisation, for its settings, and for accepting the fair-use policy."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.response import Redirect

from upheld.features.consents.model import Kind
from upheld.features.consents.queries import notice_in_force, wordings_in_force
from upheld.features.organisations.actions import accept_fair_use, change_organisation, found_organisation
from upheld.features.organisations.errors import AlreadyMemberError
from upheld.features.organisations.model import Permission
from upheld.features.organisations.queries import (
    check_may,
    factor_rule,
    own_acceptance,
    own_membership,
    own_organisation,
    ownership_offers,
)
from upheld.features.organisations.wording import ROLE_NAMES, region_name
from upheld.kit.errors import InvalidError, TooSoonError, UpheldError
from upheld.platform.i18n import mark
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, redirect, words_for
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]


@get("/organisations/new", name="organisations.new")
async def new_page(request: AnyRequest) -> Response[str]:
    """Show the form; somebody who belongs to an organisation may found another."""
    return page(request, "organisations/new.html", form=Form({}), error=None)


@post("/organisations/new", name="organisations.new.do", status_code=200)
async def new_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Found the organisation and lead on to its rule."""
    form = await Form.read(request)
    try:
        await found_organisation(visit.acting(), form.get("name"), form.get("website"))
    except (InvalidError, AlreadyMemberError, TooSoonError) as error:
        return page(request, "organisations/new.html", status=error.status, form=form, error=error)
    return redirect(request, "organisations.fair_use")


@get("/hiring/organisation", name="organisations.settings")
async def settings_page(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Show what is known of the organisation, and who one is in it."""
    acting = visit.acting()
    if acting.organisation_id is None:
        return redirect(request, "organisations.new")
    region = visit.platform.settings.region
    return page(
        request,
        "organisations/settings.html",
        organisation=await own_organisation(acting),
        membership=await own_membership(acting),
        accepted_at=await own_acceptance(acting),
        role_names=ROLE_NAMES,
        controller=visit.platform.settings.controller,
        region=region_name(words_for(request).language, region) if region else None,
        offers=[one for one in await ownership_offers(acting) if one.person_id == acting.person_id],
        saved=request.query_params.get("saved") == "yes",
        rule=await factor_rule(acting),
        joined=request.query_params.get("done") == "joined",
    )


@get("/hiring/organisation/edit", name="organisations.edit")
async def edit_page(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Show the form to an owner."""
    acting = visit.acting()
    if acting.organisation_id is None:
        return redirect(request, "organisations.new")
    check_may(acting, Permission.SETTINGS_CHANGE)
    organisation = await own_organisation(acting)
    form = Form({"name": organisation.name, "website": organisation.website or ""})
    return page(request, "organisations/edit.html", form=form, error=None)


@post("/hiring/organisation/edit", name="organisations.edit.do", status_code=200)
async def edit_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Change name and website."""
    form = await Form.read(request)
    try:
        await change_organisation(visit.acting(), form.get("name"), form.get("website"))
    except InvalidError as error:
        return page(request, "organisations/edit.html", status=error.status, form=form, error=error)
    return redirect(request, "organisations.settings", q_saved="yes")


@get("/hiring/fair-use", name="organisations.fair_use")
async def fair_use_page(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Show the policy; somebody without an organisation founds one first."""
    if visit.acting().organisation_id is None:
        return redirect(request, "organisations.new")
    return await _fair_use_page(request, visit, Form({}), None)


@post("/hiring/fair-use", name="organisations.fair_use.do", status_code=200)
async def fair_use_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Record the acceptance of the wording that was shown."""
    form = await Form.read(request)
    try:
        shown = _accepted(form, await wordings_in_force(visit.tx, Kind.FAIR_USE))
        await accept_fair_use(visit.acting(), shown)
    except InvalidError as error:
        return await _fair_use_page(request, visit, form, error)
    return redirect(request, "applications.hiring")


def _accepted(form: Form, in_force: list[UUID]) -> UUID:
    """Return the wording that was shown beside the box: the box is ticked, and the wording is in force."""
    if not form.checked("accept"):
        raise InvalidError({"accept": mark("Tick the box to accept the policy. Without it you see no applications.")})
    if (shown := form.uuid("notice")) not in in_force:
        raise InvalidError({}, mark("The policy has changed since you opened this page. Read it once more."))
    return shown


async def _fair_use_page(request: AnyRequest, visit: Visit, form: Form, error: UpheldError | None) -> Response[str]:
    acting = visit.acting()
    notice = await notice_in_force(visit.tx, Kind.FAIR_USE, words_for(request).language)
    return page(
        request,
        "organisations/fair_use.html",
        status=error.status if error else 200,
        form=form,
        error=error,
        notice=notice,
        organisation=await own_organisation(acting),
        accepted_at=await own_acceptance(acting),
    )


handlers = [
    new_page, new_do, settings_page, edit_page, edit_do, fair_use_page, fair_use_do,
]  # fmt: skip
