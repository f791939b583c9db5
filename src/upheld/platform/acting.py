"""Who acts, inside which transaction: what every action of a slice takes first."""

from dataclasses import dataclass
from uuid import UUID

from upheld.platform.database import Transaction
from upheld.platform.services import Platform


@dataclass(frozen=True, kw_only=True)
class Acting:
    """A person acting, with the transaction whose context the database has sealed for them.

    `origin` is the address and browser, for the audit log; it is sealed before it is stored.
    """

    tx: Transaction
    platform: Platform
    person_id: UUID
    organisation_id: UUID | None
    role: str | None
    permissions: frozenset[str] = frozenset()
    origin: str

    def may(self, permission: str) -> bool:
        """Whether the person may do something in the organisation they act for; the database asks for itself."""
        return permission in self.permissions
