"""Pages of accounts: getting in and out (`entry`), and proving again who one is (`proof`)."""

from upheld.features.accounts.pages import entry, proof
from upheld.features.accounts.pages.proof import ask_proof

__all__ = ["ask_proof", "handlers"]

handlers = [*entry.handlers, *proof.handlers]
