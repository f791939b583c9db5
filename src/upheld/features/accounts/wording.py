"""What things are called on the pages of accounts."""

from upheld.features.accounts.model import Strength
from upheld.platform.i18n import mark

STRENGTHS = {
    Strength.PASSWORD: mark("with a password"),
    Strength.PROVIDER: mark("through another provider"),
    Strength.TWO_FACTOR: mark("with a password and a second proof"),
    Strength.PASSKEY: mark("with a passkey"),
    Strength.MACHINE: mark("by the machine itself"),
}
"""How a session was opened."""

DONE = {
    "password-changed": mark("Your password is changed. We have sent you a mail about it."),
    "address-asked": mark("We have sent a mail to the new address. Press the link in it; until then nothing changes."),
    "session-ended": mark("That session has ended. Whoever uses it has to sign in again."),
    "sessions-ended": mark("You are signed out everywhere else."),
}
"""What has just been done, as the account page says it."""
