"""The slice `organisations`."""
