"""Confinement: everything a child must not do is tried inside of it, for real, layer by layer."""

import errno
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from upheld.platform.documents import confinement_report, landlock, process, seccomp, trial
from upheld.platform.documents.confinement import LIMITS, Confinement
from upheld.platform.documents.errors import TooSlowError
from upheld.platform.documents.process import run_confined
from upheld.platform.documents.trial import ATTEMPTS, COULD, REFUSED, Aims, try_out

pytestmark = pytest.mark.anyio

UNCONFINED = "from upheld.platform.documents import trial; trial.confine = lambda: None; raise SystemExit(trial.main())"
ORDINARY_USER = 54321
FATAL = {name: numbers[0] for name, numbers in seccomp.FATAL.items()} | seccomp.FATAL_OF_OLD


@pytest.fixture
def aims(tmp_path: Path) -> Generator[Aims]:
    """Aim at a file that everybody may read, a port that answers, and a process to touch: this one."""
    secret = tmp_path / "root.key"
    secret.write_text("not for a document to read")
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Aims(str(secret), server.getsockname()[1], os.getpid())


async def test_every_layer_is_in_force_and_the_limits_are_read_back() -> None:
    report = await confinement_report()
    assert report.missing == ()
    assert report.landlock == landlock.version() >= 1
    assert report.limits == {name: most for name, (_, most) in LIMITS.items()}


@pytest.mark.parametrize("attempt", ATTEMPTS)
async def test_a_confined_process_cannot(attempt: str, aims: Aims, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await try_out(attempt, aims) in {REFUSED, "ended by SIGSYS"}
    # And it is the confinement that keeps it from it.
    monkeypatch.setattr(trial, "TRIAL", (sys.executable, "-I", "-B", "-c", UNCONFINED))
    assert await try_out(attempt, aims) == COULD


def test_each_system_call_that_no_document_is_a_reason_for_ends_the_process() -> None:
    tries = "\n".join(f"attempt(lambda: libc.syscall({number}, 0, 0, 0, 0, 0, 0))" for number in FATAL.values())
    ends = [int(line) for line in _forked(tries).split()]
    assert dict(zip(FATAL, ends, strict=True)) == dict.fromkeys(FATAL, -signal.SIGSYS)


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/passwd')",
        "open('/proc/self/mem', 'r+b')",
        f"open('/proc/{os.getppid()}/mem', 'rb')",
        "open('/dev/null')",
        "os.chdir('/')",
        "os.stat('/etc')",
        "os.readlink('/proc/self/exe')",
        "os.mkdir('/tmp/made-by-a-document')",
        "os.unlink('/tmp/whatever')",
        "os.open('/', os.O_PATH)",
        "os.dup(1)",
        "os.pipe()",
        "os.setpriority(os.PRIO_PROCESS, 0, -20)",
        "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
        "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)",
        "bytearray(800 * 1024 * 1024)",
        "threading.Thread(target=print).start()",
    ],
)
def test_inside_of_it_this_does_not_work(attempt: str) -> None:
    assert _forked(f"attempt(lambda: {attempt})") in {"refused", str(-signal.SIGSYS)}


def test_computing_and_answering_still_work() -> None:
    assert _forked("attempt(lambda: (bytearray(64 << 20), sum(range(1000)), os.getrandom(8), time.sleep(0.01)))") == "0"


# Each layer alone, so that no other one hides that it does nothing.
LANDLOCK_ALONE = {
    "reading a file": "open('/etc/passwd')",
    "listing a folder": "os.listdir('/')",
    "writing a file": "os.open('/tmp', os.O_TMPFILE | os.O_RDWR)",
    "connecting over TCP": "socket.socket().connect(('127.0.0.1', PORT))",
    "listening": "socket.socket().bind(('127.0.0.1', 0))",
    "an abstract socket": "socket.socket(socket.AF_UNIX).connect('\\0upheld-test-' + str(PORT))",
    "signalling": "os.kill(os.getppid(), 0)",
}


@pytest.mark.parametrize("attempt", LANDLOCK_ALONE.values(), ids=LANDLOCK_ALONE.keys())
def test_landlock_alone_refuses(attempt: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        port = server.getsockname()[1]
        abstract.bind(f"\0upheld-test-{port}")
        abstract.listen()
        tried = f"attempt(lambda: {attempt.replace('PORT', str(port))})"
        assert _forked(tried, confine="libc.prctl(38, 1, 0, 0, 0); landlock.restrict()") == "refused"
        assert _forked(tried, confine="None") == "0"


def test_the_namespace_alone_has_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        tried = f"attempt(lambda: socket.socket().connect(('127.0.0.1', {server.getsockname()[1]})))"
        assert _forked(tried, confine="confinement.leave(libc)") == "refused"


@pytest.mark.parametrize("attempt", ["read a file", "connect over TCP", "signal another process", "start a process"])
async def test_an_ordinary_user_is_confined_as_well(attempt: str, aims: Aims, monkeypatch: pytest.MonkeyPatch) -> None:
    ordinary = _as_ordinary_user("raise SystemExit(trial.main())")
    monkeypatch.setattr(trial, "TRIAL", (sys.executable, "-I", "-B", "-c", ordinary))
    assert await try_out(attempt, aims) in {REFUSED, "ended by SIGSYS"}


def test_an_ordinary_user_gets_every_layer_too() -> None:
    code = _as_ordinary_user("print(confinement.confine())")
    said = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, timeout=60)  # noqa: S603 - ourselves
    limits = {name: most for name, (_, most) in LIMITS.items()}
    assert said.stdout.strip() == str(
        Confinement(network=True, user=True, limits=limits, landlock=landlock.version(), seccomp=True)
    )


