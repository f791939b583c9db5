"""Pages of applications: `applying` for candidates, `hiring` for employers."""

from typing import Any

handlers: list[Any] = []
