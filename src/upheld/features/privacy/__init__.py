"""The slice `privacy`."""
