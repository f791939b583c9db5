"""Every limit there is: how often, counted for whom, and whom it protects.

docs/operating/limits.md is written from this. A limit that is not here does not exist: a test
looks for others.
"""

from datetime import timedelta

from upheld.platform.counters import By, Limit

_MINUTES, _HOUR, _DAY = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)

# Signing in.

SIGN_IN_PER_ACCOUNT = Limit(
    "sign-in account", 10, _MINUTES, By.ACCOUNT,
    protects="An account whose password strangers guess, from wherever they do. Browsers that the account knows "
    "are counted each for itself, so that guessing keeps nobody out of their own.",
)  # fmt: skip
SIGN_IN_PER_DEVICE = Limit(
    "sign-in device", 10, _MINUTES, By.DEVICE,
    protects="An account against whoever stole the cookie by which it knows a browser.",
)  # fmt: skip
FAILURES_PER_ADDRESS = Limit(
    "sign-in failures", 10, _MINUTES, By.ADDRESS,
    protects="Every account against somebody who tries a few passwords at each. Only failures of browsers that the "
    "account does not know count, and only such browsers wait: many people may share an address.",
)  # fmt: skip
FAILURES_OF_ALL = Limit(
    "sign-in failures of all", 1000, _MINUTES, By.EVERYONE,
    protects="Every account against many machines that try a few passwords each. It refuses nobody: browsers that "
    "an account does not know wait some seconds longer, behind those that it knows.",
)  # fmt: skip
LIMITED_NOTES = Limit(
    "sign-in limited, written down", 1, _MINUTES, By.ACCOUNT, is_against_guessing=False,
    protects="The audit log against being filled: the first refusal is an entry, those after it are the same one.",
)  # fmt: skip
PROOFS_PER_ACCOUNT = Limit(
    "proof account", 10, _MINUTES, By.ACCOUNT,
    protects="An account whose open session somebody else found, when they are asked for the password again.",
)  # fmt: skip
SECOND_FACTOR_PER_ACCOUNT = Limit(
    "second factor", 5, _MINUTES, By.ACCOUNT, more=((20, _HOUR), (50, _DAY)),
    protects="An account whose password is known to somebody who guesses the code.",
)  # fmt: skip
PASSKEYS_PER_ADDRESS = Limit(
    "passkey questions", 1000, _MINUTES, By.ADDRESS, is_against_guessing=False,
    protects="The table of questions that passkeys are asked against being filled; there is nothing to guess.",
)  # fmt: skip

DEPARTURES_PER_ADDRESS = Limit(
    "departures", 600, _MINUTES, By.ADDRESS, is_against_guessing=False,
    protects="The table of sign-ins on their way to another site against being filled; a hall of people may leave at "
    "once.",
)  # fmt: skip

# What sends mail.

REGISTER_PER_ADDRESS = Limit(
    "register address", 100, _HOUR, By.ADDRESS, is_against_guessing=False,
    protects="Mailboxes and the machine against a script that registers; a college's whole year may come at once.",
)  # fmt: skip
REGISTER_PER_MAILBOX = Limit(
    "register mailbox", 5, _HOUR, By.MAILBOX, is_against_guessing=False,
    protects="A mailbox against being filled with our mails.",
)  # fmt: skip
LINKS_PER_MAILBOX = Limit(
    "verification link", 3, timedelta(hours=6), By.MAILBOX, is_against_guessing=False,
    protects="A mailbox against being filled with new links by whoever signs in to an unproven account.",
)  # fmt: skip
RESET_PER_ACCOUNT = Limit(
    "reset account", 5, _DAY, By.MAILBOX, is_against_guessing=False,
    protects="A mailbox against being filled with links that choose a new password.",
)  # fmt: skip
RESET_PER_ADDRESS = Limit(
    "reset address", 100, _HOUR, By.ADDRESS, is_against_guessing=False,
    protects="Mailboxes and the machine against a script that asks for new passwords.",
)  # fmt: skip
NEW_ADDRESS_PER_ACCOUNT = Limit(
    "new address", 5, _DAY, By.ACCOUNT, is_against_guessing=False,
    protects="Mailboxes against being filled by whoever claims them as a new address of their own.",
)  # fmt: skip

INVITED_PER_PERSON = Limit(
    "invitations", 60, _DAY, By.ACCOUNT, is_against_guessing=False,
    protects="Mailboxes against a member, or whoever sits at their open session, who invites half the world.",
)  # fmt: skip
INVITED_PER_MAILBOX = Limit(
    "invitations mailbox", 5, _DAY, By.MAILBOX, is_against_guessing=False,
    protects="A mailbox against being filled with invitations; it counts whether or not it has an account.",
)  # fmt: skip

# Signed in.

FOUNDED_PER_PERSON = Limit(
    "organisations founded", 20, _DAY, By.ACCOUNT, is_against_guessing=False,
    protects="The list of organisations against a script that founds them.",
)  # fmt: skip
UPLOADS_PER_PERSON = Limit(
    "document uploads", 40, _HOUR, By.ACCOUNT, is_against_guessing=False,
    protects="The machine: each document is opened by a process of its own.",
)  # fmt: skip
REFUSALS_PER_PERSON = Limit(
    "refusals", 200, timedelta(minutes=10), By.ACCOUNT, is_against_guessing=False,
    protects="The audit log against being filled: the first refusals say who, from where, and at what.",
)  # fmt: skip

# Programs.

REQUESTS_PER_TOKEN = Limit(
    "token requests", 600, timedelta(minutes=1), By.PROGRAM, is_against_guessing=False,
    protects="The machine against a program that asks without end: ten requests a second, for each access token.",
)  # fmt: skip
UNKNOWN_TOKENS_PER_ADDRESS = Limit(
    "unknown tokens", 60, timedelta(minutes=1), By.ADDRESS, is_against_guessing=False,
    protects="The database against tokens that look like one and open nothing. Nobody guesses 256 bits; tokens that "
    "work are not held up by others behind their address.",
)  # fmt: skip
