"""The attack generator: hostile SQL on the login roles' own connections, made from the live catalog.

`storm` fires it and reports; `docs/security/attacks.md` says what is attacked and how it is judged.
"""
