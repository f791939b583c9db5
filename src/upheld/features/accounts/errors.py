"""What can go wrong when getting in."""

from upheld.kit.errors import InvalidError, NotFoundError, RefusedError
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


class NotChosenError(InvalidError):
    """This is not the password that was chosen for this address."""

    code = "not-chosen"

    def __init__(self) -> None:
        """Say it at the field."""
        super().__init__({"password": mark("This is not the password that was chosen. You can choose another below.")})


class ResetSpentError(RefusedError):
    """This link was used already or is too old. Ask for a new one."""

    code = "reset-spent"


class ChangeSpentError(RefusedError):
    """This link was used already or is too old, so nothing was changed."""

    code = "change-spent"


class NobodyError(NotFoundError):
    """There is no such account."""

    code = "nobody"


class WrongProofError(InvalidError):
    """This was not accepted as a proof that it is you."""

    code = "wrong-proof"

    def __init__(self) -> None:
        """Say it at the field."""
        super().__init__({"own-password": mark("This is not your password. Capitals matter.")})
