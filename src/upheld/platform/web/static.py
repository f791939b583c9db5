"""Static files: named by their hash, immutable, cacheable anywhere; they hold nobody's data."""

import hashlib
import mimetypes
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

from litestar import Response, get
from litestar.params import FromPath

from upheld.kit.errors import NotFoundError

_NAMED = re.compile(rb"(?<=url\()[\w.-]+(?=\))")
"""A file that a style names, without its address."""


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
def static_file(tag: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """Serve a static file under its hash."""
    known, content = _files().get(name, ("", b""))
    if not known or tag != known:
        raise NotFoundError
    return Response(
        content,
        media_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        headers={"cache-control": "public, max-age=31536000, immutable"},
    )
