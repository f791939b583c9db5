"""The queries of tokens, typed."""

import datetime as dt
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from upheld.features.tokens.model import Reach, TokenRow
from upheld.platform.database import Transaction, load_queries

_Q = load_queries("upheld.features.tokens")


async def add_access_token(
    tx: Transaction, token_id: UUID, label_sealed: bytes, secret_hash: bytes, scopes: Sequence[Reach], lives: timedelta
) -> dt.datetime:
    """Make a token of the person asking, who has just proven who they are; return when it ends."""
    return await tx.value(_Q["add_access_token"], token_id, label_sealed, secret_hash, [*scopes], lives)


async def count_working(tx: Transaction) -> int:
    """Return how many tokens of the person asking work."""
    return await tx.value(_Q["count_working"])


async def own_tokens(tx: Transaction) -> list[TokenRow]:
    """Return the tokens of the person asking, those that work first."""
    return await tx.all(_Q["own_tokens"], into=TokenRow)


async def revoke(tx: Transaction, token: UUID) -> bool:
    """End a token of the person asking; False when there is none that works."""
    return await tx.run(_Q["revoke"], token) > 0
