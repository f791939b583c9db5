"""Static files: named by their hash, immutable, cacheable anywhere; they hold nobody's data.

They alone are packed. A page that is packed tells by its length what of it an attacker has guessed.
"""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from upheld.kit.errors import NotFoundError

_NAMED = re.compile(rb"(?<=url\()[\w.-]+(?=\))")
"""A file that a style names, without its address."""
_WORTH_IT = 0.9


@cache
def _files() -> dict[str, tuple[str, bytes]]:
    """Return content and tag of every static file, by name."""
    found: dict[str, tuple[str, bytes]] = {}
    entries = resources.files("upheld.platform.web").joinpath("static").iterdir()
    # Styles last: they name the fonts, whose addresses change when they do.
    for entry in sorted(entries, key=lambda entry: entry.name.endswith(".css")):
        content = entry.read_bytes()
        if entry.name.endswith(".css"):
            content = _NAMED.sub(lambda file: _address(found, file[0].decode()).encode(), content)
        found[entry.name] = (hashlib.sha256(content).hexdigest()[:16], content)
    return found


def _address(files: Mapping[str, tuple[str, bytes]], name: str) -> str:
    return f"/static/{files[name][0]}/{name}"


def static_url(name: str) -> str:
    """Return the address of a static file; it changes when the file does."""
    return _address(_files(), name)


def static_names() -> list[str]:
    """Return the names of all static files."""
    return sorted(_files())


@get(
    "/static/{tag:str}/{name:str}",
    name="static",
    sync_to_thread=False,
    opt={"public": True, "no_transaction": True},
)
def static_file(request: Request[Any, Any, Any], tag: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """Serve a static file under its hash, packed for whoever unpacks."""
    known, content = _files().get(name, ("", b""))
    if not known or tag != known:
        raise NotFoundError
    headers = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
    packed = _packed(name) if "gzip" in request.headers.get("accept-encoding", "") else None
    if packed is not None:
        headers["content-encoding"] = "gzip"
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(packed or content, media_type=kind, headers=headers)


@cache
def _packed(name: str) -> bytes | None:
    """Return a file packed, or None where that makes it hardly smaller: fonts are packed already."""
    content = _files()[name][1]
    packed = gzip.compress(content, mtime=0)
    return packed if len(packed) < _WORTH_IT * len(content) else None
