"""What can go wrong with factors."""

from upheld.kit.errors import ConflictError, InvalidError, RefusedError


class WrongCodeError(InvalidError):
    """This code does not fit, or was used already. Enter the one that your app shows now."""

    code = "wrong-code"

    def __init__(self) -> None:
        """Say it at the field."""
        super().__init__({})
        self.fields = {"code": self.message}


class WrongRecoveryCodeError(WrongCodeError):
    """This recovery code does not fit, or was used already. Take another one from your list."""

    code = "wrong-recovery-code"


class SignInOverError(RefusedError):
    """This sign-in took too long, or was finished already. Begin again."""

    code = "sign-in-over"


class PasskeyRefusedError(InvalidError):
    """This passkey was not accepted. Try again, or go on in another way."""

    code = "passkey-refused"

    def __init__(self) -> None:
        """There is no field to say it at."""
        super().__init__({})


class PasskeyKnownError(ConflictError):
    """This passkey is kept already."""

    code = "passkey-known"


class LastWayInError(ConflictError):
    """Without this passkey you could not sign in any more. Set a password or add another passkey first."""

    code = "last-way-in"


class AppKnownError(ConflictError):
    """Your account has an app for codes already. Remove it first, then add the new one."""

    code = "app-known"


class NoFactorYetError(ConflictError):
    """Recovery codes stand in for a passkey or an app. Add one of these first; codes come with it."""

    code = "no-factor-yet"


class NoAppYetError(ConflictError):
    """There is no app that waits for its first code. Begin again with its picture."""

    code = "no-app-yet"
