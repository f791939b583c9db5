"""org.dependencies: what is known against what we are made of, and how old that knowledge is."""

import datetime as dt
import json

from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.scene import Scene
from upheld.platform.advisories import KNOWN_TO_IT, digest_of, last_scans
from upheld.platform.materials import bill, installed, purls

OLDEST = dt.timedelta(days=8)
"""A scan a day, and a week in which the service may be away."""


@probe(privilege="reads a file in UPHELD_VAR", cost="opens no connection")
async def scan(scene: Scene) -> Finding:
    """Read the last scan: nothing is known against what is installed, and it was asked lately."""
    scans = last_scans(scene.settings.var)
    if scans is None:
        msg = "No scan has been made. The worker makes one a day; `upheld dependencies scan` makes one now."
        raise CannotLookError(msg)
    known = {f"{name}: {', '.join(ids)}" for name, ids in scans.last.found.items()}
    if known:
        return judged(sorted(known), scanned_at=scans.last.at.isoformat(timespec="seconds"))
    if scans.clean is None or (scans.last.could_not_ask and _age(scans.clean.at, scene) > OLDEST):
        msg = f"No advisory data could be had: {scans.last.could_not_ask}"
        raise CannotLookError(msg)
    if scans.clean.digest != digest_of(purls(installed())):
        msg = "What is installed has changed since the last clean scan; `upheld dependencies scan` makes another."
        raise CannotLookError(msg)
    age = _age(scans.clean.at, scene)
    return judged(
        [f"the last clean scan is {age.days} days old"] if age > OLDEST else [],
        last_clean_scan=scans.clean.at.isoformat(timespec="seconds"),
        packages=scans.clean.packages,
        not_asked_about=[one for one in purls(installed()) if not one.startswith(KNOWN_TO_IT)],
    )


@probe(privilege="none", cost="one request")
async def published(scene: Scene) -> Finding:
    """Fetch the published bill of materials: it is what is installed, piece by piece."""
    answer = await scene.site.ask("GET", "/about/sbom.json")
    try:
        said = json.loads(answer.body)
        listed = {one["purl"] for one in [said["metadata"]["component"], *said["components"]]}
    except (ValueError, KeyError, TypeError):
        return judged([f"/about/sbom.json answers {answer.status} without a bill"])
    there = set(purls(installed()))
    faults = [f"{one} is installed, and not on the bill" for one in sorted(there - listed)]
    faults += [f"{one} is on the bill, and not installed" for one in sorted(listed - there)]
    faults += [] if said.get("specVersion") == bill()["specVersion"] else ["it is not the format that it says"]
    return judged(faults, pieces=len(listed), format=f"{said.get('bomFormat')} {said.get('specVersion')}")


def _age(at: dt.datetime, scene: Scene) -> dt.timedelta:
    return scene.platform.clock.now() - at
