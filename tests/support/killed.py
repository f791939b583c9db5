"""Uploads a document for whoever a session belongs to, and is killed before the transaction is committed.

Run as a process of its own with the settings in its environment: `python -m tests.support.killed TOKEN`.
"""

import asyncio
import os
import signal
import sys
from types import SimpleNamespace
from typing import Any, cast

from tests.support.deployment import Deployment
from tests.support.hiring import acting_in, pdf
from upheld.features.candidates.actions import add_document
from upheld.platform.services import open_platform
from upheld.platform.settings import Settings
from upheld.platform.web.cookies import SESSION_COOKIE
from upheld.platform.web.forms import Upload


async def _upload_and_die(token: str) -> None:
    async with open_platform(Settings.read(), ("web", "gate")) as platform:
        here = Deployment(platform.settings, platform, app=None, cluster=cast("Any", None))
        browser = cast("Any", SimpleNamespace(cookies={SESSION_COOKIE: token}))
        async with acting_in(here, browser) as acting:
            await add_document(acting, Upload("resume.pdf", pdf("Ada Okafor")))
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(_upload_and_die(sys.argv[1]))
