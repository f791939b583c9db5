"""The slice `jobs`."""
