"""Documents: whole or refused, read with consent only, files and rows together, nobody else's."""

from pathlib import Path

import httpx
import pytest

from tests.features.candidates.steps import document_ids, upload
from tests.support.deployment import Browser, Deployment, hidden
from tests.support.documents import make_pdf, make_word
from upheld.platform.documents import DOCX, PDF

pytestmark = pytest.mark.anyio
ADA, GRACE = "ada@example.org", "grace@example.org"
REFUSED = httpx.codes.UNPROCESSABLE_ENTITY


async def test_a_document_comes_back_byte_for_byte_under_its_own_name(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        for content, name, kind in ((make_pdf(), "Lebenslauf für Ada.pdf", PDF), (make_word(), 'a"b.docx', DOCX)):
            await upload(browser, content, name)
            newest = document_ids(await browser.get("/documents"))[0]
            file = await browser.get(f"/documents/{newest}/file")
            assert file.content == content
            assert file.headers["content-type"] == kind
            assert file.headers["x-content-type-options"] == "nosniff"
            assert file.headers["cache-control"] == "no-store"
            assert file.headers["content-disposition"].startswith("attachment; ")
        assert "filename*=UTF-8''a%22b.docx" in file.headers["content-disposition"]
        assert 'filename="a_b.docx"' in file.headers["content-disposition"]


async def test_a_name_is_kept_without_folders_and_hidden_characters(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        await upload(browser, make_pdf(), "..\\secret/cv\u202efdp.pdf")
        assert "<h2>cvfdp.pdf</h2>" in (await browser.get("/documents")).text


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"<html>hello</html>", "resume.pdf", "This is not a PDF or Word file"),
        (make_pdf(password="secret"), "resume.pdf", "is locked"),
        (make_pdf()[:800], "resume.pdf", "is damaged"),
        (make_pdf(pages=51), "resume.pdf", "more than 50 pages"),
        (make_word()[:-400], "resume.docx", "is damaged"),
        (b"%PDF-1.7" + bytes(10 * 1024 * 1024), "resume.pdf", "larger than 10 MB"),
        (b"", "resume.pdf", "Choose a PDF or Word file"),
    ],
    ids=["HTML", "encrypted", "cut", "long", "cut Word", "big", "empty"],
)
@pytest.mark.parametrize("reads_resumes", [True, False])
async def test_what_cannot_be_used_is_refused_and_leaves_no_file(
    deployment: Deployment, content: bytes, name: str, said: str, *, reads_resumes: bool
) -> None:
    await deployment.register(ADA, reads_resumes=reads_resumes)
    async with deployment.signed_in(ADA) as browser:
        page = await upload(browser, content, name)
    assert page.status_code == REFUSED
    assert said in page.text
    assert _files(deployment) == []


