"""What can go wrong while proving."""

from upheld.kit.errors import ConflictError, NotFoundError, UnavailableError


class CannotLookError(UnavailableError):
    """This could not be looked at, so it is not proven."""

    code = "cannot-look"


class OutOfReachError(CannotLookError):
    """Whoever asks has no access that this needs."""

    code = "out-of-reach"


class NoRunError(NotFoundError):
    """No run of the promises is on record yet. `upheld verify` makes one."""

    code = "no-run"


class ForgedRunError(UnavailableError):
    """The last run on record does not carry our signature, so nothing of it is shown. `upheld verify` makes another."""

    code = "forged-run"


class NoSuchPromiseError(NotFoundError):
    """There is no promise of this name. `upheld verify --list` names them all."""

    code = "no-such-promise"


class AnotherRunError(ConflictError):
    """Another `upheld verify` is looking at this deployment. Wait until it is done."""

    code = "another-run"
