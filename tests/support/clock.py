"""A clock that stands where a test sets it."""

import datetime as dt


class SetClock:
    """Says the time it was set to."""

    def __init__(self, at: dt.datetime) -> None:
        """Take the time."""
        self._at = at

    def now(self) -> dt.datetime:
        """Return it."""
        return self._at
