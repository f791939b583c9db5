"""The tests. Real PostgreSQL, built from the migrations; nothing is patched."""
