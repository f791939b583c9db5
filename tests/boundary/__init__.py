"""The boundary, attacked: SQL as every role, and every route as every kind of caller."""
