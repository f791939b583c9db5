"""Recognising a document by its content.

This is the only look at an uploaded file inside the web process, so it parses next to
nothing: magic bytes, and of a zip the directory (bounded before it is read) and one small
entry. Whether the rest holds together is for the child to find out.
"""

import re
import zipfile
import zlib
from io import BytesIO

from upheld.platform.documents.errors import DamagedError, LockedError, NoDocumentError, TooBigError, UnknownKindError

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

LARGEST_DOCUMENT = 10 * 1024 * 1024
MOST_ENTRIES = 2000
MOST_UNPACKED = 50 * 1024 * 1024

_EXTENSIONS = {PDF: ".pdf", DOCX: ".docx"}
_MAIN_PART = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
# What Word writes; the other methods only make a bomb smaller.
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_LARGEST_LIST = 256 * 1024
_DIRECTORY_ENTRY = b"PK\x01\x02"
# Old Word files, and .docx files under a password, are compound files.
_COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")
# The trailer of a PDF, or of its compressed twin, names the dictionary of a lock in the clear.
_LOCK = re.compile(rb"/Encrypt\s{0,8}(?:\d{1,10}\s{1,8}\d{1,5}\s{1,8}R|<<)")


def recognise(content: bytes, name: str) -> str:
    """Return the media type of a document, which its name must not contradict.

    Raises:
        NoDocumentError: nothing arrived.
        TooBigError: it is larger than 10 MB.
        LockedError: it is encrypted.
        UnknownKindError: it is neither PDF nor .docx, or its name says another kind.
        DamagedError: its directory cannot be read.
    """
    if not content:
        raise NoDocumentError
    if len(content) > LARGEST_DOCUMENT:
        raise TooBigError
    media_type = _kind(content)
    if not name.lower().endswith(_EXTENSIONS[media_type]):
        raise UnknownKindError
    return media_type


def open_package(content: bytes) -> zipfile.ZipFile:
    """Open a zip whose directory is short and whose entries are small when unpacked.

    The sizes are those the directory claims; reading an entry stops at the claim.

    Raises:
        DamagedError: it does not open, or claims more than 2,000 entries or 50 MB.
    """
    # Counted before anything is built from the directory: each entry starts with this mark.
    if content.count(_DIRECTORY_ENTRY) > MOST_ENTRIES:
        raise DamagedError
    try:
        package = zipfile.ZipFile(BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise DamagedError from error
    entries = package.infolist()
    plain = all(entry.compress_type in _METHODS and not entry.flag_bits & 1 for entry in entries)
    if not plain or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise DamagedError
    return package


def _kind(content: bytes) -> str:
    if content.startswith(b"%PDF-"):
        if _LOCK.search(content):
            raise LockedError
        return PDF
    if content.startswith(_COMPOUND):
        raise LockedError
    if content.startswith(b"PK\x03\x04") and _is_word(open_package(content)):
        return DOCX
    raise UnknownKindError


def _is_word(package: zipfile.ZipFile) -> bool:
    """Whether a package is a Word document without macros, by the list of its parts."""
    names = set(package.namelist())
    if not {"[Content_Types].xml", "word/document.xml"} <= names or any("vbaproject" in n.lower() for n in names):
        return False
    try:
        with package.open("[Content_Types].xml") as part:
            listed = part.read(_LARGEST_LIST)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise DamagedError from error
    return _MAIN_PART in listed and b"macroEnabled" not in listed
