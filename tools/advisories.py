"""Scan everything that the locks pin, the developers' packages too. Part of `make check`.

Known weaknesses fail it. Where no advisory data can be had the check goes on, says so where
nobody overlooks it, and notes it: what could not be asked is not clean.
"""

import asyncio
import datetime as dt
import sys
from pathlib import Path

from upheld.platform.advisories import note, scan
from upheld.platform.materials import locked, npm_locked, purls
from upheld.platform.outbound import Outbound

ROOT = Path(__file__).parents[1]
NOTED = ROOT / ".venv"


def main() -> int:
    """Scan and tell; return 1 when something is known, 2 when nobody could be asked."""
    pinned = [*locked((ROOT / "uv.lock").read_text()), *npm_locked((ROOT / "package-lock.json").read_text())]
    done = asyncio.run(scan(Outbound(), purls(pinned), dt.datetime.now(dt.UTC)))
    note(NOTED, done)
    told = [f"{name}: {', '.join(ids)}" for name, ids in sorted(done.found.items())]
    if done.could_not_ask:
        told += [
            f"  UNPROVEN: no advisory data could be had. Nobody knows of {done.packages} packages whether",
            f"  they have known weaknesses. {done.could_not_ask}",
        ]
    sys.stderr.writelines(f"{line}\n" for line in told)
    return 1 if done.found else 2 if done.could_not_ask else 0


if __name__ == "__main__":
    sys.exit(main())
