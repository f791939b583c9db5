"""Looking at what members did, and taking it along; either is an entry of its own."""

import asyncio

from upheld.features.activity import store
from upheld.features.activity.model import Line, Listed, Place, Wanted
from upheld.features.activity.queries import Directory, listed
from upheld.features.activity.wording import cells
from upheld.features.audit.actions import record
from upheld.features.audit.model import Action
from upheld.features.organisations.errors import NotPermittedError
from upheld.kit.errors import InvalidError
from upheld.kit.sheets import csv_of
from upheld.platform.acting import Acting
from upheld.platform.i18n import Words, mark

LINES_PER_PAGE, MOST_LINES = 50, 20_000
_AT_ONCE = 2000


async def read_activity(acting: Acting, wanted: Wanted, after: Place | None) -> tuple[Directory, Listed]:
    """Return a page of what members did, and who the members are. That somebody looked is written down once an hour.

    Raises:
        NotPermittedError: the person may not.
    """
    await _look(acting)
    directory = await Directory.of(acting)
    return directory, await listed(acting, directory, wanted, after, LINES_PER_PAGE)


async def export_activity(acting: Acting, wanted: Wanted, words: Words) -> bytes:
    """Return what members did as a table for spreadsheets, in the reader's language.

    Raises:
        NotPermittedError: the person may not.
        InvalidError: it is more than fits into one table.
        ProofNeededError: the database wants a fresh proof of who they are first.
    """
    await _look(acting)
    asked = {"group": wanted.group, "first": wanted.first, "last": wanted.last, "of_one": wanted.person is not None}
    await record(
        acting, Action.ACTIVITY_EXPORTED, "organisation", acting.organisation_id,
        {name: value if isinstance(value, bool) else str(value) for name, value in asked.items() if value},
    )  # fmt: skip
    directory, lines, after = await Directory.of(acting), list[Line](), None
    while True:
        part = await listed(acting, directory, wanted, after, _AT_ONCE)
        lines, after = lines + part.lines, part.older
        if after is None:
            return await asyncio.to_thread(_table, words, lines)
        if len(lines) >= MOST_LINES:
            raise InvalidError({"first": mark("That is more than 20,000 entries. Choose fewer days.")})


async def _look(acting: Acting) -> None:
    """Have the database write down that somebody looks: without that it shows nothing.

    Raises:
        NotPermittedError: they may not.
    """
    platform = acting.platform
    origin = await platform.vault.seal_origin(platform.clock.now(), acting.origin)
    if not await store.look_at_activity(acting.tx, origin):
        raise NotPermittedError


def _table(words: Words, lines: list[Line]) -> bytes:
    heading = (words("When (UTC)"), words("Who"), words("What"), words("More"), words("Concerns"))
    return csv_of([heading, *(cells(words, line) for line in lines)])