async def test_a_child_that_spins_is_ended_by_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    spins = (
        "import resource; from upheld.platform.documents import confinement\n"
        "confinement.LIMITS['cpu'] = (resource.RLIMIT_CPU, 1); confinement.confine()\nwhile True: pass"
    )
    status, _ = await run_confined((sys.executable, "-I", "-c", spins), b"", 100)
    assert status == -signal.SIGXCPU
    monkeypatch.setattr(process, "CHILD", (sys.executable, "-I", "-c", spins))
    with pytest.raises(TooSlowError):
        await confinement_report()


async def test_a_child_that_sleeps_for_ever_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(process, "WALL_SECONDS", 1)
    sleeps = (
        "import os, sys, time; from upheld.platform.documents.confinement import confine\n"
        "open(sys.argv[1], 'w').write(str(os.getpid())); confine(); time.sleep(600)"
    )
    with pytest.raises(TooSlowError):
        await run_confined((sys.executable, "-I", "-c", sleeps, str(tmp_path / "pid")), b"", 100)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


async def test_a_confined_child_goes_first_when_memory_or_time_is_short() -> None:
    shows = (
        "import os; from pathlib import Path; from upheld.platform.documents import confinement\n"
        "confinement.step_back(); print(os.nice(0), Path('/proc/self/oom_score_adj').read_text())"
    )
    _, answer = await run_confined((sys.executable, "-I", "-c", shows), b"", 100)
    niceness, score = answer.split()
    assert int(niceness) >= 10
    assert score == b"1000"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_allows_fails_and_kills_on_both_architectures(machine: str) -> None:
    column = ["x86_64", "aarch64"].index(machine)
    code = seccomp.program(machine)
    for numbers in seccomp.ALLOWED.values():
        assert _filtered(code, machine, numbers[column]) == seccomp.ALLOW
    for numbers in seccomp.FATAL.values():
        assert _filtered(code, machine, numbers[column]) == seccomp.KILL
    for numbers in seccomp.MEMORY.values():
        assert _filtered(code, machine, numbers[column], 0b011) == seccomp.ALLOW
        assert _filtered(code, machine, numbers[column], 0b101) == seccomp.FAIL
    openat = {"x86_64": 257, "aarch64": 56}
    assert _filtered(code, machine, openat[machine]) == seccomp.FAIL == 0x00050000 | errno.EPERM
    assert _filtered(code, machine, 0x40000000 | openat[machine]) == seccomp.KILL
    other = {"x86_64": "aarch64", "aarch64": "x86_64"}[machine]
    assert _filtered(code, other, seccomp.ALLOWED["read"][column]) == seccomp.KILL


def _filtered(code: bytes, machine: str, number: int, third: int = 0) -> int:
    """Run a filter as the kernel would."""
    data = struct.pack("<IIQ6Q", number, seccomp.AUDIT[machine], 0, 0, 0, third, 0, 0, 0)
    at = value = 0
    while True:
        operation, if_so, if_not, operand = struct.unpack_from("<HBBI", code, at * 8)
        at += 1
        if operation == seccomp.LOAD:
            value = struct.unpack_from("<I", data, operand)[0]
        elif operation == seccomp.RETURN:
            return operand
        else:
            met = {
                seccomp.IS: value == operand, seccomp.HAS: value & operand, seccomp.AT_LEAST: value >= operand,
            }[operation]  # fmt: skip
            at += if_so if met else if_not


def _forked(tries: str, confine: str = "confinement.confine()") -> str:
    """Make attempts, each in a confined process of its own; return how each ended: 0, a signal, `refused`."""
    code = f"""
import ctypes, mmap, os, resource, signal, socket, sys, threading, time
from upheld.platform.documents import confinement, landlock
libc = ctypes.CDLL(None, use_errno=True)
def attempt(act):
    pid = os.fork()
    if pid == 0:
        {confine}
        try:
            act()
        except (OSError, MemoryError, ValueError):
            os._exit(77)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    print("refused" if status == 77 else status)
{tries}
"""
    ended = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-I", "-c", code], env={}, cwd="/", capture_output=True, text=True, check=True, timeout=60
    )
    return ended.stdout.strip()


def _as_ordinary_user(then: str) -> str:
    """Return code that stops being root, if it was, before it is confined."""
    return (
        "import os; from upheld.platform.documents import confinement, trial\n"
        f"us = [{ORDINARY_USER}] * 3\n"
        "os.getuid() or (os.setgroups([]), os.setresgid(*us), os.setresuid(*us))\n"
        f"{then}"
    )
