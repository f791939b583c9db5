"""What goes wrong with keys that are kept outside the databases."""

from upheld.kit.errors import UnavailableError


class KeyFileError(UnavailableError):
    """A key file is missing or cannot be opened."""

    code = "keys"
