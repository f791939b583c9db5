"""Reading one's own tokens."""

from uuid import UUID

from upheld.features.tokens import store
from upheld.features.tokens.model import Token
from upheld.kit.errors import NotFoundError
from upheld.platform.acting import Acting


async def own_tokens(acting: Acting) -> list[Token]:
    """Return the tokens of the person asking: those that work first, then what ended within a month."""
    rows = await store.own_tokens(acting.tx)
    cells = [(row.id, {"label_sealed": row.label_sealed}) for row in rows]
    opened = await acting.platform.vault.open_rows("access_tokens", cells)
    return [Token(texts["label_sealed"] or "", row) for row, texts in zip(rows, opened, strict=True)]


async def own_token(acting: Acting, token: UUID) -> Token:
    """Return one token of the person asking that works.

    Raises:
        NotFoundError: there is none.
    """
    found = next((one for one in await own_tokens(acting) if one.row.id == token and one.row.works), None)
    if found is None:
        raise NotFoundError
    return found
