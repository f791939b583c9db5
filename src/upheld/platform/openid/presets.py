"""Presets: what each kind of provider defends against, and what is done where it does not.

Data, shown on a public page and kept by contract tests: for every defence, a preset either offers
it or says what stands in its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from upheld.platform.i18n import mark


class Defence(StrEnum):
    """What can keep somebody from getting in with another's sign-in."""

    STATE = "state"
    PKCE = "pkce"
    NONCE = "nonce"
    RESPONSE_ISSUER = "response-issuer"
    ID_TOKEN = "id-token"  # noqa: S105 - the name of a defence
    FRESH_PROOF = "fresh-proof"
    ADDRESS = "address"


MEANING: Mapping[Defence, str] = {
    Defence.STATE: mark("The answer is tied to the browser that asked (state)"),
    Defence.PKCE: mark("A stolen code is worth nothing to whoever steals it (PKCE)"),
    Defence.NONCE: mark("The statement about you is made for this one sign-in (nonce)"),
    Defence.RESPONSE_ISSUER: mark("The answer says which provider gives it (RFC 9207)"),
    Defence.ID_TOKEN: mark("The statement about you is signed, for us alone, and short-lived (ID token)"),
    Defence.FRESH_PROOF: mark("The provider can be asked to have you prove yourself anew"),
    Defence.ADDRESS: mark("The provider's word about your e-mail address is enough"),
}

_OWN_RETURN = mark(
    "Each provider has a return address of its own here, and a sign-in is pinned to the provider that it began with. "
    "Where an answer does name its provider, the name has to be right."
)
_MAIL_FIRST = mark(
    "A new account's address is proven by a mail before anything is opened; no old account is looked up."
)
_OWN_PROOF = mark(
    "Who has a password or passkey here is asked for that. For everybody else a new sign-in counts as a proof for ten "
    "minutes."
)


@dataclass(frozen=True)
class Endpoints:
    """Where a provider answers, when it publishes no description of itself."""

    authorization: str
    token: str
    user: str


@dataclass(frozen=True)
class Preset:
    """One kind of provider."""

    name: str
    offers: frozenset[Defence]
    instead: Mapping[Defence, str]
    """What stands in the place of each defence that is not offered."""

    label: str = ""
    issuer: str = ""
    """Who the provider is, as it signs; a constant of ours for one that signs nothing. Empty: configured."""

    scopes: str = "openid email"
    secret_in_body: bool = False
    """Whether it takes our secret in the body of a request alone (RFC 6749, 2.3.1)."""

    endpoints: Endpoints | None = None
    """Where it answers; None: it publishes that (OpenID Connect Discovery)."""


OPENID = Preset(
    "oidc",
    frozenset({Defence.STATE, Defence.PKCE, Defence.NONCE, Defence.ID_TOKEN, Defence.FRESH_PROOF}),
    {Defence.RESPONSE_ISSUER: _OWN_RETURN, Defence.ADDRESS: _MAIL_FIRST},
)
GOOGLE = Preset(
    "google",
    frozenset({Defence.STATE, Defence.PKCE, Defence.NONCE, Defence.ID_TOKEN, Defence.ADDRESS}),
    {Defence.RESPONSE_ISSUER: _OWN_RETURN, Defence.FRESH_PROOF: _OWN_PROOF},
    label="Google",
    issuer="https://accounts.google.com",
)
LINKEDIN = Preset(
    "linkedin",
    frozenset({Defence.STATE, Defence.ID_TOKEN}),
    {
        Defence.PKCE: mark(
            "It refuses the proof that goes with a code. So a code is only used with our own secret, by the browser "
            "that began, within ten minutes and once; its address is passed on to nobody."
        ),
        Defence.NONCE: mark(
            "The statement comes straight from the provider to us, never through a browser, and has to have been made "
            "after this sign-in began. Should it hold a nonce after all, it has to be ours."
        ),
        Defence.RESPONSE_ISSUER: _OWN_RETURN,
        Defence.FRESH_PROOF: _OWN_PROOF,
        Defence.ADDRESS: _MAIL_FIRST,
    },
    label="LinkedIn",
    issuer="https://www.linkedin.com/oauth",
    secret_in_body=True,
)
GITHUB = Preset(
    "github",
    frozenset({Defence.STATE, Defence.PKCE}),
    {
        Defence.NONCE: mark("There is no statement to replay: we ask the provider itself who you are."),
        Defence.RESPONSE_ISSUER: _OWN_RETURN,
        Defence.ID_TOKEN: mark(
            "We ask the provider itself who you are, over a verified connection, with a token made for us a moment "
            "before; you are known by the number of your account there, never by its name."
        ),
        Defence.FRESH_PROOF: _OWN_PROOF,
        Defence.ADDRESS: _MAIL_FIRST,
    },
    label="GitHub",
    issuer="https://github.com",
    scopes="user:email",
    secret_in_body=True,
    endpoints=Endpoints(
        "https://github.com/login/oauth/authorize",
        "https://github.com/login/oauth/access_token",
        "https://api.github.com/user",
    ),
)

PRESETS: Mapping[str, Preset] = {preset.name: preset for preset in (GOOGLE, LINKEDIN, GITHUB, OPENID)}
