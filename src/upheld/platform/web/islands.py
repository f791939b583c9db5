"""Islands: the one script of every page, built from `islands/`; pages work without it.

Browsers are told its hash, in the page and in the policy: this script runs and no other, not
even another file of this site, and none can turn text into code.
"""

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from importlib import resources

from upheld.platform.web.static import static_url

_FILE = "islands.js"


@dataclass(frozen=True)
class Script:
    """Where the script lies, and the hash by which a browser knows it."""

    url: str
    integrity: str


@cache
def script() -> Script | None:
    """Return the script of the islands, or None when it was not built."""
    built = resources.files("upheld.platform.web").joinpath("static", _FILE)
    if not built.is_file():
        return None
    digest = b64encode(hashlib.sha256(built.read_bytes()).digest()).decode()
    return Script(static_url(_FILE), f"sha256-{digest}")


def script_policy() -> bytes:
    """Return what the Content-Security-Policy says about scripts."""
    allowed = script()
    runs = f"script-src '{allowed.integrity}'; connect-src 'self'; " if allowed else ""
    return f"{runs}require-trusted-types-for 'script'; trusted-types 'none'".encode()
