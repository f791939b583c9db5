"""Word files (.docx): a zip of XML parts, read with bounds. Only the child imports this.

The parts are streamed through expat; a document type declaration, where external and
nested entities would be declared, ends the reading at once. Nothing is followed, nothing
is built up, and only text that a reader would see is taken.
"""

import codecs
import re
import zipfile
import zlib
from xml.parsers import expat

from upheld.platform.documents.errors import DamagedError, TooLongError
from upheld.platform.documents.recognition import open_package

MOST_CHARACTERS = 400_000
_HEADER = re.compile(r"word/header\d{0,3}\.xml")
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main "
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
_BREAKS = {"p": "\n", "br": "\n", "cr": "\n", "tab": "\t", "tc": "\n", "noBreakHyphen": "-"}
# What a zip or its XML fails with when it is not whole.
_BROKEN = (KeyError, expat.ExpatError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)
# Names in a zip may be in this code page; its module is loaded while that is still possible.
codecs.lookup("cp437")


class _Text:
    """Collects the visible text of one part."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.pieces: list[str] = []
        self.length = 0
        self._reading = False
        self._hidden = 0

    def start(self, name: str, _: object) -> None:
        """Begin an element."""
        local = _local(name)
        if name == _FALLBACK or local in {"del", "moveFrom"}:
            self._hidden += 1
        self._reading = local == "t"
        if local in {"br", "cr", "tab", "noBreakHyphen"}:
            self.add(_BREAKS[local])

    def end(self, name: str) -> None:
        """End an element."""
        local = _local(name)
        if name == _FALLBACK or local in {"del", "moveFrom"}:
            self._hidden -= 1
        self._reading = False
        if local in {"p", "tc"}:
            self.add(_BREAKS[local])

    def text(self, said: str) -> None:
        """Take characters, when they are inside of a run of text."""
        if self._reading:
            self.add(said)

    def add(self, said: str) -> None:
        """Add to what was collected, within bounds."""
        if self._hidden:
            return
        self.pieces.append(said)
        self.length += len(said)
        if self.length > MOST_CHARACTERS:
            raise TooLongError


def read(content: bytes) -> tuple[str, int]:
    """Return the text, headers first (résumés keep names there); Word files have no pages."""
    with open_package(content) as package:
        headers = sorted(name for name in package.namelist() if _HEADER.fullmatch(name))
        texts = [_part_text(package, name).strip() for name in [*headers, "word/document.xml"]]
    # A document repeats its header for first, odd and even pages.
    return "\n".join(dict.fromkeys(text for text in texts if text)), 0


def check(content: bytes) -> int:
    """Make sure that the main part is whole; return 0, the number of pages it knows of."""
    with open_package(content) as package:
        _part_text(package, "word/document.xml")
    return 0


def _part_text(package: zipfile.ZipFile, name: str) -> str:
    collected = _Text()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = collected.start
    parser.EndElementHandler = collected.end
    parser.CharacterDataHandler = collected.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        with package.open(name) as part:
            parser.ParseFile(part)
    except _BROKEN as error:
        raise DamagedError from error
    return "".join(collected.pieces)


def _refuse(*_: object) -> None:
    raise DamagedError


def _local(name: str) -> str:
    """Return the name of a Word element, or nothing for anybody else's."""
    if name.startswith((_WORD, _STRICT)):
        return name.rsplit(" ", 1)[1]
    return ""
