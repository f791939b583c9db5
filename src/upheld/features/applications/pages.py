"""Pages of this slice."""

from typing import Any

handlers: list[Any] = []
