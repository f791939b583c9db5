"""Prints the report of one storm: `python -m tests.boundary.generator [seed]`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.boundary.generator.battlefield import prepare
from tests.boundary.generator.storm import storm
from tests.boundary.world import peopled
from tests.support.cluster import Cluster, running_cluster


async def main(cluster: Cluster, seed: int) -> int:
    """Attack a world of its own, and print what came of it."""
    async with peopled(cluster) as world:
        battlefield = await prepare(world)
        report = await storm(battlefield, seed)
    sys.stdout.write(report.printed())
    return 1 if report.findings or report.lasting else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="upheld-attack-") as folder:
        Path(folder).chmod(0o711)  # the server runs as a user of its own when this runs as root
        with running_cluster(Path(folder)) as cluster:
            code = asyncio.run(main(cluster, int(sys.argv[1]) if len(sys.argv) > 1 else 1))
    sys.exit(code)
