"""The vertical slices, one folder each, on a ladder: a later step of hiring knows the earlier ones."""
