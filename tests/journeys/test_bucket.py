"""The way of a document with the files in a bucket: upload, apply, download, leave; nothing there is public."""

import urllib.error
import urllib.request

import httpx
import pytest

from tests.platform.test_register import erasure
from tests.support.bucket import BucketService
from tests.support.deployment import Deployment
from tests.support.hiring import applied, pdf
from tests.support.leaving import ask_to_leave
from upheld.features.privacy.duties import tidy
from upheld.platform.register import RegisterError

pytestmark = pytest.mark.anyio

RESUME = ("resume.pdf", pdf("Ada Okafor", "Twelve years of wooden boats"))


def lying(deployment: Deployment, service: BucketService, folder: str = "files/") -> dict[str, bytes]:
    """Return everything in a folder of the bucket, as the service has it."""
    bucket = deployment.settings.objects.split("/")[2]
    found = service.client.list_objects_v2(Bucket=bucket, Prefix=folder).get("Contents", [])
    return {one["Key"]: service.client.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in found}


def ask_anonymously(deployment: Deployment, service: BucketService, key: str) -> int:
    """Return what the service answers somebody without credentials who knows the address of a file."""
    bucket = deployment.settings.objects.split("/")[2]
    try:
        with urllib.request.urlopen(f"{service.endpoint}/{bucket}/{key}") as answer:  # noqa: S310 - the service's own
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


async def test_a_document_is_uploaded_sent_opened_and_erased(
    on_bucket: Deployment, bucket_service: BucketService
) -> None:
    async with applied(on_bucket, RESUME) as application:
        own, sent = sorted(lying(on_bucket, bucket_service))
        assert (await application.owner.get(application.page("/resume"))).content == RESUME[1]
        assert (await application.candidate.get(application.own_page("/resume"))).content == RESUME[1]
        assert (await application.owner.get(application.page("/resume.png"))).headers["content-type"] == "image/png"
        await ask_to_leave(application.candidate)
        await on_bucket.work()
        left = lying(on_bucket, bucket_service)
        assert list(left) in ([own], [sent])  # the employer's copy stays until its rule ends
        assert (await application.owner.get(application.page("/resume"))).content == RESUME[1]
    assert len(await on_bucket.platform.register.entries()) == 1
    assert (await tidy(on_bucket.platform))["files"] == 0
    assert lying(on_bucket, bucket_service) == left


async def test_nothing_in_the_bucket_is_readable_or_public(
    on_bucket: Deployment, bucket_service: BucketService
) -> None:
    async with applied(on_bucket, RESUME) as application:
        bucket, files = on_bucket.settings.objects.split("/")[2], lying(on_bucket, bucket_service)
        for key, content in files.items():
            assert b"%PDF" not in content
            assert b"wooden boats" not in content
            assert ask_anonymously(on_bucket, bucket_service, key) == httpx.codes.FORBIDDEN
            grants = bucket_service.client.get_object_acl(Bucket=bucket, Key=key)["Grants"]
            assert {grant["Grantee"]["Type"] for grant in grants} == {"CanonicalUser"}
        pages = ["/documents", application.own_page(), "/applications", "/privacy"]
        seen = [(await application.candidate.get(page)).text for page in pages]
        seen += [(await application.owner.get(page)).text for page in ("/hiring", application.page())]
        names = [key.rsplit("/", 1)[1] for key in files]
        assert not [name for name in (*names, bucket, bucket_service.endpoint) for text in seen if name in text]


async def test_an_access_list_that_lets_everybody_in_would_be_seen(
    on_bucket: Deployment, bucket_service: BucketService
) -> None:
    async with applied(on_bucket, RESUME):
        bucket, (key, _) = on_bucket.settings.objects.split("/")[2], lying(on_bucket, bucket_service)
        bucket_service.client.put_object_acl(Bucket=bucket, Key=key, ACL="public-read")
        assert ask_anonymously(on_bucket, bucket_service, key) == httpx.codes.OK


async def test_the_register_of_erasures_lies_in_the_bucket_and_is_never_written_over(
    on_bucket: Deployment, bucket_service: BucketService
) -> None:
    register = on_bucket.platform.register
    entries = [await register.append(erasure()) for _ in range(3)]
    assert await register.entries() == entries
    before = lying(on_bucket, bucket_service, "register/")
    assert len(before) == 3
    bucket = on_bucket.settings.objects.split("/")[2]
    bucket_service.client.delete_object(Bucket=bucket, Key="register/00000002.json")
    with pytest.raises(RegisterError):
        await register.append(erasure())
    with pytest.raises(RegisterError):
        await register.entries()
    bucket_service.client.put_object(Bucket=bucket, Key="register/00000002.json", Body=before["register/00000002.json"])
    assert (await register.append(erasure())).number == 4
