"""The slice `applications`."""
