"""Reading one's own ways in through other sites."""

from upheld.features.providers import store
from upheld.features.providers.model import LinkedProvider
from upheld.platform.acting import Acting
from upheld.platform.openid.configuration import configured


async def own_providers(acting: Acting) -> list[LinkedProvider]:
    """Return the identities of the person asking; one whose provider is no longer offered shows its issuer."""
    labels = {provider.issuer: provider.label for provider in configured(acting.platform.settings).values()}
    rows = await store.own_identities(acting.tx)
    return [
        LinkedProvider(row.id, row.issuer, labels.get(row.issuer, row.issuer), row.linked_at, row.used_at)
        for row in rows
    ]
