"""What has just been done, in words."""

from upheld.platform.i18n import mark

DONE = {
    "app": mark("Codes are on. From now on we ask for one after your password."),
    "passkey": mark("Your passkey is kept. From now on it signs you in."),
    "app-removed": mark("The app is removed. Its codes count for nothing any more."),
    "passkey-removed": mark("The passkey is removed. It opens nothing here any more."),
}
"""What has just been done, as the page of sign-in and security says it."""
