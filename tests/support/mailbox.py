"""The mailbox of somebody at a deployment with processes of its own: mails come when the worker has sent them."""

import email
import email.policy
import re
import time

from tests.support.deployment import text_of
from tests.support.server import Server


def link_to(server: Server, address: str, link: str) -> str:
    """Wait for a mail to an address that holds a link (a pattern); return the newest such link's path.

    Raises:
        AssertionError: none came.
    """
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        for path in sorted((server.settings.var / "mail").glob("*/*.eml"), key=lambda path: path.name, reverse=True):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            found = re.search(link, text_of(mail)) if mail["to"] == address else None
            if found is not None:
                return found[0]
        time.sleep(0.05)
    msg = f"no mail to {address} came with a link {link}"
    raise AssertionError(msg)
