"""AWS KMS as the keeper of the root key (the extra `aws`)."""

from typing import Any, cast

from upheld.platform.keyservices.errors import KeyFileError
from upheld.platform.reach import is_plain

_CONTEXT = {"upheld": "root key"}
"""What the wrapped form is authenticated to; CloudTrail shows it beside each use."""

_REASONS = {
    "AccessDeniedException": (
        "does not allow us to use it (grant kms:Encrypt and kms:Decrypt), or wrapped the root key under another key"
    ),
    "UnrecognizedClientException": "does not accept the credentials",
    "InvalidSignatureException": "does not accept the credentials",
    "ExpiredTokenException": "does not accept the credentials any longer",
    "NotFoundException": "has no such key here; check the region and the account",
    "DisabledException": "has disabled it",
    "KMSInvalidStateException": "cannot use it in its present state",
    "IncorrectKeyException": "wrapped the root key under another key; name that one",
    "InvalidCiphertextException": "cannot open the stored root key: it was changed, or wrapped under another key",
}


class AwsKms:
    """A symmetric key of AWS KMS; credentials and region are found as AWS's own tools find them."""

    def __init__(self, key: str) -> None:
        """Take the key's id, alias (`alias/name`) or ARN.

        Raises:
            KeyFileError: boto3 is not installed, or it cannot tell the region.
            SettingsError: the service would be reached over plain HTTP.
        """
        try:
            import boto3  # noqa: PLC0415 - an extra # pyright: ignore[reportMissingTypeStubs]
            from botocore.config import (  # noqa: PLC0415 - an extra # pyright: ignore[reportMissingTypeStubs] - without stubs
                Config,
            )
        except ImportError:
            msg = "UPHELD_ROOT_KEY names AWS KMS, whose library is not installed: `uv sync --extra aws`."
            raise KeyFileError(msg) from None
        self._key = key
        region = key.split(":")[3] if key.startswith("arn:") else None
        try:
            self._kms: Any = boto3.client(  # pyright: ignore[reportUnknownMemberType] - boto3 makes its clients at run time
                "kms",
                region_name=region,
                config=Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 3}),
            )
        except Exception as error:  # noqa: BLE001 - explained, or raised as it is
            raise _explained(error, key) from None
        self._check_endpoint()

    def _check_endpoint(self) -> None:
        """See to it that the root key, which is what the service answers, never crosses a network in the clear."""
        is_plain(self._kms.meta.endpoint_url)

    @property
    def custody(self) -> str:
        """Who can open it."""
        return f"AWS KMS {self._key}"

    def close(self, root: bytes) -> bytes:
        """Wrap a root key under the key."""
        return self._ask("encrypt", "CiphertextBlob", Plaintext=root)

    def open(self, stored: bytes) -> bytes:
        """Unwrap a root key; only the key that is named may do so, whatever the blob says.

        Raises:
            KeyFileError: the service is away, refuses, or uses another key.
        """
        return self._ask("decrypt", "Plaintext", CiphertextBlob=stored)

    def _ask(self, act: str, answer: str, **what: bytes) -> bytes:
        try:
            return getattr(self._kms, act)(KeyId=self._key, EncryptionContext=_CONTEXT, **what)[answer]
        except Exception as error:  # noqa: BLE001 - explained, or raised as it is
            raise _explained(error, self._key) from None


def _explained(error: Exception, key: str) -> KeyFileError:
    """Say what an operator can do about an error of the service; others pass as they are."""
    from botocore.exceptions import (  # noqa: PLC0415 - an extra # pyright: ignore[reportMissingTypeStubs] - without stubs
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        NoRegionError,
    )

    if isinstance(error, NoRegionError):
        return KeyFileError(f"AWS KMS {key}: set AWS_REGION, or name the key by its ARN.")
    if isinstance(error, NoCredentialsError):
        return KeyFileError(f"AWS KMS {key}: there are no AWS credentials here.")
    if isinstance(error, ClientError):
        answer = cast("dict[str, Any]", error.response)  # pyright: ignore[reportUnknownMemberType] - JSON
        code = str(answer["Error"]["Code"])
        return KeyFileError(f"AWS KMS {key}: the service {_REASONS.get(code, f'answers {code}')}.")
    if isinstance(error, BotoCoreError):
        return KeyFileError(f"AWS KMS {key}: the service does not answer ({type(error).__name__}).")
    raise error
