"""Tests of personal access tokens."""
