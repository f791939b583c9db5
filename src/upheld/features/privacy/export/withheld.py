"""What the archive leaves out, and why: every column about a person that is not exported."""

from upheld.platform.i18n import mark

_SECRET = mark(
    "A secret that protects you, as a one-way hash: nobody can read it back, and it would be of no use to you."
)
_INDEX = mark("A keyed hash of your address, by which it is found again. The address itself is included.")
_IDENTITY = mark("A keyed hash of who you are at the other site, by which it is found again. That itself is included.")
_INVITED = mark(
    "Where an invitation was sent: your own address, which is included, or that of somebody whom you invited."
)
_ORIGIN = mark(
    "The address and browser of each act, sealed under a key of the month, so that nobody can remove the traces of "
    "an intrusion. Ask the contact in the notice for it; an archive that is copied around is the wrong place."
)
_PUBLIC_KEY = mark(
    "The public half of a passkey and the number by which your device knows it: of use to nobody but this site."
)
_APP = mark(
    "The secret that your app shares with us. Whoever has it shows the same codes: it leaves here once, to your app."
)
_COUNT = mark("How often a code or a passkey was used so far, by which a copy is told.")
_ROTATION = mark("By which it is known when a session goes on under another secret, and how long the one before lasts.")

WITHHELD = {
    "people.email_index": _INDEX,
    "people.changes": _ROTATION,
    "credentials.password_hash": _SECRET,
    "identities.subject_index": _IDENTITY,
    "account_links.token_hash": _SECRET,
    "email_verifications.token_hash": _SECRET,
    "authenticator_apps.last_step": _COUNT,
    "authenticator_apps.secret_sealed": _APP,
    "passkeys.credential_id": _PUBLIC_KEY,
    "passkeys.public_key": _PUBLIC_KEY,
    "passkeys.sign_count": _COUNT,
    "recovery_codes.code_hash": _SECRET,
    "half_open_sign_ins.secret_hash": _SECRET,
    "sessions.secret_hash": _SECRET,
    "sessions.former_hash": _SECRET,
    "sessions.former_until": _ROTATION,
    "sessions.made_at_change": _ROTATION,
    "access_tokens.secret_hash": _SECRET,
    "job_secrets.secret_hash": _SECRET,
    "erasures.receipt_hash": _SECRET,
    "invitations.token_hash": _SECRET,
    "invitations.email_index": _INDEX,
    "invitations.email_sealed": _INVITED,
    "invitations.letter_sealed": _INVITED,
    "consents.origin_sealed": _ORIGIN,
    "audit_entries.origin_sealed": _ORIGIN,
}
"""By column; a test compares it with the classification of the schema."""


def withheld() -> list[dict[str, str]]:
    """Return what is left out, as the archive tells it."""
    return [{"what": column, "why": reason} for column, reason in sorted(WITHHELD.items())]
