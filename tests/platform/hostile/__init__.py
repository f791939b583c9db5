"""Hostile documents, made on the spot: nothing here was taken from anywhere."""
