"""Files that leave: always as a download, under a name that cannot be mistaken."""

import re
from urllib.parse import quote

from litestar import Response


def download(content: bytes, media_type: str, name: str) -> Response[bytes]:
    """Return a file that browsers save instead of showing.

    The name goes out twice (RFC 6266): in plain ASCII for old programs, and as it is
    (RFC 5987) for everyone else. `nosniff` and `no-store` come from the edge.
    """
    plain = re.sub(r"[^A-Za-z0-9 ._()-]", "_", name)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(content, media_type=media_type, headers={"content-disposition": disposition})
