"""access.files, green, and red under each of its sabotages."""

from collections.abc import AsyncGenerator
from typing import Any

import obstore
import pytest

from tests.promises.faults import Changing, Scratch
from tests.support.bucket import BucketService
from tests.support.cluster import Cluster
from tests.support.deployment import Deployment
from upheld.platform.stores import open_store

pytestmark = pytest.mark.anyio

_NAMES = ("links", "downloads", "store")


class Mounted:
    """Serves the folder of stored files to whoever knows their names: what a wrong mount does."""

    def __init__(self, app: Any, deployment: Deployment) -> None:
        """Take the application to stand before, and the deployment whose store is served."""
        self._app, self._store = app, open_store(deployment.settings)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, or pass on."""
        path = scope.get("path", "")
        if not path.startswith("/objects/files/"):
            await self._app(scope, receive, send)
            return
        try:
            stored = await obstore.get_async(self._store, path.removeprefix("/objects/"))
        except FileNotFoundError:
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": bytes(await stored.bytes_async())})


@pytest.fixture
async def in_bucket(on_bucket: Deployment, cluster: Cluster) -> AsyncGenerator[Scratch]:
    """Set up a scene around a deployment that keeps its files in a bucket."""
    scratch = Scratch.around(on_bucket, cluster)
    try:
        yield scratch
    finally:
        await scratch.scene.close()


async def test_access_files_is_green_in_a_bucket_too(in_bucket: Scratch) -> None:
    for name in _NAMES:
        result = await in_bucket.look(f"access.files.{name}")
        assert result.checks[0].state == "passed", result


async def test_access_files_links_is_red_when_a_route_serves_stored_files_to_anyone(scratch: Scratch) -> None:
    scratch.serve(Mounted(scratch.deployment.app, scratch.deployment))
    await scratch.sees_red("access.files.links", "nobody opened /objects/files/", "stranger opened /objects/files/")


async def test_a_file_stays_shut_when_the_database_gives_its_row_to_everybody(scratch: Scratch) -> None:
    await scratch.change(
        "create or replace function upheld.own_documents() returns table ("
        " id uuid, object_id uuid, media_type text, size_bytes integer, name_sealed bytea, text_sealed bytea,"
        " uploaded_at timestamptz) language sql stable security definer set search_path = ''"
        " as 'select d.id, d.object_id, d.media_type, d.size_bytes, d.name_sealed, d.text_sealed, d.uploaded_at"
        " from upheld.documents as d'",
        "alter function upheld.own_documents() owner to postgres",
    )
    result = await scratch.look("access.files.links")
    # The row is another's, and the file still does not open: its key is the candidate's.
    assert result.checks[0].state == "passed", result


async def test_access_files_downloads_is_red_when_an_employers_look_is_not_journaled(scratch: Scratch) -> None:
    await scratch.change(
        "create or replace function upheld.open_resume(wanted_id uuid) returns table ("
        " object_id uuid, media_type text, size_bytes integer, name_sealed bytea, person_id uuid)"
        " language sql volatile security definer set search_path = ''"
        " as 'select s.resume_object_id, s.resume_media_type, s.resume_bytes, s.resume_name_sealed, s.person_id"
        " from upheld.application_snapshots as s where s.application_id = wanted_id'",
        "alter function upheld.open_resume(uuid) owner to postgres",
    )
    await scratch.sees_red("access.files.downloads", "opened by the employer, and 0 entries were written")


async def test_access_files_downloads_is_red_when_a_file_is_shown_or_kept(scratch: Scratch) -> None:
    shown = {
        "content-disposition": "inline",
        "x-content-type-options": None,
        "cache-control": "public, max-age=60",
        "content-type": "text/html",
    }
    said = ("no name to be saved under", "its kind may be guessed", "a cache may keep it", "it is shown as a page")
    scratch.serve(Changing(scratch.deployment.app, _is_download, shown))
    await scratch.sees_red("access.files.downloads", *said)
    scratch.serve(
        Changing(scratch.deployment.app, _is_download, {"content-disposition": 'attachment; filename="a";b"'})
    )
    await scratch.sees_red("access.files.downloads", said[0])


def _is_download(scope: Any, _: Any) -> bool:
    return scope["path"].endswith(("/file", "/resume"))


async def test_access_files_store_is_red_when_the_folder_is_open_to_others(scratch: Scratch) -> None:
    (scratch.deployment.settings.var / "objects").chmod(0o755)
    await scratch.sees_red("access.files.store", "the folder is open to other users of this machine: 755")


async def test_access_files_store_is_red_when_a_bucket_is_public(
    in_bucket: Scratch, bucket_service: BucketService
) -> None:
    await in_bucket.scene.cast()
    bucket = in_bucket.deployment.settings.objects.split("/")[2]
    for one in bucket_service.client.list_objects_v2(Bucket=bucket, Prefix="files/")["Contents"]:
        bucket_service.client.put_object_acl(Bucket=bucket, Key=one["Key"], ACL="public-read")
    await in_bucket.sees_red("access.files.store", "the bucket answers 200 to whoever asks")
