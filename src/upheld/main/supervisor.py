"""The supervisor: starts the processes of a deployment, keeps them running, and ends them together."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

from upheld.kit.errors import UnavailableError
from upheld.main.child import Child, ProcessEndedError
from upheld.main.parent import PARENT
from upheld.platform.settings import Settings
from upheld.platform.telemetry import metrics

_OPEN_KEYS = frozenset({"web", "worker"})
"""The processes that open people's data."""


class AddressTakenError(UnavailableError):
    """Another program listens there already."""

    code = "address-taken"


def serve_all(settings: Settings, ready: Callable[[], None], besides: Sequence[Child] = ()) -> None:
    """Start every process, call `ready` once requests are answered, and keep all running until Ctrl-C or SIGTERM.

    A process that dies later is started again (`Child` says how); one that cannot be is the
    end of all, so that a service manager sees a failure instead of half a deployment.

    Args:
        settings: the deployment.
        ready: called once.
        besides: what runs already and is to be kept running too, but ended by somebody else.

    Raises:
        AddressTakenError: another program listens where this one should.
        ProcessEndedError: one of them ended before requests were answered, or again and again.
    """
    _check_free(settings)
    optional = {"plain": settings.listen_plain, "metrics": settings.metrics_listen, "certificates": settings.acme}
    names = ["web", "worker", *(name for name, asked in optional.items() if asked)]
    if settings.metrics_listen:
        metrics.begin(settings)
    children = [
        Child(name, _starter(name, environment_of(settings, with_root_key=name in _OPEN_KEYS))) for name in names
    ]
    try:
        for child in children:
            child.start()
        _wait_for_listener(settings, children)
        ready()
        while True:
            for child in (*besides, *children):
                child.keep_running()
            time.sleep(0.05)
    except KeyboardInterrupt:
        return
    finally:
        _end(children)


def end_in_order() -> None:
    """Treat SIGTERM and SIGHUP like Ctrl-C: what was started is stopped, in order."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


def environment_of(settings: Settings, *, with_root_key: bool = True) -> dict[str, str]:
    """Return the environment that hands these settings to another process; never a secret.

    Args:
        settings: what is handed over.
        with_root_key: whether the process opens keys; if it does not, an environment variable
            that holds the root key is left out.
    """
    values = {f"UPHELD_{f.name.upper()}": getattr(settings, f.name) for f in fields(settings)}
    values[PARENT] = os.getpid()
    if settings.metrics_listen:
        values[metrics.FOLDER_VARIABLE] = metrics.folder_of(settings)
    kept = {name: text for name, text in os.environ.items() if with_root_key or name != settings.root_key_variable}
    return {**kept, **{name: _as_text(value) for name, value in values.items() if value is not None}}


def _starter(name: str, environment: dict[str, str]) -> Callable[[], subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "upheld.main.cli", "process", name]

    def start() -> subprocess.Popen[bytes]:
        # A group of its own: Ctrl-C reaches us alone, and we end the children in order.
        return subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603 - ourselves

    return start


def _check_free(settings: Settings) -> None:
    """Refuse before anything is started; whoever answers there is not us."""
    for name in ("listen", "listen_plain", "metrics_listen"):
        listen: str = getattr(settings, name)
        if not listen:
            continue
        host, port = listen.rsplit(":", 1)
        with socket.socket() as probe:
            # As the server does: an address that was let go of a moment ago is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, int(port)))
            except OSError:
                msg = f"Another program listens at {listen}. Stop it, or set UPHELD_{name.upper()} to another address."
                raise AddressTakenError(msg) from None


def _wait_for_listener(settings: Settings, children: list[Child]) -> None:
    host, port = settings.listen.rsplit(":", 1)
    while all(child.is_running() for child in children):
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise ProcessEndedError


def _end(children: list[Child]) -> None:
    # From here on we are stopping; a second Ctrl-C must not leave half of it running.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for child in children:
        child.ask_to_end()
    for child in children:
        child.wait_for_end(15)


def _as_text(value: object) -> str:
    if isinstance(value, timedelta):
        return str(value.total_seconds() / 60)
    return str(value.resolve()) if isinstance(value, Path) else str(value)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
