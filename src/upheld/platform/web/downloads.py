"""Files that leave: always as a download, under a name that cannot be mistaken."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from litestar import Request, Response

from upheld.platform.objects import Stored
from upheld.platform.web.headers import SANDBOX

_RANGE = re.compile(r"bytes=(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))", re.ASCII)


def download(content: bytes, media_type: str, name: str) -> Response[bytes]:
    """Return a file that browsers save instead of showing.

    The name goes out twice (RFC 6266): in plain ASCII for old programs, and as it is
    (RFC 5987) for everyone else. `nosniff` and `no-store` come from the edge.
    """
    return Response(content, media_type=media_type, headers=_saved(name))


async def download_stored(
    request: Request[Any, Any, Any], stored: Stored, media_type: str, name: str
) -> Response[bytes]:
    """Return a stored file, or the part of it that the request asks for (RFC 9110, section 14).

    A part is a download like any other: whoever calls this has authorised and journaled it.
    Of several parts at once, and of a part of another version, the answer is the whole file.
    """
    tag = f'"{stored.tag()}"'
    headers = {**_saved(name), "accept-ranges": "bytes", "etag": tag}
    part = wanted_part(request.headers.get("range", ""), stored.size)
    if part is None or request.headers.get("if-range", tag) != tag:
        return Response(await stored.read(), media_type=media_type, headers=headers)
    if part.is_empty:
        headers["content-range"] = f"bytes */{stored.size}"
        return Response(b"", status_code=416, media_type=media_type, headers=headers)
    content = await stored.read_range(part.start, part.end - part.start)
    headers["content-range"] = f"bytes {part.start}-{part.end - 1}/{stored.size}"
    return Response(content, status_code=206, media_type=media_type, headers=headers)


@dataclass(frozen=True)
class Part:
    """Bytes from `start` to before `end`; none when it lies beyond the file."""

    start: int
    end: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the file lies in it."""
        return self.start >= self.end


def wanted_part(header: str, size: int) -> Part | None:
    """Return the part of a file that a `Range` header asks for; None when it asks for no single part."""
    found = _RANGE.fullmatch(header.strip())
    if found is None:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        return Part(max(0, size - int(suffix)), size)
    if last and int(last) < int(first):
        return None
    return Part(int(first), min(int(last) + 1 if last else size, size))


def _saved(name: str) -> dict[str, str]:
    """Return what makes a browser save a file, and keeps one that shows it all the same from running it."""
    return {"content-disposition": _disposition(name), "content-security-policy": SANDBOX.decode()}


def _disposition(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9 ._()-]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
