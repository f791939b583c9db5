"""Making, changing and removing roles of an organisation's own."""

from collections.abc import Collection
from uuid import UUID, uuid4

from upheld.features.audit.actions import record
from upheld.features.audit.model import Action
from upheld.features.organisations import store
from upheld.features.organisations.errors import BeyondReachError, RoleInUseError, RoleNameTakenError
from upheld.features.organisations.model import PERMISSIONS_OF, Permission
from upheld.features.organisations.queries import check_may, colleagues, custom_role, custom_roles
from upheld.kit.errors import ConflictError, InvalidError
from upheld.platform.acting import Acting
from upheld.platform.i18n import mark

SHORTEST_NAME, LONGEST_NAME = 2, 40


async def make_role(acting: Acting, name: str, permissions: Collection[Permission]) -> UUID:
    """Make a role of the organisation acted for; return its id.

    Raises:
        NotPermittedError: the person may not.
        BeyondReachError: it may more than they do.
        InvalidError: the name or the permissions do not do.
        RoleNameTakenError: there is one of this name.
    """
    name, role_id = _checked(acting, name, permissions), uuid4()
    await _check_free(acting, name, role_id)
    try:
        await store.add_role(acting.tx, role_id, name, sorted(permissions))
    except ConflictError as error:
        raise RoleNameTakenError from error
    await record(acting, Action.ROLE_MADE, "role", role_id, {"permissions": sorted(permissions)})
    return role_id


async def change_custom_role(acting: Acting, role_id: UUID, name: str, permissions: Collection[Permission]) -> None:
    """Change what a role is called and may do; whoever has it finds it so at their next request.

    Raises:
        NotPermittedError: the person may not.
        NotFoundError: there is no such role.
        BeyondReachError: it may more than they do, or would.
        InvalidError: the name or the permissions do not do.
        RoleNameTakenError: there is one of this name.
    """
    name, before = _checked(acting, name, permissions), await custom_role(acting, role_id)
    await _check_free(acting, name, role_id)
    changed: dict[str, object] = {
        "added": sorted(set(permissions) - before.permissions),
        "taken": sorted(before.permissions - set(permissions)),
    }
    # Recorded first: whoever changes the role that they have may not have the right to afterwards.
    await record(acting, Action.ROLE_ALTERED, "role", role_id, changed)
    try:
        if not await store.alter_role(acting.tx, role_id, name, sorted(permissions)):
            raise BeyondReachError
    except ConflictError as error:
        raise RoleNameTakenError from error


async def remove_role(acting: Acting, role_id: UUID) -> None:
    """Remove a role that nobody has.

    Raises:
        NotPermittedError: the person may not.
        NotFoundError: there is no such role.
        RoleInUseError: somebody has it.
        BeyondReachError: it may more than they do.
    """
    check_may(acting, Permission.ROLE_GRANT)
    await custom_role(acting, role_id)
    if any(one.role.custom_role_id == role_id for one in await colleagues(acting)):
        raise RoleInUseError
    if not await store.remove_role(acting.tx, role_id):
        raise BeyondReachError
    await record(acting, Action.ROLE_REMOVED, "role", role_id)


async def _check_free(acting: Acting, name: str, role_id: UUID) -> None:
    """Check that no other role is called so, in capitals or without: nobody is to take a clerk for an owner.

    Raises:
        RoleNameTakenError: one is.
    """
    taken = {one.name.casefold() for one in await custom_roles(acting) if one.id != role_id}
    if name.casefold() in taken | {str(one) for one in PERMISSIONS_OF}:
        raise RoleNameTakenError


def _checked(acting: Acting, name: str, permissions: Collection[Permission]) -> str:
    """Return the name of a role as it is stored, once everything that was asked for does.

    Raises:
        NotPermittedError: the person may not make roles.
        BeyondReachError: it may more than they do.
        InvalidError: name or permissions do not do.
    """
    check_may(acting, Permission.ROLE_GRANT)
    name, wrong = " ".join(name.split()), dict[str, str]()
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME:
        wrong["name"] = mark("Give the role a name of 2 to 40 characters.")
    if not permissions:
        wrong["permissions"] = mark("Choose at least one thing that the role may do.")
    elif Permission.APPLICATION_DECIDE in permissions and Permission.APPLICATION_VIEW not in permissions:
        wrong["permissions"] = mark("Whoever decides about applications has to see them. Choose both, or neither.")
    if wrong:
        raise InvalidError(wrong)
    if not acting.permissions.issuperset(permissions):
        raise BeyondReachError
    return name
