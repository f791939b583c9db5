"""The one clock of the application; tests pass another."""

import datetime as dt
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> dt.datetime:
        """Return the present instant, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        """Return the present instant, in UTC."""
        return dt.datetime.now(dt.UTC)


class FixedClock:
    """A clock that stands still until it is moved; for tests."""

    def __init__(self, at: dt.datetime) -> None:
        """Begin at an instant."""
        self.at = at

    def now(self) -> dt.datetime:
        """Return the instant it was set to."""
        return self.at
