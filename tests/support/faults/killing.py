"""Killing the processes of a running deployment, and waiting until it answers again."""

import asyncio
import os
import random
import signal
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

import httpx

from tests.support.demo import Demo

TARGETS = ("web", "server", "worker", "postmaster", "backend", "everything")
"""What can be hit: the process that listens, the one that serves, the worker, PostgreSQL's first
process, one of its sessions, or web, worker and PostgreSQL at once."""


class StillAwayError(Exception):
    """A deployment did not come back by itself."""


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started and that are alive."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return [pid for pid in found if command_of(pid)]


def command_of(pid: int) -> bytes:
    """Return how a process was started; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@dataclass
class Killer:
    """Sends SIGKILL to parts of a demo, chosen by a seeded chance."""

    demo: Demo
    chance: random.Random
    hits: list[str] = field(default_factory=list[str])
    recoveries: list[float] = field(default_factory=list[float])

    async def round(self, client: httpx.AsyncClient) -> None:
        """Wait for a random moment, hit something, and wait until the service answers again.

        People get about as long to do things as the service took to come back, so that as much
        is under way on a busy machine as on an idle one.
        """
        took = mean(self.recoveries[-8:]) if self.recoveries else 0.5
        await asyncio.sleep(self.chance.uniform(0, 0.4 + took))
        target = self.chance.choice(TARGETS)
        pids = list(self._pids(target))
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.hits.append(target if pids else "nothing")
        began = time.monotonic()
        await asyncio.sleep(0.25)  # longer than an answer about health is given again
        await until_ready(client)
        self.recoveries.append(time.monotonic() - began)

    def _pids(self, target: str) -> Iterator[int]:
        for pid in children_of(self.demo.process.pid):
            command = command_of(pid)
            name = next((name for name in ("web", "worker", "postgres") if _is(command, name)), None)
            if target in {name, "everything"} or (target, name) == ("postmaster", "postgres"):
                yield pid
            elif (target, name) in {("server", "web"), ("backend", "postgres")}:
                below = [child for child in children_of(pid) if target == "server" or _is_session(child)]
                yield from self.chance.sample(below, min(1, len(below)))


def client_of(demo: Demo) -> httpx.AsyncClient:
    """Return a client of a demo with verified TLS that says its requests are the site's own."""
    trusting = ssl.create_default_context(cafile=str(demo.var / "tls" / "authority.pem"))
    return httpx.AsyncClient(
        base_url=f"https://127.0.0.1:{demo.port}",
        verify=trusting,
        timeout=30,
        headers={"sec-fetch-site": "same-origin"},
    )


async def until_ready(client: httpx.AsyncClient, at_most: float = 60) -> None:
    """Wait until the service says that it is ready.

    Raises:
        StillAwayError: it took too long.
    """
    limit = time.monotonic() + at_most
    while time.monotonic() < limit:
        with suppress(httpx.HTTPError):
            if (await client.get("/health/ready", timeout=5)).status_code == 200:
                return
        await asyncio.sleep(0.03)
    raise StillAwayError


def _is(command: bytes, name: str) -> bool:
    if name == "postgres":
        return b"/bin/postgres\x00" in command
    return b"process\x00" + name.encode() + b"\x00" in command


def _is_session(pid: int) -> bool:
    """Whether a process of PostgreSQL serves one of our roles."""
    return any(
        b"postgres: " + role in command_of(pid) for role in (b"web", b"gate", b"worker", b"vault", b"maintenance")
    )
