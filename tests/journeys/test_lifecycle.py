"""Starting, stopping, being killed: what an operator's machine looks like afterwards."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.support.demo import Demo, running_demo, without_people
from tests.support.faults.killing import command_of
from tests.support.server import free_port
from upheld.main.child import MOST_FAILED_STARTS, Child, ProcessEndedError
from upheld.main.parent import PARENT
from upheld.main.supervisor import environment_of
from upheld.platform.settings import Settings


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


def workers_of(var: Path) -> list[int]:
    return [pid for pid in processes_of(var) if b"worker" in command_of(pid)]


def test_a_killed_process_is_started_again_and_the_run_goes_on(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    without_people(tmp_path / "var")
    with running_demo(tmp_path / "var") as demo:
        killed = workers_of(demo.var)
        assert len(killed) == 1
        os.kill(killed[0], signal.SIGKILL)
        limit = time.monotonic() + 20
        while workers_of(demo.var) in ([], killed) and time.monotonic() < limit:
            time.sleep(0.1)
        assert len(workers_of(demo.var)) == 1
        assert workers_of(demo.var) != killed
        assert demo.process.poll() is None
        assert "worker ended (killed by SIGKILL) and is started again" in demo.output.read_text()


def test_what_redirects_ends_with_the_process_that_listens(tmp_path: Path) -> None:
    port = free_port()
    chosen = {"UPHELD_VAR": str(tmp_path / "var"), "UPHELD_LISTEN_PLAIN": f"127.0.0.1:{port}"}
    plain = subprocess.Popen(
        [sys.executable, "-m", "upheld.main.cli", "process", "plain"], env={**os.environ, **chosen}
    )
    try:
        limit = time.monotonic() + 60
        while len(processes_of(tmp_path)) < 2 and time.monotonic() < limit:
            time.sleep(0.1)
        assert len(processes_of(tmp_path)) >= 2
    finally:
        plain.kill()
        plain.wait()
    assert wait_until_gone(tmp_path) == []


def ending(code: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", f"raise SystemExit({code})"])  # noqa: S603 - ourselves


def keep_running(child: Child, seconds: float) -> None:
    child.start()
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        child.keep_running()
        time.sleep(0.01)


def test_a_process_that_cannot_start_is_given_up_and_named() -> None:
    started: list[int] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(1)
        return ending(3)

    with pytest.raises(ProcessEndedError, match="`web` ended 6 times soon after its start"):
        keep_running(Child("web", start), 30)
    assert len(started) == MOST_FAILED_STARTS


def test_a_database_that_cannot_start_is_tried_again_ever_more_slowly_and_never_given_up() -> None:
    started: list[float] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(time.monotonic())
        return ending(1)

    keep_running(Child("postgres", start, never_gives_up=True), 8)
    assert len(started) > MOST_FAILED_STARTS
    assert started[-1] - started[-2] > 4 * (started[2] - started[1])


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


def test_a_process_whose_parent_died_before_it_could_ask_ends_at_once(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    settings = Settings(var=tmp_path, listen_plain=f"127.0.0.1:{free_port()}")
    command = [sys.executable, "-m", "upheld.main.cli", "process", "plain"]
    environment = {**environment_of(settings), PARENT: str(gone.pid)}
    orphan = subprocess.Popen(command, env=environment)  # noqa: S603 - ourselves
    try:
        assert orphan.wait(60) == -signal.SIGTERM
    finally:
        orphan.kill()
