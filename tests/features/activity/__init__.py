"""Tests of the activity of an organisation."""
