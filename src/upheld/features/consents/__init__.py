"""Consents: what people were told, word for word, and what they agreed to.

A notice is published once and never edited; the next wording is the next version. A
consent is one row each time it is given or withdrawn, with the notice that was shown.
Withdrawing takes as many steps as giving.

Invariant: consents are appended, never changed (no role has UPDATE on them).
"""
