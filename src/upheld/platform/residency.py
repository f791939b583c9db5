"""Residency: where each place lies that data goes to, and whether it may lie there.

The operator declares a region, where each place outside of this machine lies, and under which
safeguard data may leave the region. A start whose declarations do not fit is refused.
"""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from upheld.platform.endpoints import Endpoint, configured
from upheld.platform.settings import Settings, SettingsError

HERE = "this machine"
PLACES = ("database", "keyring", "objects", "backups", "mail", "root key", "limits")
"""Whatever of people's data, or of the keys to it, can lie somewhere else."""

# Of the providers that name their regions in host names: which area a region lies in.
_AREAS = {
    "eu": "eu", "us": "us", "ca": "ca", "ap-south": "in", "ap-northeast": "jp", "sa": "br", "af": "za",
    "me-central": "ae", "me-south": "bh", "il": "il",
}  # fmt: skip
_PROVIDER_REGION = re.compile(r"\b((?:eu|us|ca|sa|af|il|ap|me)-[a-z]+)-\d\b")


@dataclass(frozen=True)
class Place:
    """Something that data goes to, and where that is."""

    name: str
    region: str
    named_by_host: str | None
    """The area that its own host name speaks of, where a provider's does."""


@dataclass(frozen=True)
class Declared:
    """What the operator has declared."""

    region: str
    places: dict[str, str]
    safeguards: dict[str, str]

    @classmethod
    def read(cls, settings: Settings) -> Self:
        """Read the declarations.

        Raises:
            SettingsError: they cannot be read.
        """
        places = _pairs("UPHELD_REGIONS", settings.regions)
        safeguards = _pairs("UPHELD_SAFEGUARDS", settings.safeguards)
        if unknown := sorted((places.keys() | safeguards.keys()) - set(PLACES)):
            msg = f"UPHELD_REGIONS and UPHELD_SAFEGUARDS speak of {', '.join(PLACES)}; not of {', '.join(unknown)}."
            raise SettingsError(msg)
        return cls(settings.region.strip().lower(), {n: r.lower() for n, r in places.items()}, safeguards)


def places_of(settings: Settings) -> list[Place]:
    """Return every place that data goes to, with its region; empty where none is declared."""
    declared = Declared.read(settings)
    found = [_place(endpoint, declared) for endpoint in configured(settings)]
    if "backups" in declared.places:
        found.append(Place("backups", declared.places["backups"], None))
    return found


def faults_of(settings: Settings) -> list[str]:
    """Return what keeps data from staying where it was promised to stay; nothing when no region is declared."""
    declared = Declared.read(settings)
    if not declared.region:
        return []
    return [fault for place in places_of(settings) if (fault := _fault_of(place, declared))]


def check_residency(settings: Settings) -> None:
    """Refuse to start where data would leave the declared region without a safeguard.

    Raises:
        SettingsError: it would.
    """
    if faults := faults_of(settings):
        msg = f"UPHELD_REGION is {settings.region}, but {'; '.join(faults)}. Move it, or record the safeguard."
        raise SettingsError(msg)


def _fault_of(place: Place, declared: Declared) -> str | None:
    if place.region == HERE:
        return None
    if not place.region:
        return f"UPHELD_REGIONS does not say where {place.name} lies"
    if place.named_by_host and place.region.partition("-")[0] != place.named_by_host:
        return f"{place.name} is said to lie in {place.region}, and its host names {place.named_by_host}"
    if not _lies_in(place.region, declared.region) and not declared.safeguards.get(place.name):
        return f"{place.name} lies in {place.region}, under no safeguard"
    return None


def _lies_in(region: str, area: str) -> bool:
    """Whether a region is an area or a part of it: `eu-de` lies in `eu`."""
    return region == area or region.startswith(f"{area}-")


def _place(endpoint: Endpoint, declared: Declared) -> Place:
    if endpoint.is_here:
        return Place(endpoint.name, HERE, None)
    found = _PROVIDER_REGION.search(urlsplit(endpoint.url).hostname or "")
    areas = [area for name, area in _AREAS.items() if found and found[1].startswith(name)]
    return Place(endpoint.name, declared.places.get(endpoint.name, ""), next(iter(areas), None))


def _pairs(setting: str, said: str) -> dict[str, str]:
    pairs = [one.partition("=") for one in said.split(";") if one.strip()]
    if any(not mark or not value.strip() for _, mark, value in pairs):
        msg = f"{setting} is written like this: `database=eu; mail=eu`."
        raise SettingsError(msg)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
