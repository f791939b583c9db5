"""The headers that every answer carries: pages, files, errors, refusals of sockets."""

from upheld.platform.web.islands import script_policy

POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; "
    b"base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
PAGE_POLICY = POLICY + b"; " + script_policy()
SANDBOX = POLICY + b"; sandbox"
"""For what people uploaded: a browser that shows it treats it as a stranger's, without scripts or forms."""

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"content-security-policy", PAGE_POLICY),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    # Not `no-referrer`: it would make browsers send `Origin: null` with our own forms.
    (b"referrer-policy", b"same-origin"),
    (
        b"permissions-policy",
        (
            b"accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), "
            b"geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), "
            b"picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()"
        ),
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-permitted-cross-domain-policies", b"none"),
)

PRIVATE = (b"cache-control", b"no-store")
"""Pages may hold personal data: nobody on the way, and no browser, keeps a copy."""
