"""The demo: invented organisations and people with real PDFs, made through the product's own actions.

Everything is deterministic but ids, keys and passwords. Every address ends in `.example`.
"""
