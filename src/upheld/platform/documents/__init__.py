"""Documents: what people upload, recognised by content and opened in a process of its own.

Nothing an uploader wrote is parsed in this process. `recognise` looks at the first bytes
and at a zip's directory; everything else happens in a child that has no network, no
environment, no files and little time (`confinement`), from whose answer only text, a
number or a picture is taken. A document is never written to disk unsealed.
"""

from upheld.platform.documents.confinement import Confinement
from upheld.platform.documents.errors import (
    DamagedError,
    DocumentError,
    LockedError,
    NoDocumentError,
    TooBigError,
    TooLongError,
    TooSlowError,
    UnknownKindError,
)
from upheld.platform.documents.reading import (
    ReadDocument,
    check_document,
    confinement_report,
    picture_of,
    read_document,
    tell_confinement,
)
from upheld.platform.documents.recognition import DOCX, LARGEST_DOCUMENT, PDF, recognise

__all__ = [
    "DOCX",
    "LARGEST_DOCUMENT",
    "PDF",
    "Confinement",
    "DamagedError",
    "DocumentError",
    "LockedError",
    "NoDocumentError",
    "ReadDocument",
    "TooBigError",
    "TooLongError",
    "TooSlowError",
    "UnknownKindError",
    "check_document",
    "confinement_report",
    "picture_of",
    "read_document",
    "recognise",
    "tell_confinement",
]
