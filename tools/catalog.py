"""Look over the schema as the server's catalog has it: every query of `access.rls`, without a deployment.

`python -m tools.catalog` starts a PostgreSQL in a temporary folder, installs, migrates, asks,
and throws it away; a few seconds. Exit status 1 when a query finds anything.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

import click

from tests.support.cluster import Cluster
from tests.support.deployment import deployed
from tests.support.inside import InsideSite
from upheld.features.trust.probe import Probe
from upheld.features.trust.probes import catalog, lints
from upheld.features.trust.promises import PROMISES
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import NotingSite

_READS_THE_CATALOG = {id(value) for module in (catalog, lints) for value in vars(module).values()}


def main() -> int:
    """Look; 0 when nothing was found."""
    with tempfile.TemporaryDirectory(prefix="upheld-catalog-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the server runs as a user of its own when we are root
        cluster = Cluster(folder)
        cluster.start()
        try:
            faults = asyncio.run(_faults(cluster))
        finally:
            cluster.stop()
    for fault in faults:
        click.echo(fault)
    return 1 if faults else 0


def _looks() -> list[tuple[str, Probe]]:
    checks = (check for promise in PROMISES for check in promise.checks)
    return [(check.id, check.probe) for check in checks if check.probe and id(check.probe) in _READS_THE_CATALOG]


async def _faults(cluster: Cluster) -> list[str]:
    async with deployed(cluster) as deployment:
        scene = Scene(
            platform=deployment.platform,
            site=NotingSite(InsideSite(deployment.app, deployment.settings)),
            routes=(),
        )
        faults: list[str] = []
        for check_id, probe in _looks():
            finding = await probe.look(scene)
            faults += [f"{check_id}: {fault}" for fault in finding.evidence.get("faults", [])]
        return faults


if __name__ == "__main__":
    sys.exit(main())
