"""What can be wrong with a document, in words that say what to do."""

import inspect

from upheld.kit.errors import InvalidError


class DocumentError(InvalidError):
    """This document cannot be used. Upload another one."""

    code = "document"

    def __init__(self) -> None:
        """Say it at the field where the file was chosen."""
        super().__init__({"file": inspect.cleandoc(type(self).__doc__ or "")})


class NoDocumentError(DocumentError):
    """Choose a PDF or Word file first; nothing was in what arrived."""

    code = "document-empty"


class UnknownKindError(DocumentError):
    """This is not a PDF or Word file, or its name says another kind than its content. Upload a .pdf or .docx file."""

    code = "document-kind"


class TooBigError(DocumentError):
    """This document is larger than 10 MB. Save it with smaller pictures and upload that."""

    code = "document-too-big"


class LockedError(DocumentError):
    """This document is locked with a password or against copying. Save a copy without the lock and upload that."""

    code = "document-locked"


class DamagedError(DocumentError):
    """This document is damaged and does not open. Save it again as PDF or .docx and upload that."""

    code = "document-damaged"


class TooLongError(DocumentError):
    """This document is too long: more than 50 pages, or as much text. Upload the pages that matter."""

    code = "document-too-long"


class TooSlowError(DocumentError):
    """This document takes too long to open. Save a simpler copy, with fewer drawings, and upload that."""

    code = "document-too-slow"
