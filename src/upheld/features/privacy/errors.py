"""What can go wrong on the way out."""

from upheld.kit.errors import ConflictError, NotFoundError, UpheldError


class AlreadyLeavingError(ConflictError):
    """You have asked to leave already. Your privacy page shows when it happens, and lets you call it off."""

    code = "already-leaving"


class TooLateError(ConflictError):
    """There is nothing to call off: either it was called off before, or the erasure has begun."""

    code = "too-late"


class UnknownReceiptError(NotFoundError):
    """No erasure belongs to this address. Check that the whole link was copied."""

    code = "unknown-receipt"


class ExportIncompleteError(UpheldError):
    """A part of your data could not be read, so there is no archive: half of it would not be everything."""

    code = "export-incomplete"


class CertificateError(UpheldError):
    """This is not a certificate of erasure."""

    code = "certificate"
