"""Where this deployment sends anything to: every place that the settings name, in one list."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from upheld.platform.reach import is_here
from upheld.platform.settings import Settings
from upheld.platform.stores import bucket_endpoints


@dataclass(frozen=True)
class Endpoint:
    """Something that is reached: what it is for, and where it is."""

    name: str
    url: str

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine."""
        return urlsplit(self.url).scheme == "file" or is_here(self.url)

    @property
    def place(self) -> str:
        """The scheme and host, which hold no secret and nobody's name."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname or ''}"


def configured(settings: Settings) -> list[Endpoint]:
    """Return everything outside of the processes themselves that the settings name."""
    found = [Endpoint("database", settings.database), Endpoint("keyring", settings.keyring_database)]
    found += [Endpoint("objects", url) for url in _objects(settings)]
    found += [Endpoint("mail", settings.mail), Endpoint("limits", settings.limits)]
    found += [Endpoint("root key", _key_service(settings))]
    return [endpoint for endpoint in found if endpoint.url]


def _objects(settings: Settings) -> list[str]:
    parts = urlsplit(settings.objects_url)
    return bucket_endpoints(settings) if parts.scheme == "s3" else [settings.objects_url]


def _key_service(settings: Settings) -> str:
    """Return where the service is that keeps the root key; nothing when none does."""
    kind, _, named = (settings.root_key or "").partition(":")
    if kind == "vault":
        return named.rsplit("/", 2)[0]
    # The region of an ARN is its fourth part; the client speaks https by itself.
    return f"https://kms.{(named.split(':') + [''] * 4)[3]}.amazonaws.com" if kind == "aws-kms" else ""
