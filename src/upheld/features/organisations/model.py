"""The nouns of organisations."""

from uuid import UUID

import msgspec


class Organisation(msgspec.Struct, frozen=True):
    """An employer or agency, as everyone may see it."""

    id: UUID
    name: str
    website: str | None
