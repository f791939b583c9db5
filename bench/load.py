"""Loading a running server with wrk, signed in or not."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import Server
from upheld.platform.web.cookies import SESSION_COOKIE


@dataclass(frozen=True)
class Load:
    """What a load measured: how many answers, how many a second, and milliseconds for one."""

    answers: int
    rate: float
    p50: float
    p99: float


def load(server: Server, path: str, seconds: int, *, cookie: str | None = None, connections: int = 1) -> Load:
    """Ask for a page over and over, on so many connections at once; every answer must be a good one."""
    signed_in = ["--header", f"Cookie: {SESSION_COOKIE}={cookie}"] if cookie else []
    said = subprocess.run(  # noqa: S603 - our own server, on loopback
        [  # noqa: S607 - wherever the system has it
            "wrk", "--connections", str(connections), "--threads", "1", "--duration", f"{seconds}s", "--latency",
            *signed_in, f"{server.url}{path}",
        ],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "Non-2xx" not in said, said
    rate = float(_found(r"Requests/sec:\s+([\d.]+)", said)[0])
    answers = int(_found(r"(\d+) requests in", said)[0])
    return Load(answers, rate, _milliseconds("50%", said), _milliseconds("99%", said))


def cpu_seconds(*roots: int) -> float:
    """Return how long processes, and all that they started, have kept a core busy so far.

    Unlike what a clock says it is about the same on a machine that does other things as well.
    """
    children: dict[int, list[int]] = {}
    spent: dict[int, float] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.name))
        spent[int(entry.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    total, left = 0.0, list(roots)
    while left:
        process = left.pop()
        total += spent.get(process, 0)
        left += children.get(process, [])
    return total


def _milliseconds(share: str, said: str) -> float:
    value, unit = _found(rf"\s{share}\s+([\d.]+)(us|ms|s)", said)
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def _found(pattern: str, said: str) -> tuple[str, ...]:
    found = re.search(pattern, said)
    assert found is not None, said
    return found.groups()
