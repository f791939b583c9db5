"""What looks: one module a promise, a function a check."""
