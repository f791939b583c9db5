"""What can go wrong with another site."""

from upheld.kit.errors import ConflictError, RefusedError


class NotExpectedError(RefusedError):
    """This answer is not expected here: nothing was begun in this browser within ten minutes. Begin again."""

    code = "not-expected"


class DeclinedError(RefusedError):
    """The other site sent you back without an answer. Begin again, or sign in another way."""

    code = "declined"


class LinkedElsewhereError(ConflictError):
    """This account at the other site opens an account here already. Sign in with it to see which."""

    code = "linked-elsewhere"


class AnotherPersonError(RefusedError):
    """That is not the account at the other site which opens this one. Nothing was changed."""

    code = "another-person"


class LastWayInError(ConflictError):
    """This is the only way in to your account. Add another one first: a password or a passkey."""

    code = "last-way-in"


class OtherBrowserError(RefusedError):
    """Open this link in the browser in which you began, so that nobody else ends up in your account."""

    code = "other-browser"
