"""The child: opens one document from its standard input, answers on its standard output.

Run as `python -I -m upheld.platform.documents.child <verb> <media type>` by `process`.
What the kind of document needs, and nothing else, is imported before it gives its rights
up: afterwards it cannot read its own code. Exit status: 0 answered, else as in
`process.FAILURES`; anything else is a crash and counts as damaged.
"""

import sys
from collections.abc import Callable

import msgspec

from upheld.platform.documents.confinement import confine
from upheld.platform.documents.errors import DamagedError, DocumentError, TooLongError
from upheld.platform.documents.process import FAILURES
from upheld.platform.documents.reading import ReadDocument
from upheld.platform.documents.recognition import LARGEST_DOCUMENT, PDF
from upheld.platform.documents.text import tidy

MOST_CHARACTERS = 200_000
STATUSES = {failure: status for status, failure in FAILURES.items()}

Open = Callable[[bytes], bytes]


def opener(verb: str, media_type: str) -> Open:
    """Return what answers a question about documents of a kind, with everything it needs loaded."""
    if media_type == PDF:
        from upheld.platform.documents import pdf  # noqa: PLC0415 - a Word file is opened without it

        if verb == "draw":
            return pdf.draw
        return _counting(pdf.count_pages) if verb == "check" else _reading(pdf.read)
    from upheld.platform.documents import word  # noqa: PLC0415 - a PDF is opened without it

    return _counting(word.check) if verb == "check" else _reading(word.read)


def _counting(count: Callable[[bytes], int]) -> Open:
    return lambda content: msgspec.json.encode(ReadDocument("", count(content)))


def _reading(read: Callable[[bytes], tuple[str, int]]) -> Open:
    def answer(content: bytes) -> bytes:
        text, pages = read(content)
        text = tidy(text)
        if len(text) > MOST_CHARACTERS:
            raise TooLongError
        return msgspec.json.encode(ReadDocument(text, pages))

    return answer


def main() -> int:
    """Confine, read, answer; return the exit status."""
    verb, media_type = sys.argv[1:]
    if verb == "report":
        said = msgspec.json.encode(confine())
    else:
        open_it = opener(verb, media_type)
        confine()
        content = sys.stdin.buffer.read(LARGEST_DOCUMENT + 1)
        try:
            said = open_it(content)
        except DocumentError as error:
            return STATUSES.get(type(error), STATUSES[DamagedError])
    sys.stdout.buffer.write(said)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
