"""PostgreSQL's own programs: found, checked for their version, and run with pipes.

A password reaches them in an open file that has no name: neither the process list nor an
environment ever shows it, and whatever is killed, nothing is left of it.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO, cast
from urllib.parse import urlsplit, urlunsplit

from upheld.platform.backup.errors import ProgramError
from upheld.platform.embedded import EmbeddedError, binary
from upheld.platform.private import bare_environment
from upheld.platform.reach import tls_for

OLDEST = 18
"""The oldest PostgreSQL whose programs dump and restore what we build for."""

_BLOCK = 1 << 18


@dataclass(frozen=True)
class Server:
    """A database as libpq reaches it: its URL without a password, the role, and its password."""

    base: str
    role: str
    password: str

    @classmethod
    def of(cls, full_url: str) -> "Server":
        """Take a URL that names role and password apart."""
        parts = urlsplit(full_url)
        place = parts.netloc.rsplit("@", 1)[-1]
        bare = urlunsplit((parts.scheme, place, parts.path, parts.query, ""))
        # `urlunsplit` drops the empty host of a socket's URL.
        bare = bare if "://" in bare else bare.replace(f"{parts.scheme}:", f"{parts.scheme}://", 1)
        return cls(bare, parts.username or "postgres", parts.password or "")


def dumped(server: Server, snapshot: str) -> Iterator[bytes]:
    """Yield a dump of one snapshot in the custom format; what is unlogged has no place in it."""
    options = (
        "--format=custom", "--compress=gzip:1", "--no-unlogged-table-data", "--no-statistics",
        "--lock-wait-timeout=60s", f"--snapshot={snapshot}",
    )  # fmt: skip
    with _run("pg_dump", options, server) as process:
        yield from _blocks(process)


def loaded(server: Server, archive: Iterable[bytes]) -> None:
    """Load a dump into an empty database: all of it, or nothing."""
    with _run("pg_restore", ("--exit-on-error", "--single-transaction"), server, archive) as process:
        for _ in _blocks(process):
            pass


def text_of(archive: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a dump as the SQL that would restore it: everything that is in it, as text."""
    with _run("pg_restore", ("--file=-",), None, archive) as process:
        yield from _blocks(process)


def rows_in(archive: Iterable[bytes]) -> dict[str, int]:
    """Return how many rows of each table a dump holds, read to its end by `pg_restore` itself."""
    counts: dict[str, int] = {}
    table = ""
    with _run("pg_restore", ("--data-only", "--file=-"), None, archive) as process:
        for line in cast("IO[bytes]", process.stdout):
            if table:
                if line == b"\\.\n":
                    table = ""
                else:
                    counts[table] += 1
            elif found := re.match(rb"COPY (\S+) .*FROM stdin;$", line):
                table = found[1].decode()
                counts[table] = 0
    return counts


@contextmanager
def _run(
    name: str, options: Iterable[str], server: Server | None, content: Iterable[bytes] | None = None
) -> Generator[subprocess.Popen[bytes]]:
    """Run a program while the block reads what it says; fail when it, or what feeds it, fails."""
    target = ["--no-password", f"--dbname={server.base}", f"--username={server.role}"] if server else []
    command = [str(program(name, server)), *options, *target]
    with _password_file(server) as password_file, tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program, arguments of ours
            command,
            stdin=subprocess.PIPE if content is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            env=_environment(server, password_file),
            pass_fds=(password_file,),
        )
        feeder = _Feeder(process, content or ())
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            cast("IO[bytes]", process.stdout).close()
            feeder.join()
            process.wait()
        if feeder.failure is not None:
            raise feeder.failure
        if process.returncode:
            said.seek(0)
            msg = f"{name} did not finish: {_why(said.read())}"
            raise ProgramError(msg)


class _Feeder(Thread):
    """Writes what a program reads; a program that ends early is judged by its own exit status."""

    def __init__(self, process: subprocess.Popen[bytes], content: Iterable[bytes]) -> None:
        super().__init__(daemon=True)
        self._process, self._content = process, content
        self.failure: Exception | None = None
        self.start()

    def run(self) -> None:
        target = self._process.stdin
        if target is None:
            return
        content = iter(self._content)
        try:
            with suppress(BrokenPipeError):
                for block in content:
                    target.write(block)
                target.flush()
            with suppress(BrokenPipeError):
                target.close()
            # What the program did not want is read all the same: only its end proves a stream whole.
            for _ in content:
                pass
        except Exception as error:  # noqa: BLE001 - handed to whoever runs the program
            self.failure = error
            self._process.kill()
            with suppress(BrokenPipeError):
                target.close()


def program(name: str, server: Server | None = None) -> Path:
    """Return PostgreSQL's program of a name: one in PATH, else the embedded server's own.

    Raises:
        ProgramError: there is none of PostgreSQL 18 or newer. The embedded one speaks no TLS,
            so it is none for a database on another machine.
    """
    found = shutil.which(name)
    if found and _major(found) >= OLDEST:
        return Path(found)
    if server is None or tls_for(server.base) is None:
        try:
            return binary(name)
        except EmbeddedError:
            pass
    older = f"; the one at {found} is older" if found else ""
    msg = (
        f"{name} of PostgreSQL {OLDEST} or newer is not in PATH{older}. On Debian: `apt install postgresql-client-18`."
    )
    raise ProgramError(msg)


def _major(path: str) -> int:
    command = [path, "--version"]
    said = subprocess.run(command, env=bare_environment(), capture_output=True, text=True, check=False).stdout  # noqa: S603 - PostgreSQL's own program
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0


@contextmanager
def _password_file(server: Server | None) -> Generator[int]:
    """Yield an open file, for its owner only, with the password of a server in libpq's own format."""
    with tempfile.TemporaryFile("w") as file:
        if server is not None:
            escaped = server.password.replace("\\", "\\\\").replace(":", "\\:")
            file.write(f"*:*:*:*:{escaped}\n")
            file.seek(0)
        yield file.fileno()


def _environment(server: Server | None, password_file: int) -> dict[str, str]:
    """Return the environment of a program: no settings of ours, and where its password is."""
    if server is None:
        return bare_environment()
    # Read as the rest of Upheld reads it: verified, or on this machine.
    tls = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "system"} if tls_for(server.base) else {}
    return {**bare_environment(), **tls, "PGPASSFILE": f"/dev/fd/{password_file}", "PGAPPNAME": "upheld-backup"}


def _blocks(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    output = cast("IO[bytes]", process.stdout)
    while block := output.read(_BLOCK):
        yield block


def _why(said: bytes) -> str:
    """Return the kind of a failure; a quoted row is cut off, since it may hold somebody's data."""
    lines = [line for line in said.decode(errors="replace").splitlines() if "error:" in line]
    return (lines or ["it gave no reason"])[0].split("DETAIL")[0][:300]
