"""What can go wrong, in the words of the person it happens to.

One tree: a slice's errors extend one of the children here. The class's docstring is its
default message. They are rendered in one place per edge (page, problem details, socket,
job); a message never contains personal data.
"""

import inspect
from collections.abc import Mapping


class UpheldError(Exception):
    """Something went wrong."""

    code = "error"
    status = 500

    def __init__(self, message: str | None = None) -> None:
        """Take the message from the class's docstring unless one is given."""
        super().__init__(message or inspect.cleandoc(type(self).__doc__ or ""))

    @property
    def message(self) -> str:
        """The sentence for the person."""
        return str(self.args[0])


class NotFoundError(UpheldError):
    """There is nothing here, or it is not yours to see."""

    code = "not-found"
    status = 404


class RefusedError(UpheldError):
    """You cannot do this."""

    code = "refused"
    status = 403


class SignInNeededError(RefusedError):
    """Sign in to see this page."""

    code = "sign-in-needed"
    status = 401


class ProofNeededError(RefusedError):
    """Show once more that it is you; then this goes on."""

    code = "proof-needed"
    status = 401


class FactorNeededError(RefusedError):
    """This organisation asks its members for a passkey or an app for codes. Add one to your account; then go on."""

    code = "factor-needed"


class ConflictError(UpheldError):
    """This has changed in the meantime. Look again, then repeat what you wanted to do."""

    code = "conflict"
    status = 409


class TooSoonError(UpheldError):
    """That was tried too often. Wait a little, then try again."""

    code = "too-soon"
    status = 429

    def __init__(self, wait_seconds: int, message: str | None = None) -> None:
        """Remember how many seconds to wait."""
        super().__init__(message)
        self.wait_seconds = wait_seconds


class InvalidError(UpheldError):
    """Some answers need another look."""

    code = "invalid"
    status = 422

    def __init__(self, fields: Mapping[str, str], message: str | None = None) -> None:
        """Remember what is wrong with which field, in words that say what to do."""
        super().__init__(message)
        self.fields = dict(fields)


class UnavailableError(UpheldError):
    """This cannot be reached at the moment. Nothing was lost; try again in a minute."""

    code = "unavailable"
    status = 503
    wait_seconds = 10
    """After how long trying again makes sense."""


class AwayError(UnavailableError):
    """Something that this needs does not answer at the moment. Nothing was changed; try again in a minute."""

    code = "away"


class UnsureError(AwayError):
    """The connection was lost at the last moment. It may be done or not: look before you do it again."""

    code = "unsure"


class FullError(UnavailableError):
    """There is no room left here to store this. Nothing was changed. Room has to be made first; try again later."""

    code = "full"
    status = 507
    wait_seconds = 60
