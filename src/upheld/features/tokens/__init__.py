"""Tokens: what somebody gives to a program instead of their password, to read for them.

A personal access token is made by a person who has just proven who they are, for scopes they
choose and for a year at most. It is shown once and kept as a hash. What a request with it may
do is decided by the database, whose context for tokens acts for nobody's rights beyond the
scope and can change nothing (`src/upheld/database/schema/075_tokens.sql`); how it travels
stands in `platform/web/bearer.py`.

Invariant: no statement under a token's context changes a row, but for the trace that looking
leaves (`test_under_a_token_nothing_is_written`).
"""
