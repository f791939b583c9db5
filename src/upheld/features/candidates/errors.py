"""What can go wrong with a profile or a document."""

from upheld.kit.errors import RefusedError
from upheld.platform.documents import DocumentError


class TooManyDocumentsError(DocumentError):
    """You keep ten documents already. Remove one you no longer need, then upload this one."""

    code = "too-many-documents"


class ReadingNotAllowedError(RefusedError):
    """We read your documents only when you let us. You can say so on the page of your documents."""

    code = "reading-not-allowed"
