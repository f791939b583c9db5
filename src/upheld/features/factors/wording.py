"""What has just been done, in words."""

from upheld.platform.i18n import mark

DONE = {
    "app-removed": mark("The app is removed. Its codes count for nothing any more."),
    "passkey-removed": mark("The passkey is removed. It opens nothing here any more."),
}
"""What has just been done, as the page of sign-in and security says it."""
