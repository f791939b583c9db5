"""The slice `candidates`."""
