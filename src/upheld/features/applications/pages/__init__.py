"""Pages of applications: `applying` for candidates, `hiring` for employers."""

from upheld.features.applications.pages import applying, hiring

handlers = [*applying.handlers, *hiring.handlers]
