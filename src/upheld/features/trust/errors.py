"""What can go wrong while proving."""

from upheld.kit.errors import ConflictError, NotFoundError, UnavailableError


class CannotLookError(UnavailableError):
    """This could not be looked at, so it is not proven."""

    code = "cannot-look"


class NoSuchPromiseError(NotFoundError):
    """There is no promise of this name. `upheld verify --list` names them all."""

    code = "no-such-promise"


class AnotherRunError(ConflictError):
    """Another `upheld verify` is looking at this deployment. Wait until it is done."""

    code = "another-run"
