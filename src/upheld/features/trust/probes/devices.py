"""edge.camera: which pages may use a camera, a microphone or the screen. By default none."""

from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.answers import Heard, answers
from upheld.features.trust.routes import DEVICES, Route
from upheld.features.trust.scene import Scene

WATCHED = ("camera", "microphone", "display-capture")
_HEADER = "permissions-policy"


@probe(privilege="a session of a probe person", cost="reads the answers that edge.headers asks for")
async def routes(scene: Scene) -> Finding:
    """Read the Permissions-Policy of every answer: only what is on the published list is allowed, and to us alone."""
    heard = (await answers(scene)).all
    faults = {fault for one in heard for fault in _faults_of(one)}
    faults |= {f"{route}: declares {', '.join(extra)}" for route in scene.routes if (extra := _undeclared(route))}
    return judged(
        sorted(faults),
        answers=len(heard),
        allowed={name: sorted(devices) for name, devices in sorted(DEVICES.items())},
    )


def _faults_of(one: Heard) -> list[str]:
    allowed = DEVICES.get(one.route.name, frozenset[str]()) if one.route else frozenset[str]()
    values = one.answer.all(_HEADER)
    if len(values) != 1:
        return [f"{one}: {_HEADER} {'is missing' if not values else 'is there twice'}"]
    parts = [part.strip().partition("=") for part in values[0].split(",")]
    said = {feature: allowed_to for feature, _, allowed_to in parts}
    return [
        f"{one}: {device} is {said.get(device, 'not spoken of')}"
        for device in WATCHED
        if said.get(device) not in ({"()", "(self)"} if device in allowed else {"()"})
    ]


def _undeclared(route: Route) -> list[str]:
    """Return what a route asks to be granted that the published list does not grant it."""
    return sorted(route.devices - DEVICES.get(route.name, frozenset[str]()))
