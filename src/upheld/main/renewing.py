"""The process that sees to the certificate: obtained at the start, renewed before it is over."""

import datetime as dt
import logging
import socket
import threading

from upheld.kit.errors import UpheldError
from upheld.platform.certificates import is_due, last_renewal, renew
from upheld.platform.settings import Settings

log = logging.getLogger("upheld.certificates")

LOOKS = dt.timedelta(hours=1)
FIRST_WAIT, LONGEST_WAIT = dt.timedelta(seconds=10), dt.timedelta(hours=1)
_LOOKS_AT_REDIRECT = 120


def keep_certificate(settings: Settings, stopping: threading.Event) -> None:
    """Renew whenever it is due, until told to stop; after a failure later each time, as authorities ask."""
    wait = FIRST_WAIT
    _await_redirect(settings, stopping)
    while not stopping.is_set():
        now = dt.datetime.now(dt.UTC)
        pause = LOOKS
        if is_due(settings, now):
            try:
                renew(settings, now)
            except UpheldError:
                log.error("no certificate: %s", last_renewal(settings).failure)  # noqa: TRY400 - the reason says it all
                pause, wait = wait, min(wait * 2, LONGEST_WAIT)
            else:
                log.warning("a certificate was issued and put in force")
                wait = FIRST_WAIT
        stopping.wait(pause.total_seconds())


def _await_redirect(settings: Settings, stopping: threading.Event) -> None:
    """Wait until the process answers that the authority will ask; it is started beside this one.

    It is waited for half a minute: where it cannot come up, the authority's own answer says so.
    """
    if not settings.listen_plain:
        return
    host, port = settings.listen_plain.rsplit(":", 1)
    for _ in range(_LOOKS_AT_REDIRECT):
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            if stopping.wait(0.25):
                return
        else:
            return
