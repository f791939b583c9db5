"""The demo's outbox: mails that did not leave this machine. Only mounted when `demo` is on."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any

from litestar import Request, Response, get

from upheld.platform.web.pages import page
from upheld.platform.web.visits import Visit


@get("/outbox", name="outbox", opt={"public": True, "no_transaction": True})
async def outbox_page(request: Request[Any, Any, Any], visit: Visit) -> Response[str]:
    """Show the newest mails, their links alive."""
    folder = visit.platform.settings.var / "mail"
    newest = sorted(folder.glob("*/*.eml"), key=lambda path: path.name, reverse=True)[:50]
    mails = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in newest]
    shown = [
        {
            "to": mail["to"],
            "subject": mail["subject"],
            "at": mail["date"].datetime,
            "language": mail["content-language"],
            "lines": _text(mail).splitlines(),
        }
        for mail in mails
    ]
    return page(request, "outbox.html", mails=shown, address=visit.platform.settings.address)


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return body.get_content() if body else ""
