"""A real ACME authority: Pebble, Let's Encrypt's own for tests, with a name service that knows one answer."""

import json
import os
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.door import identity
from tests.support.server import free_port


@dataclass(frozen=True)
class Pebble:
    """A running authority."""

    directory: str
    vouched_by: Path
    management: str

    def root(self) -> str:
        """Return the certificate that everything it issues leads up to."""
        trusted = ssl.create_default_context(cafile=str(self.vouched_by))
        with urllib.request.urlopen(f"{self.management}/roots/0", context=trusted, timeout=5) as answer:  # noqa: S310 - our own
            return answer.read().decode()


@contextmanager
def pebble(folder: Path, http_port: int, *, life_seconds: int) -> Generator[Pebble]:
    """Run an authority that comes for its answers at a port of this machine, whatever the name."""
    identity(folder / "pebble", "127.0.0.1")
    listen, management, names = free_port(), free_port(), free_port()
    configuration = folder / "pebble.json"
    configuration.write_text(
        json.dumps(
            {
                "pebble": {
                    "listenAddress": f"127.0.0.1:{listen}",
                    "managementListenAddress": f"127.0.0.1:{management}",
                    "certificate": str(folder / "pebble" / "server.pem"),
                    "privateKey": str(folder / "pebble" / "server.key"),
                    "httpPort": http_port,
                    "tlsPort": 1,
                    "certificateValidityPeriod": life_seconds,
                }
            }
        )
    )
    commands = [
        [
            "pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", f"127.0.0.1:{names}",
            "-http01", "", "-https01", "", "-tlsalpn01", "", "-management", f"127.0.0.1:{free_port()}",
        ],
        ["pebble", "-config", str(configuration), "-dnsserver", f"127.0.0.1:{names}"],
    ]  # fmt: skip
    # By itself it refuses one nonce in twenty by chance; the library asks once more, and then gives up.
    environment = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
    with (folder / "pebble.log").open("ab") as log:
        running = [
            subprocess.Popen(command, stdout=log, stderr=log, env=environment)  # noqa: S603 - fixed
            for command in commands
        ]
    try:
        found = Pebble(
            f"https://127.0.0.1:{listen}/dir", folder / "pebble" / "authority.pem", f"https://127.0.0.1:{management}"
        )
        _wait(found, folder / "pebble.log")
        yield found
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(10)


def _wait(found: Pebble, log: Path) -> None:
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        try:
            found.root()
        except OSError:
            time.sleep(0.05)
        else:
            return
    msg = f"Pebble did not answer: {log.read_text()[-1000:]}"
    raise RuntimeError(msg)
