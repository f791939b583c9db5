"""What can go wrong around jobs."""

from upheld.kit.errors import ConflictError, RefusedError


class NotHiringError(RefusedError):
    """Your role in this organisation does not include posting and changing its jobs."""

    code = "not-hiring"


class JobPublishedError(ConflictError):
    """This job is published already."""

    code = "job-published"


class JobClosedError(ConflictError):
    """This job is closed and stays as it is. To hire again, post a new job."""

    code = "job-closed"


class JobNotOpenError(ConflictError):
    """Only a published job can be closed, and this one is not published or closed already."""

    code = "job-not-open"
