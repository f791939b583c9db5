"""Founding an organisation, changing what is said of it, accepting its rule."""

from urllib.parse import urlsplit
from uuid import UUID, uuid4

from upheld.features.audit.actions import record
from upheld.features.audit.model import Action
from upheld.features.organisations import store
from upheld.features.organisations.errors import AlreadyMemberError, OwnersOnlyError
from upheld.features.organisations.model import Role
from upheld.features.organisations.queries import own_organisation
from upheld.kit.errors import InvalidError
from upheld.platform.acting import Acting
from upheld.platform.i18n import mark

SHORTEST_NAME, LONGEST_NAME = 2, 120
LONGEST_WEBSITE = 200


async def found_organisation(acting: Acting, name: str, website: str) -> UUID:
    """Found an organisation with the person as its owner; their session acts for it from the next request on.

    Args:
        acting: who founds it.
        name: what candidates will read.
        website: its address, with or without `https://`; empty when it has none.

    Raises:
        InvalidError: name or website does not do.
        AlreadyMemberError: the session acts for an organisation already.
    """
    if acting.organisation_id is not None:
        raise AlreadyMemberError
    name, address = _checked(name, website)
    organisation_id = uuid4()
    await store.found_organisation(acting.tx, organisation_id, name, address)
    await record(acting, Action.ORGANISATION_FOUNDED, "organisation", organisation_id)
    return organisation_id


async def change_organisation(acting: Acting, name: str, website: str) -> None:
    """Change what everyone reads about the organisation the person owns.

    Raises:
        OwnersOnlyError: they do not own it; the database would refuse as well.
        InvalidError: name or website does not do.
    """
    if acting.role != Role.OWNER:
        raise OwnersOnlyError
    before = await own_organisation(acting)
    name, address = _checked(name, website)
    if (name, address) == (before.name, before.website):
        return
    if not await store.change_organisation(acting.tx, name, address):
        raise OwnersOnlyError
    changed = [
        field for field, old, new in (("name", before.name, name), ("website", before.website, address)) if old != new
    ]
    await record(acting, Action.ORGANISATION_CHANGED, "organisation", before.id, {"fields": changed})


async def accept_fair_use(acting: Acting, notice: UUID) -> None:
    """Record that the person accepts this wording of the fair-use policy for their organisation.

    Repeating it changes nothing.

    Raises:
        NotFoundError: the session acts for no organisation.
    """
    organisation = await own_organisation(acting)
    if await store.accept_fair_use(acting.tx, notice):
        await record(acting, Action.FAIR_USE_ACCEPTED, "organisation", organisation.id, {"notice": str(notice)})


def _checked(name: str, website: str) -> tuple[str, str | None]:
    """Return name and address as they are stored.

    Raises:
        InvalidError: one of them does not do.
    """
    name, address = " ".join(name.split()), _website(website)
    wrong: dict[str, str] = {}
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME:
        wrong["name"] = mark("Enter the name candidates know you by, with 2 to 120 characters.")
    if address is not None and not _is_website(address):
        wrong["website"] = mark("Enter an address like https://example.org, or leave this empty.")
    if wrong:
        raise InvalidError(wrong)
    return name, address


def _website(typed: str) -> str | None:
    typed = typed.strip()
    if not typed:
        return None
    return typed if "://" in typed else f"https://{typed}"


def _is_website(address: str) -> bool:
    """Whether an address is safe to stand as a link on public pages: https, a plain host, no user in it."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and "." in host.strip(".")
        and "@" not in parts.netloc
        and address.isprintable()
        and not any(character.isspace() for character in address)
        and len(address) <= LONGEST_WEBSITE
    )
