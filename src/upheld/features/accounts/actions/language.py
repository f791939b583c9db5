"""The language that somebody is written to in."""

from upheld.features.accounts import store
from upheld.features.audit.actions import record
from upheld.features.audit.model import Action
from upheld.platform.acting import Acting


async def choose_language(acting: Acting, language: str) -> None:
    """Keep the language that the person asking wants to be written to in."""
    if await store.choose_language(acting.tx, language):
        await record(acting, Action.LANGUAGE_CHOSEN, "person", acting.person_id, {"language": language})
