"""Founding an organisation, changing what is said of it, accepting its rule."""

from urllib.parse import urlsplit
from uuid import UUID, uuid4

from upheld.features.audit.actions import record
from upheld.features.audit.model import Action
from upheld.features.organisations import store
from upheld.features.organisations.errors import AlreadyMemberError, NotPermittedError
from upheld.features.organisations.model import Permission
from upheld.features.organisations.queries import check_may, own_organisation
from upheld.kit.errors import ConflictError, InvalidError
from upheld.platform.acting import Acting
from upheld.platform.i18n import mark
from upheld.platform.limits import take
from upheld.platform.limits.rules import FOUNDED_PER_PERSON

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
        AlreadyMemberError: they belong to one of this name already, or sent the form twice.
        TooSoonError: they have founded too many today.
    """
    name, address = _checked(name, website)
    async with acting.platform.database.attempt() as tx:
        await take(tx, acting.platform, FOUNDED_PER_PERSON, str(acting.person_id))
    organisation_id = uuid4()
    try:
        await store.found_organisation(acting.tx, organisation_id, name, address)
    except ConflictError as error:
        raise AlreadyMemberError from error
    await record(acting, Action.ORGANISATION_FOUNDED, "organisation", organisation_id)
    return organisation_id


async def change_organisation(acting: Acting, name: str, website: str) -> None:
    """Change what everyone reads about the organisation acted for.

    Raises:
        NotPermittedError: the person may not; the database would refuse as well.
        InvalidError: name or website does not do.
    """
    check_may(acting, Permission.SETTINGS_CHANGE)
    before = await own_organisation(acting)
    name, address = _checked(name, website)
    if (name, address) == (before.name, before.website):
        return
    if not await store.change_organisation(acting.tx, name, address):
        raise NotPermittedError
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
