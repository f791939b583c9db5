"""A real Valkey or Redis, whichever the machine has, on a port of its own."""

import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.support.server import free_port


@contextmanager
def running_redis(folder: Path, port: int | None = None) -> Generator[str]:
    """Run it for as long as the block lasts; yield its address."""
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    assert program is not None, "`make test` installs redis-server"
    at = port or free_port()
    command = [program, "--port", str(at), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with (folder / "redis.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - fixed
    try:
        _wait(at, process, folder / "redis.log")
        yield f"redis://127.0.0.1:{at}/0"
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    limit = time.monotonic() + 20
    while time.monotonic() < limit and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    msg = f"it did not answer: {log.read_text()[-1000:]}"
    raise RuntimeError(msg)
