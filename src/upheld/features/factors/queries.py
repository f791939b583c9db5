"""Reading one's own factors."""

from upheld.features.factors import store
from upheld.features.factors.model import Factors, Passkey
from upheld.platform.acting import Acting


async def own_factors(acting: Acting) -> Factors:
    """Return everything of the person asking that counts beside the password."""
    rows = await store.own_passkeys(acting.tx)
    names = await acting.platform.vault.open_rows(
        "passkeys", [(row.id, {"name_sealed": row.name_sealed}) for row in rows]
    )
    passkeys = [
        Passkey(row.id, name["name_sealed"] or "", row.created_at, row.last_used_at)
        for row, name in zip(rows, names, strict=True)
    ]
    return Factors(await store.own_app(acting.tx), passkeys, await store.own_codes(acting.tx))
