"""Pages of factors: one's own `security`, its `passkeys`, and the `door` that asks for a factor on the way in."""

from upheld.features.factors.pages import door, passkeys, security

handlers = [*door.handlers, *security.handlers, *passkeys.handlers]
