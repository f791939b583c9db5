"""Starting, stopping, being killed: what an operator's machine looks like afterwards."""

import os
import signal
import socket
import ssl
import time
from pathlib import Path

import httpx
import pytest

from tests.support.demo import Demo, running_demo


def processes_of(var: Path) -> list[int]:
    """Return the processes that work for a demo, found by the folder they were given."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                said = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            except OSError:
                continue
            if str(var).encode() in said and state != "Z":
                found.append(int(entry.name))
    return found


def signs_in(demo: Demo) -> bool:
    address, password = demo.sign_in_of("Owner of Tidewater Instruments")
    authority = ssl.create_default_context(cafile=str(demo.var / "tls" / "authority.pem"))
    with httpx.Client(base_url=f"https://127.0.0.1:{demo.port}", verify=authority) as client:
        answer = client.post("/sign-in", data={"email": address, "password": password})
    return answer.headers.get("location") == "/home"


def wait_until_gone(var: Path) -> list[int]:
    limit = time.monotonic() + 20
    while processes_of(var) and time.monotonic() < limit:
        time.sleep(0.1)
    return processes_of(var)


def test_ctrl_c_leaves_no_process_and_a_killed_run_recovers(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    var = tmp_path / "var"
    with running_demo(var) as demo:
        assert len(processes_of(var)) >= 4
        assert signs_in(demo)
        assert demo.stop() == 0
        assert wait_until_gone(var) == []
    with running_demo(var) as demo:
        demo.stop(signal.SIGKILL)
    with running_demo(var) as demo:
        assert signs_in(demo)
        printed = demo.command("sign-ins").stdout
        assert demo.sign_in_of("Owner of Nordlicht Care")[1] in printed
        assert (var / "sign-ins").stat().st_mode & 0o777 == 0o600
    assert wait_until_gone(var) == []


def test_a_process_that_ends_by_itself_ends_the_whole_run(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    with running_demo(tmp_path / "var") as demo:
        worker = next(
            pid for pid in processes_of(demo.var)
            if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
        )  # fmt: skip
        os.kill(worker, signal.SIGKILL)
        assert demo.process.wait(30) == 1
        assert wait_until_gone(demo.var) == []


def test_a_taken_address_is_named_before_anything_starts(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with (
            pytest.raises(RuntimeError, match=f"Another program listens at {listen}"),
            running_demo(tmp_path / "var", UPHELD_LISTEN=listen),
        ):
            pass
    assert wait_until_gone(tmp_path / "var") == []
