"""edge.residency: where everything lies that data goes to."""

from dataclasses import replace

from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.scene import Scene
from upheld.platform.residency import HERE, Declared, check_residency, faults_of, places_of
from upheld.platform.settings import SettingsError

_NOWHERE = "zz"
"""A region that ISO 3166 gives to nobody."""


@probe(privilege="reads the settings", cost="opens no connection")
async def regions(scene: Scene) -> Finding:
    """Compare where every place lies with the declared region, and try to start with one that lies elsewhere."""
    settings = scene.settings
    declared, places = Declared.read(settings), places_of(settings)
    if not declared.region and any(place.region != HERE for place in places):
        msg = "No region is declared (UPHELD_REGION), and something lies on another machine."
        raise CannotLookError(msg)
    faults = faults_of(settings)
    elsewhere = replace(
        settings, region="in", regions=f"mail={_NOWHERE}", safeguards="", mail="smtps://mail.example.org"
    )
    try:
        check_residency(elsewhere)
    except SettingsError:
        pass
    else:
        faults.append("a start with a mail server in another region is not refused")
    return judged(
        faults,
        region=declared.region or HERE,
        places={place.name: place.region for place in places},
        safeguards=declared.safeguards,
    )
