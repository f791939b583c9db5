"""What can go wrong when getting in."""

from upheld.kit.errors import InvalidError, RefusedError
from upheld.platform.i18n import mark


class WrongCredentialsError(InvalidError):
    """The address and the password do not belong together. Check both; capitals matter in the password."""

    code = "wrong-credentials"


class NotVerifiedError(RefusedError):
    """This address is not confirmed yet. Open the link in the mail we sent you; a new one is on its way."""

    code = "not-verified"


class LinkSpentError(RefusedError):
    """This link was used already or is too old. Sign in, and we send you a new one."""

    code = "link-spent"


class WrongProofError(InvalidError):
    """This was not accepted as a proof that it is you."""

    code = "wrong-proof"

    def __init__(self) -> None:
        """Say it at the field."""
        super().__init__({"own-password": mark("This is not your password. Capitals matter.")})
