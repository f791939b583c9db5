"""What can be done with other sites: leaving for one and coming back, registering, linking."""

from upheld.features.providers.actions.entering import arrive, leave, return_address
from upheld.features.providers.actions.linking import link, raise_identity_indexes, unlink
from upheld.features.providers.actions.registering import confirm, register_newcomer

__all__ = [
    "arrive", "confirm", "leave", "link", "raise_identity_indexes", "register_newcomer",
    "return_address", "unlink",
]  # fmt: skip
