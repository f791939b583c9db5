"""One try: the statements of it, and what a rightful answer looks like."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Family = Literal["read", "write", "context", "function", "catalog", "power"]


@dataclass(frozen=True)
class Shot:
    """One or a few statements in a savepoint of their own; everything that comes back is judged.

    Args:
        tables: the tables it is aimed at, for the report.
        how: the name of the way it is tried, for findings.
        twin: the same with ids that nobody has; the two must be answered alike.
        refused: whether it has to fail.
        echoes: whether its own words come back, so that they are no finding.
        granted: whether it is on a table itself, by a role with a right to do at least that somewhere in it.
        expects: how many rows a rightful question has to be answered with, where that is known.
        through: how it travels; `copy in` sends `steps[0]` as the rows of `copy_to`.
    """

    tables: tuple[str, ...]
    family: Family
    how: str
    steps: tuple[str, ...]
    twin: tuple[str, ...] = ()
    refused: bool = False
    echoes: bool = False
    granted: bool = False
    expects: int | None = None
    through: Literal["fetch", "copy out", "copy in"] = "fetch"
    copy_to: tuple[str, Sequence[str]] = ("", ())
