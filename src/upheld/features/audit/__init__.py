"""Audit: the append-only record of who did what to whom, when and from where.

An entry is written in the transaction of the act it records; the database takes actor and
organisation from the sealed context, so nobody can write in another's name. Ids are
pseudonymous and details hold no personal data; address and browser are ciphertext under a
monthly log key.

Invariant: no runtime role can change or remove an entry (`entries_are_never_changed`).
"""
