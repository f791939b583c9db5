"""Fifty hostile files arrive at once: what somebody who reads a page notices, and what the server holds."""

from bench.figures import Figure
from bench.stage import staged
from tests.platform.hostile.siege import besiege, p95
from tests.support.server import serving
from upheld.platform.documents.reading import AT_ONCE
from upheld.platform.web.cookies import SESSION_COOKIE

_ATTACKERS = 5


async def measure() -> list[Figure]:
    """Besiege a server of its own; the reader's figures are of the same run, before and meanwhile."""
    async with staged() as stage:
        cookies: list[str] = []
        for number in range(_ATTACKERS + 1):
            async with stage.deployment.person(f"person{number}@example.org") as browser:
                cookies.append(f"{SESSION_COOKIE}={browser.cookies[SESSION_COOKIE]}")
        with serving(stage.deployment.settings) as server:
            seen = await besiege(server, cookies[0], cookies[1:])
    before, during = p95(seen.before), p95(seen.during)
    good = seen.reads[200] / seen.reads.total()
    return [
        Figure("a page, 95 of 100, before", before * 1000, "ms"),
        Figure("the same while 50 hostile files arrive", during * 1000, "ms"),
        Figure("how many times as long", during / before),
        Figure("pages that were answered meanwhile", good, "of 1", at_least=1.0),
        Figure("files that were answered", float(seen.uploads.total()), "", at_least=50),
        Figure("of these opened and refused", float(seen.uploads[422])),
        Figure("of these told to come again", float(seen.uploads[503])),
        Figure("documents open at once", float(seen.most_children), "", at_most=AT_ONCE),
        Figure("memory that the server grew by", seen.growth / 1e6, "MB", at_most=400),
    ]
