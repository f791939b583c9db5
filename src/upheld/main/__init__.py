"""Composition only: the web application, the worker, the command line, the list of slices."""
