"""Whoever starts a demo as root gets one that does not run as root, and nothing of root's in its folder.

As an ordinary user the same holds without anything being given up: these tests are true either way.
"""

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.support.demo import Demo, running_demo, without_people
from tests.support.server import HOST, free_port
from upheld.platform.owner import leave_root, server_user
from upheld.platform.passage import closed_to_others

IS_ROOT = os.geteuid() == 0

WALKING = """
import os, sys
from pathlib import Path
from upheld.platform.passage import open_way
wanted = Path(sys.argv[1])
try:
    open_way([wanted, Path(sys.executable).resolve()])
except PermissionError:
    sys.exit("refused")
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
print(wanted.read_text(), (wanted.parent.parent / "beside").exists())
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Run a demo without people in a folder that nobody else can walk to, its second start."""
    var = tmp_path_factory.mktemp("closed") / "var"
    without_people(var)
    var.parent.chmod(0o700)
    with running_demo(var):
        pass
    with running_demo(var, UPHELD_LISTEN_PLAIN=f"127.0.0.1:{low_port() if IS_ROOT else free_port()}") as demo:
        yield demo


def low_port() -> int:
    """Return a port that nobody uses, and that only root may open."""
    while True:
        port = secrets.randbelow(300) + 700
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def owners(var: Path) -> set[int]:
    """Return whose the folder is, and all in it."""
    return {path.lstat().st_uid for path in (var, *var.rglob("*"))}


def test_a_demo_of_roots_upholds_isolation(demo: Demo) -> None:
    done = demo.command("verify", "edge.isolation")
    assert done.returncode == 0, done.stdout
    assert "runs as root" not in demo.output.read_text()


def test_a_port_that_only_root_may_open_is_served_without_root(demo: Demo) -> None:
    answer = httpx.get(f"http://{demo.environment['UPHELD_LISTEN_PLAIN']}/jobs", headers={"host": HOST})
    assert answer.headers["location"] == f"{demo.url}/jobs"


def test_what_root_runs_beside_it_leaves_nothing_of_roots_behind(demo: Demo, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    for arguments in (
        ["keys", "rotate", "epoch"],
        ["backup", "data", str(place)],
        ["verify", "store.rotation"],
    ):
        done = demo.command(*arguments)
        assert "PermissionError" not in done.stderr
        assert done.returncode in ({0, 2} if arguments[0] == "verify" else {0}), done.stdout + done.stderr
    # In a folder that is root's alone, and that root reads again.
    (kept,) = place.iterdir()
    assert demo.command("backup", "verify", str(kept)).returncode == 0
    assert owners(demo.var) == {server_user().pw_uid if IS_ROOT else os.geteuid()}


def test_what_is_not_ours_is_not_given_away(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("somebody's")
    said = leave_root(tmp_path, frozenset(), hands_over=True)
    assert said == (f"{tmp_path} holds more than Upheld put there" if IS_ROOT else None)
    assert leave_root(tmp_path, frozenset(), hands_over=False) == (f"{tmp_path} belongs to root" if IS_ROOT else None)
    assert (tmp_path / "notes").stat().st_uid == os.geteuid()


def test_a_way_through_a_closed_folder_leads_to_its_end_and_nowhere_else(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "beside").mkdir()
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "wanted").write_text("found")
    wanted = tmp_path / "open" / "wanted"
    assert tmp_path in closed_to_others([wanted])
    walked = subprocess.run([sys.executable, "-c", WALKING, str(wanted)], capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
    assert (walked.stdout, walked.stderr) == (("found False\n", "") if IS_ROOT else ("", "refused\n"))
    # On the machine nothing has changed.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["beside", "open"]
