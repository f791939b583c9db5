"""Pages for the roles of an organisation: those it has, and those it makes for itself."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.organisations import actions
from upheld.features.organisations.errors import BeyondReachError, RoleInUseError, RoleNameTakenError
from upheld.features.organisations.model import PERMISSIONS_OF, CustomRole, Permission
from upheld.features.organisations.pages.members import FRESH
from upheld.features.organisations.queries import check_may, custom_role, custom_roles
from upheld.features.organisations.wording import DONE, PERMISSIONS, ROLE_MEANS, ROLE_NAMES
from upheld.kit.errors import InvalidError, UpheldError
from upheld.platform.acting import Acting
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, redirect
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]


@get("/hiring/organisation/roles", name="organisations.roles")
async def roles_page(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Show every role, and what each may do."""
    acting = visit.acting()
    if acting.organisation_id is None:
        return redirect(request, "organisations.new")
    return await _roles_page(request, acting, None)


@get("/hiring/organisation/roles/new", name="organisations.roles.new")
async def new_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show an empty form."""
    check_may(visit.acting(), Permission.ROLE_GRANT)
    return _form_page(request, visit.acting(), Form({}), None, None)


@post("/hiring/organisation/roles/new", name="organisations.roles.new.do", status_code=200, opt=FRESH)
async def new_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Make a role."""
    form, acting = await Form.read(request), visit.acting()
    try:
        await actions.make_role(acting, form.get("name"), _ticked(form))
    except (InvalidError, BeyondReachError, RoleNameTakenError) as error:
        return _form_page(request, acting, form, error, None)
    return redirect(request, "organisations.roles", q_done="role-made")


@get("/hiring/organisation/roles/{role_id:uuid}", name="organisations.roles.change")
async def change_page(request: AnyRequest, visit: Visit, role_id: FromPath[UUID]) -> Response[str]:
    """Show the form with what a role may do."""
    acting = visit.acting()
    check_may(acting, Permission.ROLE_GRANT)
    role = await custom_role(acting, role_id)
    filled = {"name": role.name, **{_field(one): "yes" for one in role.permissions}}
    return _form_page(request, acting, Form(filled), None, role)


@post("/hiring/organisation/roles/{role_id:uuid}", name="organisations.roles.change.do", status_code=200, opt=FRESH)
async def change_do(request: AnyRequest, visit: Visit, role_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Change what a role is called and may do."""
    form, acting = await Form.read(request), visit.acting()
    check_may(acting, Permission.ROLE_GRANT)
    role = await custom_role(acting, role_id)
    try:
        await actions.change_custom_role(acting, role_id, form.get("name"), _ticked(form))
    except (InvalidError, BeyondReachError, RoleNameTakenError) as error:
        return _form_page(request, acting, form, error, role)
    return redirect(request, "organisations.roles", q_done="role-changed")


@post("/hiring/organisation/roles/{role_id:uuid}/remove", name="organisations.roles.remove", status_code=200,
      opt=FRESH)  # fmt: skip
async def remove_do(request: AnyRequest, visit: Visit, role_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Remove a role that nobody has."""
    try:
        await actions.remove_role(visit.acting(), role_id)
    except (RoleInUseError, BeyondReachError) as error:
        return await _roles_page(request, visit.acting(), error)
    return redirect(request, "organisations.roles", q_done="role-removed")


async def _roles_page(request: AnyRequest, acting: Acting, error: UpheldError | None) -> Response[str]:
    return page(
        request,
        "organisations/roles.html",
        status=error.status if error else 200,
        error=error,
        custom=await custom_roles(acting),
        permissions=PERMISSIONS,
        permissions_of=PERMISSIONS_OF,
        role_names=ROLE_NAMES,
        role_means=ROLE_MEANS,
        done=DONE.get(request.query_params.get("done", "")),
    )


def _form_page(
    request: AnyRequest, acting: Acting, form: Form, error: UpheldError | None, role: CustomRole | None
) -> Response[str]:
    """Show the form; what the person may not do themselves, they cannot give."""
    return page(
        request,
        "organisations/role_form.html",
        status=error.status if error else 200,
        form=form,
        error=error,
        role=role,
        permissions=[(_field(one), *words, acting.may(one)) for one, words in PERMISSIONS.items()],
    )


def _ticked(form: Form) -> set[Permission]:
    return {one for one in Permission if form.checked(_field(one))}


def _field(permission: Permission) -> str:
    return permission.replace(":", "-")


handlers = [roles_page, new_page, new_do, change_page, change_do, remove_do]
