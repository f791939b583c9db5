"""Logs: a line an event, as text or as JSON, to standard error, where service managers look."""

import datetime as dt
import logging
import sys
import traceback

import msgspec

from upheld.platform.settings import Settings


class Line(logging.Formatter):
    """Writes a record as one line of text."""

    def __init__(self, process: str) -> None:
        """Take the name of the process that speaks."""
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return `level process logger: message`."""
        return " ".join(f"{record.levelname.lower()} {self._process} {record.name}: {_said(record)}".split("\n"))


class Json(logging.Formatter):
    """Writes a record as one line of JSON: `at`, `level`, `process`, `logger`, `message`, and its `facts`."""

    def __init__(self, process: str) -> None:
        """Take the name of the process that speaks."""
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": _said(record),
            **getattr(record, "facts", {}),
        }
        return msgspec.json.encode(line).decode()


def speak(process: str, settings: Settings) -> None:
    """Let everything that is logged in this process be written as the operator has chosen."""
    listener = logging.StreamHandler(sys.stderr)
    listener.setFormatter(Json(process) if settings.logs == "json" else Line(process))
    root = logging.getLogger()
    root.handlers[:] = [listener]
    root.setLevel(logging.WARNING)
    logging.getLogger("upheld").setLevel(logging.INFO)


def _said(record: logging.LogRecord) -> str:
    """Return the message, and of an exception its kind and place: its words may quote what people typed."""
    if not record.exc_info or record.exc_info[1] is None:
        return record.getMessage()
    error = record.exc_info[1]
    frames = traceback.extract_tb(error.__traceback__)[-1:]
    place = "".join(f" at {frame.name}, line {frame.lineno}" for frame in frames)
    return f"{record.getMessage()}: {type(error).__name__}{place}"
