"""A transit key of Vault or OpenBao as the keeper of the root key (the extra `vault`)."""

from base64 import b64decode, b64encode
from typing import Any
from urllib.parse import urlsplit

from upheld.platform.keyservices.errors import KeyFileError
from upheld.platform.settings import Settings

TOKEN = "transit-token"  # noqa: S105 - the name of a file
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Transit:
    """A key of the transit engine. Replacing our root key wraps the new one under the key's newest version."""

    def __init__(self, address: str, mount: str, key: str, token: str) -> None:
        """Take where the service is, the engine's mount, the key's name, and a token that may use it.

        Raises:
            KeyFileError: hvac is not installed.
        """
        try:
            import hvac  # noqa: PLC0415 - an extra
        except ImportError:
            msg = "UPHELD_ROOT_KEY names a Vault, whose library is not installed: `uv sync --extra vault`."
            raise KeyFileError(msg) from None
        self._name, self._mount, self._key = f"{address}/{mount}/{key}", mount, key
        client: Any = hvac.Client(url=address, token=token, timeout=10, allow_redirects=False)
        self._transit: Any = client.secrets.transit

    @classmethod
    def named(cls, named: str, settings: Settings) -> "Transit":
        """Return the key at `https://host:port/mount/key`; the token is the secret `transit-token`.

        Raises:
            KeyFileError: it is named otherwise, or would be reached without TLS.
        """
        address, *path = named.rsplit("/", 2)
        parts = urlsplit(address)
        if len(path) != 2 or not parts.hostname or not all(path):  # noqa: PLR2004 - mount and key
            msg = "UPHELD_ROOT_KEY names a Vault like this: vault:https://host:8200/transit/KEY"
            raise KeyFileError(msg)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            msg = f"The Vault at {parts.hostname} is only used over https."
            raise KeyFileError(msg)
        return cls(address, *path, token=settings.secret(TOKEN))

    @property
    def custody(self) -> str:
        """Who can open it."""
        return f"transit key {self._name}"

    def close(self, root: bytes) -> bytes:
        """Wrap a root key under the key's newest version."""
        return self._ask("encrypt_data", "ciphertext", plaintext=b64encode(root).decode()).encode()

    def open(self, stored: bytes) -> bytes:
        """Unwrap a root key.

        Raises:
            KeyFileError: the service is away, refuses, or uses another key.
        """
        return b64decode(self._ask("decrypt_data", "plaintext", ciphertext=stored.decode("ascii", "replace")))

    def _ask(self, act: str, answer: str, **what: str) -> str:
        try:
            return getattr(self._transit, act)(name=self._key, mount_point=self._mount, **what)["data"][answer]
        except Exception as error:  # noqa: BLE001 - explained, or raised as it is
            raise self._explained(error) from None

    def _explained(self, error: Exception) -> KeyFileError:
        """Say what an operator can do about an error of the service; others pass as they are."""
        from hvac import exceptions  # noqa: PLC0415 - an extra
        from requests import RequestException  # noqa: PLC0415 - comes with hvac

        for kind, reason in (
            (exceptions.Forbidden, f"does not accept the token in the secret `{TOKEN}`, or its policy"),
            (exceptions.Unauthorized, f"does not accept the token in the secret `{TOKEN}`"),
            (exceptions.InvalidPath, "has no such mount"),
            (exceptions.InvalidRequest, "cannot open the stored root key with it: is it the key it was wrapped under?"),
            (exceptions.VaultDown, "is sealed; unseal it"),
            (exceptions.VaultError, f"answers {type(error).__name__}"),
            (RequestException, f"does not answer ({type(error).__name__})"),
        ):
            if isinstance(error, kind):
                return KeyFileError(f"Transit key {self._name}: the service {reason}.")
        raise error
