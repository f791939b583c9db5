"""The way back: where signing in leads, as a listed route by name. There is no way to name a URL.

It goes along from the page that asked to sign in, through registration and the link in the
mail, so that whoever wanted to apply for a job arrives there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode
from uuid import UUID

RETURN_ROUTES: dict[str, str | None] = {
    "home": None,
    "accounts.home": None,
    "accounts.password": None,
    "accounts.address": None,
    "accounts.confirm": "token",
    "candidates.profile": None,
    "candidates.documents": None,
    "applications.mine": None,
    "applications.mine.page": "application_id",
    "applications.apply": "job_id",
    "applications.hiring": None,
    "applications.board": "job_id",
    "applications.page": "application_id",
    "jobs.new": None,
    "organisations.new": None,
    "organisations.fair_use": None,
    "organisations.invitation": "token",
    "organisations.members": None,
    "organisations.strong": None,
    "organisations.settings": None,
    "privacy.home": None,
    "privacy.export": None,
    "privacy.leave": None,
}
"""Routes by name; some take one id."""

_LINKS = frozenset({"accounts.confirm"})
_TOKEN = re.compile(r"[\w-]{43}", re.ASCII)
"""Those whose id is what a mail's link carries: letters, digits and two signs that mean nothing in an address."""


@dataclass(frozen=True)
class WayBack:
    """A listed route, with its id when it takes one; home when nothing listed was named."""

    route: str = "home"
    id: UUID | str | None = None

    @classmethod
    def of(cls, named: Mapping[str, str]) -> Self:
        """Read what a form or an address names; whatever is not listed leads home."""
        route = named.get("to", "")
        if RETURN_ROUTES.get(route) is None:
            return cls(route) if route in RETURN_ROUTES else cls()
        said = named.get("id", "")
        if route in _LINKS:
            return cls(route, said) if _TOKEN.fullmatch(said) else cls()
        try:
            return cls(route, UUID(said))
        except ValueError:
            return cls()

    @property
    def named(self) -> dict[str, str]:
        """How an address and a form name it; nothing for home, which is where everybody goes anyway."""
        if self.route == "home":
            return {}
        return {"to": self.route, **({"id": str(self.id)} if self.id else {})}

    @property
    def query(self) -> str:
        """The end of an address, empty for home."""
        return f"?{urlencode(self.named)}" if self.named else ""

    @property
    def parts(self) -> dict[str, UUID | str]:
        """What the route needs to be named."""
        parameter = RETURN_ROUTES[self.route]
        return {parameter: self.id} if parameter and self.id else {}
