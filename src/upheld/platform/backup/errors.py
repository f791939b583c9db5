"""What can go wrong with a backup."""

from upheld.kit.errors import ConflictError, RefusedError, UnavailableError


class ProgramError(UnavailableError):
    """PostgreSQL's own programs are missing, too old, or did not finish."""

    code = "backup-program"


class DamagedError(UnavailableError):
    """This is not a whole backup of this deployment. Nothing was changed."""

    code = "backup-damaged"


class PlaceError(RefusedError):
    """A backup cannot be put there."""

    code = "backup-place"


class OccupiedError(ConflictError):
    """There is something here already. Add --replace to put the backup in its place."""

    code = "restore-occupied"


class LossError(RefusedError):
    """This keyring is older than the data: what was written in between could never be read again."""

    code = "restore-loss"
