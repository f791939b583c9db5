"""A deployment as it really runs: its processes, on a port of its own, over TLS."""

import secrets
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from upheld.main.supervisor import environment_of
from upheld.platform.settings import Settings

HOST = "upheld.localhost"


@dataclass(frozen=True)
class Server:
    """A running deployment."""

    settings: Settings
    port: int
    processes: dict[str, subprocess.Popen[bytes]]

    @property
    def url(self) -> str:
        """Where it answers; tools resolve no `.localhost`, so they connect to the address itself."""
        return f"https://127.0.0.1:{self.port}"

    def tls(self) -> ssl.SSLContext:
        """Return a context that trusts this deployment's authority and nothing else."""
        return ssl.create_default_context(cafile=str(self.settings.var / "tls" / "authority.pem"))

    def client(self) -> httpx.Client:
        """Return a client with verified TLS, same-origin."""
        return httpx.Client(base_url=self.url, verify=self.tls(), headers={"sec-fetch-site": "same-origin"})


def free_port() -> int:
    """Return a port that nobody uses, and that no connection to somebody else is given meanwhile.

    Those that the kernel gives away begin at 32768: one of them can be taken again before we listen.
    """
    while True:
        port = secrets.randbelow(12_000) + 20_000
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def serving(settings: Settings, *names: str, command: list[str] | None = None, **changed: Any) -> Generator[Server]:
    """Run processes of a deployment (`web` unless told otherwise) for as long as the block lasts.

    Args:
        settings: a deployment cut by the cluster.
        names: which processes to run.
        command: what runs instead of `upheld process web`, for deployments with a planted fault.
        changed: settings that differ from those of a server in tests.
    """
    port = free_port()
    different: dict[str, Any] = {
        "listen": f"127.0.0.1:{port}", "listen_plain": "", "address": f"https://{HOST}:{port}", **changed,
    }  # fmt: skip
    chosen = replace(settings, **different)
    port = int(chosen.listen.rsplit(":", 1)[1])
    processes: dict[str, subprocess.Popen[bytes]] = {}
    log_path = Path(settings.var) / "log"
    log_path.mkdir(parents=True, exist_ok=True)
    try:
        for name in names or ("web",):
            own = command if name == "web" and command else [sys.executable, "-m", "upheld.main.cli", "process", name]
            with (log_path / f"{name}.log").open("ab") as log:
                processes[name] = subprocess.Popen(  # noqa: S603 - ourselves
                    own, env={**environment_of(chosen), "PYTHONPATH": str(Path.cwd())}, stdout=log, stderr=log
                )
        _wait(port, processes, log_path)
        yield Server(chosen, port, processes)
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            process.wait(20)


def _wait(port: int, processes: dict[str, subprocess.Popen[bytes]], log_path: Path) -> None:
    if "web" not in processes:
        return
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        if processes["web"].poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    msg = f"the web process did not answer: {(log_path / 'web.log').read_text()[-2000:]}"
    raise RuntimeError(msg)
