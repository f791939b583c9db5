"""The providers of this process: one client each, with what they have fetched."""

from functools import lru_cache

from upheld.platform.openid.client import Clients
from upheld.platform.openid.configuration import configured
from upheld.platform.settings import Settings


@lru_cache(maxsize=8)
def clients_of(settings: Settings) -> Clients:
    """Return how a deployment speaks to its providers.

    Raises:
        SettingsError: they are not configured as they have to be.
    """
    return Clients(configured(settings))