async def test_more_than_a_form_can_hold_is_refused_on_the_same_page(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        page = await upload(browser, b"%PDF-1.7" + bytes(12 * 1024 * 1024))
    assert page.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert "A document may have up to 10 MB" in page.text
    assert "Upload a document" in page.text


async def test_a_form_without_a_file_says_so(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        page = await browser.form("/documents", other="x")
    assert page.status_code == REFUSED
    assert "Choose a PDF or Word file" in page.text


async def test_without_consent_a_document_is_kept_and_not_read(deployment: Deployment) -> None:
    await deployment.register(ADA, reads_resumes=False)
    async with deployment.signed_in(ADA) as browser:
        page = await upload(browser, make_pdf())
        assert page.url.path == "/documents"
        assert "We do not read what you upload" in page.text
        assert await _texts(deployment) == [None]
        document = document_ids(page)[0]
        assert (await browser.get(f"/documents/{document}/confirm")).status_code == httpx.codes.FORBIDDEN
        page = await _let_read(browser, "yes")
        assert "We read what you upload" in page.text
        assert 'value="Ada Lovelace"' in (await browser.get(f"/documents/{document}/confirm")).text
        assert await _texts(deployment) == [None]


async def test_consent_withdrawn_ends_the_reading_at_once(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        confirm = (await upload(browser, make_pdf())).url.path
        assert "We do not read what you upload" in (await _let_read(browser, "no")).text
        page = await browser.get(confirm)
        assert page.status_code == httpx.codes.FORBIDDEN
        assert "Ada Lovelace" not in page.text


async def test_a_removed_document_is_gone_with_its_file(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        await upload(browser, make_pdf())
        document = document_ids(await browser.get("/documents"))[0]
        assert len(_files(deployment)) == 1
        assert "Remove this document?" in (await browser.get(f"/documents/{document}/remove")).text
        assert len(_files(deployment)) == 1
        page = await browser.post(f"/documents/{document}/remove")
        assert "The document is removed" in page.text
        assert _files(deployment) == []
        assert (await browser.get(f"/documents/{document}/file")).status_code == httpx.codes.NOT_FOUND


async def test_the_file_of_an_upload_that_is_undone_does_not_stay(deployment: Deployment) -> None:
    admin = await deployment.administrator()
    try:
        await admin.execute("alter table upheld.documents add check (size_bytes < 10)")
    finally:
        await admin.close()
    async with deployment.person(ADA) as browser:
        assert (await upload(browser, make_pdf())).status_code == httpx.codes.INTERNAL_SERVER_ERROR
    assert _files(deployment) == []


async def test_ten_documents_are_the_most(deployment: Deployment) -> None:
    await deployment.register(ADA, reads_resumes=False)
    async with deployment.signed_in(ADA) as browser:
        pages = [await upload(browser, make_pdf()) for _ in range(11)]
    assert "as many as there can be" in pages[9].text
    assert pages[10].status_code == REFUSED
    assert "You keep ten documents already" in pages[10].text
    assert len(_files(deployment)) == 10


async def test_somebody_elses_document_is_not_there(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada, deployment.person(GRACE) as grace:
        await upload(ada, make_pdf())
        document = document_ids(await ada.get("/documents"))[0]
        for page in ("file", "confirm", "remove"):
            assert (await grace.get(f"/documents/{document}/{page}")).status_code == httpx.codes.NOT_FOUND
        for act in ("confirm", "remove"):
            answer = await grace.form(f"/documents/{document}/{act}", **{"use-full_name": "yes", "full_name": "x"})
            assert answer.status_code == httpx.codes.NOT_FOUND
        assert document_ids(await grace.get("/documents")) == []
        assert document_ids(await ada.get("/documents")) == [document]


async def test_a_scan_without_text_is_kept_and_says_that_nothing_was_found(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        page = await upload(browser, make_pdf(()))
        assert "It may be a scan" in page.text
        assert len(document_ids(await browser.get("/documents"))) == 1


async def _let_read(browser: Browser, answer: str) -> httpx.Response:
    notice = hidden(await browser.get("/documents"), "notice")
    return await browser.form("/documents/reading", notice=notice, reading=answer)


async def _texts(deployment: Deployment) -> list[bytes | None]:
    admin = await deployment.administrator()
    try:
        return [row[0] for row in await admin.fetch("select text_sealed from upheld.documents")]
    finally:
        await admin.close()


def _files(deployment: Deployment) -> list[Path]:
    return [path for path in (deployment.settings.var / "objects" / "files").rglob("*") if path.is_file()]


async def test_withdrawing_consent_forgets_what_was_read_and_nothing_else(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser, deployment.person(GRACE) as other:
        await upload(browser, make_pdf(), "ada.pdf")
        await upload(other, make_pdf(), "grace.pdf")
        assert await texts_kept(deployment) == 2
        await browser.form("/privacy/consents", purpose="resume-reading", give="no")
        assert await texts_kept(deployment) == 1
        assert len(document_ids(await browser.get("/documents"))) == 1


async def texts_kept(deployment: Deployment) -> int:
    admin = await deployment.administrator()
    try:
        return await admin.fetchval("select count(*) from upheld.documents where text_sealed is not null")
    finally:
        await admin.close()
