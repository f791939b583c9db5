"""What candidates do, step by step, through the pages."""

import re

import httpx

from tests.support.deployment import Browser
from upheld.platform.documents import PDF


async def upload(browser: Browser, content: bytes, name: str = "resume.pdf") -> httpx.Response:
    """Upload a document; return the page that follows."""
    return await browser.post("/documents", files={"file": (name, content, PDF)})


def document_ids(page: httpx.Response) -> list[str]:
    """Return the ids of the documents on a page, newest first."""
    return re.findall(r"/documents/([0-9a-f-]{36})/file", page.text)
