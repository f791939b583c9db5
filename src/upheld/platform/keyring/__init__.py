"""Queries of the keyring database, run by the vault and the register of erasures."""
