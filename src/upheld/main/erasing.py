"""Erasures for `upheld verify`: the worker's own code, run at once."""

from uuid import UUID

from upheld.features.privacy.duties import erase_at_once, replay
from upheld.platform.mail import open_mailer
from upheld.platform.services import open_platform
from upheld.platform.settings import Settings

_ROLES = ("worker", "maintenance")


class OwnErasures:
    """Carries erasures out in this process."""

    async def at_once(self, settings: Settings, person: UUID, receipt: bytes) -> None:
        """Carry out the erasure that a probe person has asked for."""
        async with open_platform(settings, _ROLES) as platform:
            await erase_at_once(platform, open_mailer(settings), person, receipt)

    async def replay(self, settings: Settings) -> list[int]:
        """Repeat the erasures that a restore has undone."""
        async with open_platform(settings, _ROLES) as platform:
            return await replay(platform, open_mailer(settings))
