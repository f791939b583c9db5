"""What a limit is, and what a store of counts can do."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from upheld.platform.database import Transaction


class By(StrEnum):
    """Whose tries are counted together."""

    ACCOUNT = "account"
    DEVICE = "device"
    MAILBOX = "mailbox"
    PROGRAM = "program"
    ADDRESS = "address"
    """Of IPv6 the /64: whoever has one has all of it."""
    EVERYONE = "everyone"


@dataclass(frozen=True)
class Limit:
    """At most so many tries in any stretch of so long a time, by the same subject."""

    name: str
    at_most: int
    per: timedelta
    by: By = By.ACCOUNT
    more: tuple[tuple[int, timedelta], ...] = ()
    """Further figures that hold as well, such as so many a day."""
    protects: str = ""
    is_against_guessing: bool = True
    """Whether nothing is tried while nobody can count; what only keeps floods away goes on meanwhile."""

    @property
    def figures(self) -> tuple[tuple[int, timedelta], ...]:
        """Every figure: how many, in how long a time."""
        return ((self.at_most, self.per), *self.more)


class Names(NamedTuple):
    """The keyed hashes by which a subject is known: by the key in use, and by those it replaced."""

    now: bytes
    before: list[bytes]


class Counters(Protocol):
    """A store of counts. Both return how many seconds to wait, zero when there is nothing to wait for."""

    async def take(self, tx: Transaction, names: Names, limit: Limit) -> int:
        """Count a try, unless a figure is spent."""
        ...

    async def look(self, tx: Transaction, names: Names, limit: Limit) -> int:
        """Look whether a figure is spent; nothing is counted."""
        ...

    async def aclose(self) -> None:
        """Let go of what is held open."""
        ...
