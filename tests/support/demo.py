"""`upheld run` itself, as the README says, in a folder of the test's own."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import HOST, free_port


@dataclass
class Demo:
    """A running demo."""

    var: Path
    port: int
    process: subprocess.Popen[bytes]
    output: Path
    environment: dict[str, str]

    @property
    def url(self) -> str:
        """Where browsers find it."""
        return f"https://{HOST}:{self.port}"

    def sign_in_of(self, role: str) -> tuple[str, str]:
        """Return the printed address and password of a role."""
        found = re.search(rf"{re.escape(role)}.*\n\s+(\S+)\s+(\S+)", self.output.read_text())
        assert found is not None, f"no sign-in for {role}"
        return found[1], found[2]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another `upheld` command against this demo."""
        return subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-m", "upheld.main.cli", *arguments],
            env=self.environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Stop it, as Ctrl-C does unless told otherwise; return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


def without_people(var: Path) -> None:
    """Let the next run in `var` invent nobody: it takes its sign-ins for made."""
    var.mkdir(parents=True)
    var.parent.chmod(0o711)  # the server runs as a user of its own when the tests run as root
    (var / "sign-ins").write_text("{}")
    (var / "lock").touch()  # as the run leaves it that made them


@contextmanager
def running_demo(var: Path, **settings: str) -> Generator[Demo]:
    """Run a demo in `var` for as long as the block lasts.

    Args:
        var: its folder; a second run in the same folder goes on where the first ended.
        settings: more settings, by their full names.
    """
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("UPHELD_")},
        "UPHELD_VAR": str(var),
        "UPHELD_LISTEN": f"127.0.0.1:{port}",
        "UPHELD_LISTEN_PLAIN": f"127.0.0.1:{free_port()}",
        "UPHELD_ADDRESS": f"https://{HOST}:{port}",
        "UPHELD_ERASURE_GRACE": "0",
        "UPHELD_DEMO_PEOPLE": "10",
        "UPHELD_PROOF_EVERY": "0",
        **settings,
    }
    output = var.parent / f"{var.name}-output-{port}"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "upheld.main.cli", "run"], env=environment, stdout=file, stderr=subprocess.STDOUT
        )
    demo = Demo(var, port, process, output, environment)
    try:
        _wait(demo)
        yield demo
    finally:
        if process.poll() is None:
            demo.stop()


def _wait(demo: Demo) -> None:
    limit = time.monotonic() + 120
    while time.monotonic() < limit and demo.process.poll() is None:
        if "Upheld is running" in demo.output.read_text():
            return
        time.sleep(0.05)
    msg = f"the demo did not start: {demo.output.read_text()[-3000:]}"
    raise RuntimeError(msg)
