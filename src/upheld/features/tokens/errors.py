"""What can go wrong with a token."""

from upheld.kit.errors import ConflictError


class TooManyTokensError(ConflictError):
    """You have 20 access tokens that work, and that is the most. Revoke one that you no longer need, then try again."""

    code = "too-many-tokens"
