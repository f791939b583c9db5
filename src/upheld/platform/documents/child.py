"""The child: opens one document from its standard input, answers on its standard output.

Run as `python -I -m upheld.platform.documents.child <verb> <media type>` by `reading`.
Everything it needs is imported before it gives its rights up: afterwards it may be unable
to read its own code. Exit status: 0 answered, else as in `reading.FAILURES`; anything else
is a crash and counts as damaged.
"""

import sys

import msgspec

from upheld.platform.documents import pdf, word
from upheld.platform.documents.confinement import confine
from upheld.platform.documents.errors import DamagedError, DocumentError, TooLongError
from upheld.platform.documents.reading import FAILURES, ReadDocument
from upheld.platform.documents.recognition import LARGEST_DOCUMENT, PDF
from upheld.platform.documents.text import tidy

MOST_CHARACTERS = 200_000
STATUSES = {failure: status for status, failure in FAILURES.items()}


def answer(verb: str, media_type: str, content: bytes, *, isolated: bool) -> bytes:
    """Return the answer to one question about a document.

    Raises:
        DocumentError: it cannot be opened, or holds too much.
    """
    if verb == "draw":
        return pdf.draw(content)
    if verb == "check":
        pages = pdf.count_pages(content) if media_type == PDF else word.check(content)
        return msgspec.json.encode(ReadDocument("", pages, isolated))
    text, pages = pdf.read(content) if media_type == PDF else word.read(content)
    text = tidy(text)
    if len(text) > MOST_CHARACTERS:
        raise TooLongError
    return msgspec.json.encode(ReadDocument(text, pages, isolated))


def main() -> int:
    """Confine, read, answer; return the exit status."""
    verb, media_type = sys.argv[1:]
    isolated = confine()
    content = sys.stdin.buffer.read(LARGEST_DOCUMENT + 1)
    try:
        said = answer(verb, media_type, content, isolated=isolated)
    except DocumentError as error:
        return STATUSES.get(type(error), STATUSES[DamagedError])
    sys.stdout.buffer.write(said)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
