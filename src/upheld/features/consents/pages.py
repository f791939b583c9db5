"""The receipts of one's own consents, as a file."""

import msgspec
from litestar import Response, get

from upheld.features.consents.queries import own_receipts
from upheld.platform.web.downloads import download
from upheld.platform.web.visits import Visit


@get("/privacy/receipts.json", name="consents.receipts")
async def receipts_file(visit: Visit) -> Response[bytes]:
    """Hand over a receipt for each consent the person has given or withdrawn, newest first."""
    receipts = await own_receipts(visit.acting())
    content = msgspec.json.format(msgspec.json.encode(receipts), indent=2)
    return download(content, "application/json", "consent-receipts.json")


handlers = [receipts_file]
