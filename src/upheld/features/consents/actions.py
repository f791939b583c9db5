"""Publishing notices; giving and withdrawing consent."""

import hashlib
from importlib import resources
from uuid import UUID

from upheld.features.audit.actions import record
from upheld.features.audit.model import Action
from upheld.features.consents import store
from upheld.features.consents.model import Kind, Purpose
from upheld.platform.acting import Acting
from upheld.platform.i18n import Words
from upheld.platform.services import Platform


async def publish_notices(platform: Platform) -> None:
    """Publish the notices that this release ships, filled in with who answers for them.

    Repeating it changes nothing; another wording is another version.
    """
    settings = platform.settings
    async with platform.database.maintenance() as tx:
        for kind in Kind:
            for file in resources.files("upheld.features.consents").joinpath("notices").iterdir():
                name, language, _ = file.name.split(".")
                if name == kind:
                    text = file.read_text()
                    # Left at its default, who answers is a sentence of ours; a name stays as it is.
                    controller = Words(language)(settings.controller)
                    body = text.replace("{controller}", controller).replace("{contact}", settings.contact)
                    digest = hashlib.sha256(body.encode()).hexdigest()
                    notice_id = UUID(hex=digest[:32])
                    await store.publish_notice(tx, notice_id, kind, f"1.{digest[:8]}", language, body)


async def give_consent(acting: Acting, purpose: Purpose, notice: UUID, organisation: UUID | None = None) -> None:
    """Record that the person agrees, after having been shown `notice`."""
    await _record(acting, purpose, notice, organisation, given=True)


async def withdraw_consent(acting: Acting, purpose: Purpose, notice: UUID, organisation: UUID | None = None) -> None:
    """Record that the person agrees no longer; what rested on it stops."""
    await _record(acting, purpose, notice, organisation, given=False)


async def _record(acting: Acting, purpose: Purpose, notice: UUID, organisation: UUID | None, *, given: bool) -> None:
    platform = acting.platform
    origin = await platform.vault.seal_origin(platform.clock.now(), acting.origin)
    await store.add_consent(acting.tx, purpose, organisation, notice, origin, given=given)
    action = Action.CONSENT_GIVEN if given else Action.CONSENT_WITHDRAWN
    await record(acting, action, "notice", notice, {"purpose": str(purpose)})
