"""Pages of accounts: getting in and out (`entry`), what mails lead to (`links`), one's own `account`, and `proof`."""

from upheld.features.accounts.pages import account, entry, links, proof
from upheld.features.accounts.pages.proof import ask_proof

__all__ = ["ask_proof", "handlers"]

handlers = [*entry.handlers, *links.handlers, *account.handlers, *proof.handlers]
