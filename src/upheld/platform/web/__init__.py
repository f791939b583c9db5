"""The web: the edge of the house, sessions, forms, pages, errors.

Order of a request: `edge` (host, cross-site rule, headers on every answer) → Litestar's
router → `visits` (session, context, one transaction) → the route.
"""
