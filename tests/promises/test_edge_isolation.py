"""edge.isolation: seen upheld by processes that run, and red under each of its sabotages."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from tests.promises.faults import Scratch
from upheld.features.trust.probes import isolation
from upheld.features.trust.probes.isolation import faults_of
from upheld.platform import shipped
from upheld.platform.owner import SERVER_USER
from upheld.platform.shipped import Compose, Image, Template, Unit, manifests
from upheld.platform.standing import Standing, standings

pytestmark = pytest.mark.anyio

STANDING = """
import pathlib, sys, time
from upheld.platform.standing import give_up_capabilities, step_down
step_down(pathlib.Path(sys.argv[1]), sys.argv[2])
give_up_capabilities()
print("there", flush=True)
time.sleep(60)
"""

TRYING = """
import ctypes, errno, pathlib, sys
from upheld.platform.standing import step_down
step_down(pathlib.Path(sys.argv[1]), "web")
libc = ctypes.CDLL(None, use_errno=True)
for call in (lambda: libc.mount(b"none", b"/mnt", b"tmpfs", 0, None), lambda: libc.ptrace(16, 1, 0, 0)):
    assert call() == -1 and ctypes.get_errno() == errno.EPERM
print("refused")
"""


@pytest.fixture
def var() -> Iterator[Path]:
    """Make a folder that a user without rights can walk to and write in."""
    folder = Path(tempfile.mkdtemp(prefix="upheld-standing-"))
    folder.chmod(0o711)
    own = folder / "var"
    own.mkdir()
    if os.geteuid() == 0:
        user = pwd.getpwnam(SERVER_USER)
        os.chown(own, user.pw_uid, user.pw_gid)
    yield own
    shutil.rmtree(folder)


def begin(var: Path, name: str, *, as_root: bool = False) -> "subprocess.Popen[str]":
    """Start a process that steps down as ours do, as a user of its own where we are root."""
    user = pwd.getpwnam(SERVER_USER) if os.geteuid() == 0 else None
    drop = (
        ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        if user and not as_root
        else []
    )
    process = subprocess.Popen(  # noqa: S603 - ourselves
        [*drop, sys.executable, "-c", STANDING, str(var), name],
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env={"PYTHONPATH": str(Path(shipped.__file__).parents[2])},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    return process


def sleep_and_note(var: Path, name: str) -> "subprocess.Popen[bytes]":
    """Start a process that gives nothing up, and note it as ours do themselves."""
    sleeper = subprocess.Popen(["/bin/sleep", "60"])
    began = Path(f"/proc/{sleeper.pid}/stat").read_text().rpartition(")")[2].split()[19]
    (var / "run").mkdir(mode=0o700)
    (var / "run" / f"{name}.{socket.gethostname()}.{sleeper.pid}").write_text(began)
    return sleeper


def end(*processes: "subprocess.Popen[str]") -> None:
    for process in processes:
        process.kill()
        process.communicate()


def look_in(scratch: Scratch, var: Path) -> None:
    platform = scratch.scene.platform
    scratch.scene.platform = replace(platform, settings=replace(platform.settings, var=var))


async def test_processes_that_stepped_down_uphold_it(swift: Scratch, var: Path) -> None:
    look_in(swift, var)
    running = [begin(var, name) for name in ("web", "worker")]
    try:
        found = await swift.look("edge.isolation.process")
    finally:
        end(*running)
    assert found.state == "upheld", found
    assert found.checks[0].evidence["processes"] == ["web", "worker"]
    # They are gone, and their notes with them: nothing is proven by what does not run.
    assert (await swift.look("edge.isolation.process")).state == "unproven"
    assert list((var / "run").iterdir()) == []


async def test_edge_isolation_process_is_red_when_a_process_has_kept_its_rights(swift: Scratch, var: Path) -> None:
    look_in(swift, var)
    sleeper = sleep_and_note(var, "worker")
    try:
        await swift.sees_red("edge.isolation.process", "worker: may gain rights", "worker: may make every system call")
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"is_root": True}, "runs as root"),
        ({"capabilities": frozenset({10, 21})}, "holds capabilities: 21"),
        ({"no_new_privileges": False}, "may gain rights"),
        ({"seccomp": False}, "may make every system call"),
    ],
)
def test_a_process_is_judged_by_what_the_kernel_says(changed: dict[str, object], fault: str) -> None:
    good = Standing("web", 1, False, frozenset({10}), True, True, True)  # noqa: FBT003 - the kernel's answers
    assert faults_of(good) == []
    assert any(fault in found for found in faults_of(structs.replace(good, **changed)))


def test_what_stepped_down_can_neither_mount_nor_trace(tmp_path: Path) -> None:
    said = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", TRYING, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert said.stdout == "refused\n"
    assert standings(tmp_path) == []


def shipped_one(kind: type) -> Unit | Image | Compose | Template:
    """Return what we ship of a kind; of the chart, the web pods."""
    found = next(one for one in manifests() if isinstance(one, kind) and (kind is not Template or "web" in one.name))
    assert isinstance(found, (Unit, Image, Compose, Template))
    return found


@pytest.mark.parametrize(
    ("kind", "line", "changed", "fault"),
    [
        (Unit, "User=upheld", "User=root", "runs as root"),
        (Unit, "NoNewPrivileges=yes", "NoNewPrivileges=no", "NoNewPrivileges is no"),
        (Unit, "ProtectSystem=strict", "", "ProtectSystem is missing"),
        (Unit, "Set=CAP_NET_BIND_SERVICE", "Set=CAP_NET_BIND_SERVICE CAP_SYS_ADMIN", "grants CAP_SYS_ADMIN"),
        (Image, "USER 10001:10001", "USER root", "runs as root"),
        (Image, "USER 10001:10001\n", "", "runs as root"),
        (Image, "EXPOSE 8443 8080", "EXPOSE 443", "needs ports below 1024"),
        (Image, 'HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["upheld", "health"]', "", "how it is"),
        (Compose, "read_only: true", "read_only: false", "upheld may write to its own file system"),
        (Compose, "cap_drop: [ALL]", "cap_add: [SYS_ADMIN]", "upheld keeps capabilities"),
        (Compose, 'user: "10001:10001"', "privileged: true", "upheld is privileged"),
        (Compose, '["no-new-privileges:true"]', '["seccomp:unconfined"]', "upheld is without a filter"),
        (Compose, "network_mode: none", "network_mode: host", "database shares the machine's namespaces"),
        (Compose, "pids_limit: 512", "", "upheld has no bounds"),
        (Template, "runAsNonRoot: true", "runAsNonRoot: false", "may run as root"),
        (Template, "type: RuntimeDefault", "type: Unconfined", "is without a filter of system calls"),
        (Template, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "web may write to its own"),
        (Template, "{drop: [ALL]}", "{drop: [ALL], add: [NET_ADMIN]}", "web keeps capabilities"),
        (Template, "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "web may gain rights"),
        (Template, "hostNetwork: false", "hostNetwork: true", "shares the machine's namespaces"),
        (Template, "path: /health/ready", "path: /", "web is not asked how it is"),
        (Template, "replicas: {{ .Values", "replicas: {{ include .Values", "does more than name values"),
    ],
)
async def test_edge_isolation_manifests_is_red_when_one_grants_more(
    swift: Scratch, monkeypatch: pytest.MonkeyPatch, kind: type, line: str, changed: str, fault: str
) -> None:
    good = shipped_one(kind)
    assert line in good.text
    assert good.faults() == []
    lax = replace(good, text=good.text.replace(line, changed, 1))
    monkeypatch.setattr(isolation, "manifests", lambda: [lax])
    await swift.sees_red("edge.isolation.manifests", fault)


async def test_what_we_ship_upholds_it(swift: Scratch) -> None:
    found = await swift.look("edge.isolation.manifests")
    assert found.state == "upheld", found
    assert len(found.checks[0].evidence["manifests"]) == 7
