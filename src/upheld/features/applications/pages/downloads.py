"""Handing over a file: always as a download, never shown by the browser itself."""

from urllib.parse import quote

from litestar import Response

from upheld.features.applications.model import ResumeFile


def download(file: ResumeFile) -> Response[bytes]:
    """Return a file under the name it was sent with (RFC 6266, 4.3; RFC 8187)."""
    disposition = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
    return Response(file.content, media_type=file.media_type, headers={"content-disposition": disposition})
