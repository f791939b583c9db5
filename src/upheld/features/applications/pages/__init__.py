"""Pages of applications: `applying` for candidates; the others for employers."""

from upheld.features.applications.pages import application, applying, board, closing, home

handlers = [*applying.handlers, *home.handlers, *board.handlers, *application.handlers, *closing.handlers]
