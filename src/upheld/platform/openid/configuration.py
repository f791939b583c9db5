"""Which providers the operator chose: the file that `UPHELD_PROVIDERS` names.

Read once by each process, at its start: what is wrong in it is said there, not to whoever signs in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from upheld.platform.openid.presets import PRESETS, Defence, Preset
from upheld.platform.outbound import Inside, OutboundRefusedError, parts_of
from upheld.platform.settings import Settings, SettingsError


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One provider, as it stands in the file (docs/operating/providers.md)."""

    id: str
    client_id: str
    preset: str = "oidc"
    label: str = ""
    issuer: str = ""
    trusts_addresses: bool = False
    inside: bool = False
    authority: str | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    providers: list[_Entry]


@dataclass(frozen=True)
class Provider:
    """A provider that people may sign in with."""

    id: str
    label: str
    preset: Preset
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    trusts_addresses: bool = False
    """Whether the operator answers for the e-mail addresses that it says are verified."""

    inside: Inside | None = None
    """Its host, when it lies in the operator's own network."""

    @property
    def proves_freshly(self) -> bool:
        """Whether somebody can be asked to prove themselves there anew."""
        return Defence.FRESH_PROOF in self.preset.offers


@lru_cache(maxsize=8)
def configured(settings: Settings) -> Mapping[str, Provider]:
    """Return the providers of a deployment by their ids, in the order of the file.

    Raises:
        SettingsError: the file cannot be read, or asks for what cannot be.
    """
    if settings.providers is None:
        return {}
    try:
        entries = msgspec.json.decode(settings.providers.read_bytes(), type=_File).providers
    except OSError as error:
        msg = f"UPHELD_PROVIDERS names {settings.providers}, which cannot be read: {error.strerror}."
        raise SettingsError(msg) from error
    except msgspec.DecodeError as error:
        msg = f"{settings.providers} is not as docs/operating/providers.md describes: {error}."
        raise SettingsError(msg) from error
    found = {entry.id: _provider(settings, entry) for entry in entries}
    issuers = {provider.issuer for provider in found.values()}
    if not len(found) == len(issuers) == len(entries):
        # Two with one issuer would be two doors to the same accounts, each as strong as the weaker one.
        msg = f"{settings.providers} lists two providers with the same id or issuer."
        raise SettingsError(msg)
    return found


def _provider(settings: Settings, entry: _Entry) -> Provider:
    preset = PRESETS.get(entry.preset)
    if preset is None:
        raise _wrong(settings, entry, f"preset has to be one of {', '.join(PRESETS)}")
    if not entry.id.isascii() or not entry.id.isalnum() or not entry.id.islower():
        raise _wrong(settings, entry, "id has to be made of small letters and digits")
    if bool(preset.issuer) == bool(entry.issuer):
        raise _wrong(
            settings,
            entry,
            f"a provider of the preset {preset.name} {'has an' if preset.issuer else 'needs its'} issuer",
        )
    if preset.issuer and (entry.inside or entry.trusts_addresses or entry.authority):
        raise _wrong(settings, entry, "inside, authority and trusts_addresses are for providers of your own")
    return Provider(
        id=entry.id,
        label=entry.label or preset.label or entry.id,
        preset=preset,
        issuer=preset.issuer or entry.issuer,
        client_id=entry.client_id,
        client_secret=settings.secret(f"provider-{entry.id}"),
        trusts_addresses=entry.trusts_addresses,
        inside=_inside(settings, entry),
    )


def _inside(settings: Settings, entry: _Entry) -> Inside | None:
    """Return the host that may be asked though it is not public; only the operator can name one."""
    issuer = urlsplit(entry.issuer)
    if entry.inside:
        if issuer.scheme != "https" or not issuer.hostname or issuer.username:
            raise _wrong(settings, entry, "issuer has to be https://host or https://host:port")
        return Inside(f"https://{issuer.netloc}", Path(entry.authority) if entry.authority else None)
    if entry.authority:
        raise _wrong(settings, entry, "authority is for a provider inside your own network")
    try:
        parts_of(entry.issuer or "https://preset.example")
    except OutboundRefusedError as error:
        raise _wrong(settings, entry, "issuer has to be a public https://name, unless inside is true") from error
    return None


def _wrong(settings: Settings, entry: _Entry, why: str) -> SettingsError:
    return SettingsError(f"{settings.providers}, provider {entry.id!r}: {why}.")
