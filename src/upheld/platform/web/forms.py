"""Forms: read in memory, bounded, and never written to a temporary file.

What a person types or uploads is personal data in the clear; the usual parsers spool
larger parts to disk. Here the whole body is bounded (a little over the largest document)
and stays in memory until it is sealed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Self, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
import multipart
from litestar import Request

from upheld.kit.errors import InvalidError, UpheldError
from upheld.platform.i18n import mark

INCOMPLETE = mark("The form arrived incomplete. Please send it again.")
LARGEST_BODY = 11 * 1024 * 1024
LARGEST_TEXT = 256 * 1024
"""What anybody may send, in bytes; forms without files stay far below."""

_Model = TypeVar("_Model")


class TooLargeError(UpheldError):
    """That is more than can be sent at once. A document may have up to 10 MB."""

    code = "too-large"
    status = 413


@dataclass(frozen=True)
class Upload:
    """A file that came with a form, in memory."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Form:
    """What a person sent: text by field name, and files. `values` is what a page shows again."""

    values: Mapping[str, str]
    files: Mapping[str, Upload] = field(default_factory=dict[str, Upload])

    @classmethod
    async def read(cls, request: Request[Any, Any, Any]) -> Self:
        """Read the body of a form, of either encoding.

        Raises:
            TooLargeError: the body is larger than `LARGEST_BODY`.
            InvalidError: the body is not a form.
        """
        body = await _bounded_body(request)
        kind, options = multipart.parse_options_header(request.headers.get("content-type", ""))
        if kind != "multipart/form-data":
            # Undoing the percents of megabytes takes seconds in which nobody else is served.
            if len(body) > LARGEST_TEXT:
                raise TooLargeError
            return cls(_pairs(body))
        try:
            parts = list(
                multipart.MultipartParser(
                    BytesIO(body), options.get("boundary", ""), content_length=len(body),
                    spool_limit=LARGEST_BODY, memory_limit=LARGEST_BODY, disk_limit=0, part_limit=60,
                )
            )  # fmt: skip
        except multipart.MultipartError as error:
            raise InvalidError({}, INCOMPLETE) from error
        # Never `part.value`: the sender would choose the codec.
        texts = {part.name: _clean(part.raw.decode("utf-8", "replace")) for part in parts if not part.filename}
        files = {part.name: Upload(part.filename or "", part.raw) for part in parts if part.filename}
        return cls(texts, files)

    def get(self, name: str) -> str:
        """Return the text of a field, without surrounding space; empty when it was not sent."""
        return self.values.get(name, "").strip()

    def checked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return self.values.get(name) == "yes"

    def uuid(self, name: str) -> UUID:
        """Return a field that holds an id.

        Raises:
            InvalidError: it holds none; the form was not sent as we made it.
        """
        try:
            return UUID(self.get(name))
        except ValueError:
            raise InvalidError({}, INCOMPLETE) from None

    def into(self, model: type[_Model], messages: Mapping[str, str]) -> _Model:
        """Read the fields of a struct, whose types hold the rules.

        Args:
            model: a msgspec struct; each field's constraints are checked.
            messages: what to tell the person when a field does not fit.

        Raises:
            InvalidError: with the message of every field that does not fit.
        """
        wrong: dict[str, str] = {}
        values: dict[str, object] = {}
        for info in msgspec.structs.fields(model):  # pyright: ignore[reportArgumentType] - any struct
            text = self.get(info.encode_name)
            if not text and not info.required:
                continue
            try:
                values[info.name] = msgspec.convert(text, info.type, strict=False)
            except msgspec.ValidationError:
                wrong[info.encode_name] = messages[info.encode_name]
        if wrong:
            raise InvalidError(wrong)
        return model(**values)


def _pairs(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise InvalidError({}, INCOMPLETE) from error
    return {name: _clean(value) for name, value in pairs}


async def _bounded_body(request: Request[Any, Any, Any]) -> bytes:
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > LARGEST_BODY:
        raise TooLargeError
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY:
            raise TooLargeError
    return b"".join(parts)


def _clean(text: str) -> str:
    """Return the text with one kind of line end and without NUL, which PostgreSQL cannot hold."""
    return text.replace("\r\n", "\n").replace("\x00", "")
