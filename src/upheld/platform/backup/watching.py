"""Somebody who watches long work."""

from typing import Protocol


class Watcher(Protocol):
    """Hears what is being done, and how far it has come."""

    def begins(self, what: str, size: int | None = None) -> None:
        """Hear that something begins, and how many bytes it has, when that is known."""
        ...

    def advances(self, size: int) -> None:
        """Hear that so many more bytes are done."""
        ...


class Unwatched:
    """Watches without a word."""

    def begins(self, what: str, size: int | None = None) -> None:
        """Hear that something begins."""

    def advances(self, size: int) -> None:
        """Hear that more is done."""
