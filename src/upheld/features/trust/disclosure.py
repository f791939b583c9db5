"""`/.well-known/security.txt` (RFC 9116): where a finder of a weakness turns to, made anew each day."""

import datetime as dt

from upheld.platform.i18n import LANGUAGES
from upheld.platform.settings import Settings

WELL_KNOWN = "/.well-known/security.txt"
POLICY = "/about/disclosure"

_LASTS = dt.timedelta(days=180)
"""The standard asks for less than a year, so that what nobody looks after any more is seen to be stale."""


def security_txt(settings: Settings, now: dt.datetime) -> str:
    """Return the file, good for half a year from today."""
    expires = (now.astimezone(dt.UTC) + _LASTS).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = (
        ("Contact", contact_uri(settings)),
        ("Expires", expires.strftime("%Y-%m-%dT%H:%M:%SZ")),
        ("Preferred-Languages", ", ".join(LANGUAGES)),
        ("Canonical", settings.address + WELL_KNOWN),
        ("Policy", settings.address + POLICY),
    )
    return "".join(f"{name}: {value}\n" for name, value in lines)


def contact_uri(settings: Settings) -> str:
    """Return whom to write to, as a URI: the setting, or where people reach the controller."""
    contact = settings.security_contact or settings.contact
    return contact if ":" in contact else f"mailto:{contact}"
