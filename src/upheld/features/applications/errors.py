"""What can go wrong with applications."""

from upheld.kit.errors import ConflictError, InvalidError


class AlreadyAppliedError(ConflictError):
    """You have applied for this job already. You find it under your applications."""

    code = "already-applied"


class NotTakingApplicationsError(ConflictError):
    """This job no longer takes applications."""

    code = "not-taking-applications"


class ProfileIncompleteError(InvalidError):
    """Add your name and an e-mail address to your profile first. The employer needs both to answer you."""

    code = "profile-incomplete"


class ApplicationClosedError(ConflictError):
    """This application is closed. It does not change any more."""

    code = "application-closed"
