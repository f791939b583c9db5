"""Static files: named by their hash, immutable, cacheable anywhere; they hold nobody's data."""

import hashlib
import mimetypes
from functools import cache
from importlib import resources

from litestar import Response, get
from litestar.params import FromPath

from upheld.kit.errors import NotFoundError


@cache
def _files() -> dict[str, tuple[str, bytes]]:
    """Return content and tag of every static file, by name."""
    found: dict[str, tuple[str, bytes]] = {}
    for entry in resources.files("upheld.platform.web").joinpath("static").iterdir():
        content = entry.read_bytes()
        found[entry.name] = (hashlib.sha256(content).hexdigest()[:16], content)
    return found


def static_url(name: str) -> str:
    """Return the address of a static file; it changes when the file does."""
    return f"/static/{_files()[name][0]}/{name}"


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
