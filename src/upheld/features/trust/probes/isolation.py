"""edge.isolation: what the running processes may do, and what we ship for running them grants."""

import sys

from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.scene import Scene
from upheld.platform.shipped import manifests
from upheld.platform.standing import BIND_LOW_PORTS, Standing, standings

MAY_BIND = {"web", "plain"}
"""Whose first process opens ports."""


@probe(privilege="runs where the processes run", cost="reads /proc of each")
async def process(scene: Scene) -> Finding:
    """Have the kernel say what web, worker and redirect may do: as whom they run, and with which rights."""
    if sys.platform != "linux":
        msg = "Only Linux says it of a process."
        raise CannotLookError(msg)
    found = standings(scene.settings.var)
    if not found:
        msg = "No process of this deployment runs on this machine, or it notes itself in another UPHELD_VAR."
        raise CannotLookError(msg)
    faults = [fault for one in found for fault in faults_of(one)]
    return judged(
        faults,
        processes=sorted(one.name for one in found),
        root_read_only=all(one.root_read_only for one in found),
    )


def faults_of(one: Standing) -> list[str]:
    """Return what a process may do that it need not."""
    needed = frozenset({BIND_LOW_PORTS}) if one.name in MAY_BIND else frozenset[int]()
    wanted = {
        "runs as root; start it as a user of its own": not one.is_root,
        f"holds capabilities: {', '.join(map(str, sorted(one.capabilities - needed)))}": one.capabilities <= needed,
        "may gain rights (no_new_privs is off)": one.no_new_privileges,
        "may make every system call (no seccomp filter)": one.seccomp,
    }
    return [f"{one.name}: {what}" for what, is_so in wanted.items() if not is_so]


@probe(privilege="none", cost="reads a few files")
async def shipped(scene: Scene) -> Finding:  # noqa: ARG001 - it is the same for every deployment
    """Read the unit, the image definition, the compose file and the chart: none grants what is not needed."""
    found = manifests()
    faults = [f"{one.name}: {fault}" for one in found for fault in one.faults()]
    return judged(faults, manifests=[one.name for one in found])
