"""Letters: a mail made of a template, in the language of whoever reads it, as text and as HTML."""

import re
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from upheld.platform.i18n import Words, choose_language
from upheld.platform.services import Platform
from upheld.platform.web.pages import render


def compose(platform: Platform, kind: str, to: str, language: str, parameters: Mapping[str, str]) -> EmailMessage:
    """Return a mail in a person's language, as text and as HTML.

    Both are made of one template, `slice/mail/name.txt`: its first line is the subject, and
    `link(path, label)` in it is an address with what one does there.
    """
    words, address, links = Words(choose_language("", language)), platform.settings.address, dict[str, str]()

    def link(path: str, label: str) -> str:
        links[address + path] = label
        return address + path

    slice_name, name = kind.split("/")
    first, body = render(words, f"{slice_name}/mail/{name}.txt", link=link, **parameters).split("\n", 1)
    subject = first.removeprefix("Subject: ")
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = platform.settings.mail_from
    mail["To"] = to
    mail["Date"] = format_datetime(platform.clock.now())
    mail["Message-ID"] = make_msgid(domain=platform.settings.mail_from.rsplit("@", 1)[-1])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(body.lstrip("\n"))
    paragraphs = [part.splitlines() for part in re.split("\n{2,}", body.strip())]
    html = render(words, "mail.html", subject=subject, paragraphs=paragraphs, links=links, address=address)
    mail.add_alternative(html, subtype="html")
    mail["Content-Language"] = words.language  # last: setting the content takes such headers away
    return mail
