"""Pages of privacy: the candidate's `home`, the `centre`, the `archive` to take along, `leaving` for good."""

from upheld.features.privacy.pages import archive, centre, home, leaving

handlers = [*home.handlers, *centre.handlers, *archive.handlers, *leaving.handlers]
