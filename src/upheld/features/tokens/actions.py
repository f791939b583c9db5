"""Making and revoking tokens."""

import hashlib
from uuid import UUID, uuid4

from upheld.features.audit.actions import record
from upheld.features.audit.model import Action
from upheld.features.tokens import store
from upheld.features.tokens.errors import TooManyTokensError
from upheld.features.tokens.model import HIRING, LIFETIMES, LONGEST_LABEL, MOST_TOKENS, NewToken, Wish
from upheld.kit.errors import InvalidError, NotFoundError
from upheld.platform.acting import Acting
from upheld.platform.i18n import mark
from upheld.platform.outbox import queue_mail
from upheld.platform.vault import PLATFORM, KeyRef
from upheld.platform.web.bearer import new_token


async def make_token(acting: Acting, wish: Wish) -> NewToken:
    """Make a token, which is returned and kept nowhere; its person is told by mail.

    Raises:
        InvalidError: what was asked for does not do.
        TooManyTokensError: they have as many as there may be.
        ProofNeededError: the database wants a fresh proof of who they are first.
    """
    _check(acting, wish)
    if await store.count_working(acting.tx) >= MOST_TOKENS:
        raise TooManyTokensError
    vault, token, token_id = acting.platform.vault, new_token(), uuid4()
    whose = KeyRef(acting.person_id, PLATFORM, "account")
    sealed = await vault.seal(whose, "access_tokens", token_id, {"label_sealed": wish.label})
    expires_at = await store.add_access_token(
        acting.tx, token_id, sealed["label_sealed"] or b"", hashlib.sha256(token.encode()).digest(), wish.scopes,
        LIFETIMES[wish.days],
    )  # fmt: skip
    await record(acting, Action.TOKEN_MADE, "token", token_id, {"scopes": [*wish.scopes]})
    told = {"label": wish.label, "until": expires_at.isoformat()}
    await queue_mail(acting.tx, vault, acting.person_id, "tokens/token-made", told)
    return NewToken(token, wish.label, expires_at)


async def revoke_token(acting: Acting, token: UUID) -> None:
    """End a token; the next request with it is refused.

    Raises:
        NotFoundError: it is not theirs, or has ended already.
    """
    if not await store.revoke(acting.tx, token):
        raise NotFoundError
    await record(acting, Action.TOKEN_REVOKED, "token", token)


def _check(acting: Acting, wish: Wish) -> None:
    wrong: dict[str, str] = {}
    if not 0 < len(wish.label) <= LONGEST_LABEL:
        wrong["label"] = mark("Give it a name of at most 60 letters that tells you later which program has it.")
    hiring = [scope for scope in wish.scopes if scope in HIRING]
    if not wish.scopes:
        wrong["scopes"] = mark("Choose at least one thing that the program may read.")
    elif hiring and len(hiring) < len(wish.scopes):
        wrong["scopes"] = mark("A token reads either what is yours or what is your organisation's. Make one for each.")
    elif hiring and acting.organisation_id is None:
        wrong["scopes"] = mark("You act for no organisation at the moment. Choose what is yours.")
    if wish.days not in LIFETIMES:
        wrong["days"] = mark("Choose how long it works.")
    if wrong:
        raise InvalidError(wrong)
