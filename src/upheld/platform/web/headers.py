"""The headers that every answer carries: pages, files, errors, refusals of sockets."""

from collections.abc import Collection

from upheld.platform.web.islands import script_policy

POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; "
    b"base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
PAGE_POLICY = POLICY + b"; " + script_policy()
SANDBOX = POLICY + b"; sandbox"
"""For what people uploaded: a browser that shows it treats it as a stranger's, without scripts or forms."""

_FEATURES = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
    "gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock",
    "usb", "xr-spatial-tracking",
)  # fmt: skip

_PASSKEYS = ("publickey-credentials-create", "publickey-credentials-get")
"""For every page of ours and no frame: a sign-in that is shown again with a problem needs them, too."""


def permissions(granted: Collection[str] = ()) -> tuple[bytes, bytes]:
    """Return the header that denies a page everything but what was granted, and that to this site alone.

    A route is granted something by declaring it, `opt={"devices": ("camera",)}`; the promise
    *edge.camera* has to list it too.
    """
    said = ", ".join(f"{feature}=({'self' if feature in granted else ''})" for feature in _FEATURES)
    said += ", " + ", ".join(f"{feature}=(self)" for feature in _PASSKEYS)
    return b"permissions-policy", said.encode()


SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"content-security-policy", PAGE_POLICY),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    # Not `no-referrer`: it would make browsers send `Origin: null` with our own forms.
    (b"referrer-policy", b"same-origin"),
    permissions(),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-permitted-cross-domain-policies", b"none"),
)

PRIVATE = (b"cache-control", b"no-store")
"""Pages may hold personal data: nobody on the way, and no browser, keeps a copy."""
