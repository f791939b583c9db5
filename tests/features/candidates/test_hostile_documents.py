"""Hostile documents over HTTP: told what to do, never served as anything active, and nobody else notices."""

import html

import httpx
import pytest

from tests.features.candidates.steps import document_ids, upload
from tests.platform.hostile.corpus import CORPUS, Hostile
from tests.platform.hostile.siege import besiege, children_of
from tests.support.deployment import Browser, Deployment
from tests.support.documents import make_pdf
from tests.support.server import serving
from upheld.platform.documents import DocumentError
from upheld.platform.documents.reading import AT_ONCE
from upheld.platform.web.cookies import SESSION_COOKIE

pytestmark = pytest.mark.anyio
PART = 30
"""Uploads that one person may make in an hour are few; the corpus is sent by several."""

MOST_GROWTH = 400 * 1024 * 1024

_X = b"multipart/form-data; boundary=x"


def _part(head: bytes, content: bytes = b"a") -> bytes:
    return b"--x\r\nContent-Disposition: form-data" + head + b"\r\n\r\n" + content + b"\r\n--x--\r\n"


NO_FORMS: tuple[tuple[bytes, bytes], ...] = (
    (b"multipart/form-data", b""),
    (b"multipart/form-data; boundary=", b"--\r\n\r\n----"),
    (b"multipart/form-data; boundary=" + b"x" * 5000, b"--x"),
    (_X, b"--x\r\n\r\n--x--"),
    (_X, _part(b"")),
    (_X, _part(b'; name="file"; filename=""')),
    (_X, _part(b'; name="file"', b"\xff\xfe\x00")),
    (_X, _part(b'; name="file"; filename="a.pdf"\r\nContent-Type: text/plain; charset=utf-7', b"+ADw-")),
    (_X, _part(b"; name=\"file\"; filename*=utf-16''%ff")),
    (_X, _part(b'; name="\xff\x00"; filename="\xff\x00"')),
    (_X, b"--x\r\nX: y\r\n" * 20_000),
    (_X, _part(b'; name="a"') * 2000),
    (_X + b"; charset=idna", b"--x"),
    (b"multipart/mixed; boundary=x", b"--x\r\n\r\n--x--"),
    (b"text/plain", b"\x00" * 5000),
    (b"application/json", b'{"file": ' + b"[" * 50_000),
    (b"\xff\xfe", b"file=\xff"),
    (b"", b"file=a&file=b&" * 5000),
    (b"application/x-www-form-urlencoded", b"file=%ff%00%zz&" * 90),
)
"""Bodies that are no form, or not the one that was asked for, by content type."""


@pytest.mark.parametrize("part", range(0, len(CORPUS), PART))
async def test_each_is_answered_with_what_to_do_or_kept_as_what_it_is(deployment: Deployment, part: int) -> None:
    async with deployment.person("mallory@example.org") as browser:
        for hostile in CORPUS[part : part + PART]:
            content = hostile.make("http://127.0.0.1:9/canary")
            page = await upload(browser, content, hostile.name)
            assert "<script>" not in page.text, hostile.title
            if hostile.ends:
                _is_refused_in_words(page, hostile)
            else:
                assert page.status_code == httpx.codes.OK, hostile.title
                await _is_only_ever_saved(browser, content)


async def test_a_name_is_shown_as_text_and_nothing_else(deployment: Deployment) -> None:
    names = (
        '"><script>alert(1)</script>.pdf',
        "a\u202efdp.exe.pdf",
        "x" * 3000 + ".pdf",
        "\r\nSet-Cookie: a=b.pdf",
        ".pdf",
    )
    async with deployment.person("mallory@example.org") as browser:
        for name in names:
            assert (await upload(browser, make_pdf(), name)).status_code == httpx.codes.OK
        page = await browser.get("/documents")
        assert "<script>" not in page.text
        assert "\u202e" not in page.text
        shown = document_ids(page)
        assert len(shown) == len(names)
        for document in shown:
            headers = (await browser.get(f"/documents/{document}/file")).headers
            assert headers["content-disposition"].isascii()
            assert headers["content-disposition"].startswith('attachment; filename="')
            assert not set("\r\n<>") & set(headers["content-disposition"])
            assert "set-cookie" not in headers


async def test_fifty_at_once_harm_nobody(deployment: Deployment) -> None:
    people = [f"mallory{number}@example.org" for number in range(5)]
    for person in ("ada@example.org", *people):
        await deployment.register(person)
    reader, *attackers = [await _cookie(deployment, person) for person in ("ada@example.org", *people)]
    with serving(deployment.settings) as server:
        seen = await besiege(server, reader, attackers)
        assert children_of(server) == []
        assert server.processes["web"].poll() is None
    # Somebody else's page was answered every time, whatever arrived.
    assert set(seen.reads) == {httpx.codes.OK}
    assert len(seen.during) > 10
    # Every file was refused in words, or told to come again; some were really opened.
    assert seen.uploads.total() == 50
    assert set(seen.uploads) <= {200, 303, 422, 429, 503}, seen.uploads
    assert seen.uploads[422] >= 5
    pages = [page for page in seen.pages if page]
    assert len(pages) >= 5
    assert all("<h1>" in page for page in pages)
    assert 1 <= seen.most_children <= AT_ONCE
    assert seen.growth < MOST_GROWTH


async def test_a_stranger_cannot_send_much(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        for path in ("/register", "/sign-in"):
            answer = await browser.post(path, content=b"a=" + b"%41" * 1_000_000)
            assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE


async def test_megabytes_of_percents_are_refused_before_they_are_undone(deployment: Deployment) -> None:
    async with deployment.person("mallory@example.org") as browser:
        answer = await browser.post(
            "/profile/edit", content=b"full_name=" + b"%41" * 3_000_000,
            headers={"content-type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE


async def test_a_form_that_is_none_is_answered_on_the_page(deployment: Deployment) -> None:
    async with deployment.person("mallory@example.org") as browser:
        for content_type, body in NO_FORMS:
            answer = await browser.post("/documents", content=body, headers=[(b"content-type", content_type)])
            said = (content_type, body[:60])
            assert answer.status_code in {httpx.codes.UNPROCESSABLE_ENTITY, httpx.codes.REQUEST_ENTITY_TOO_LARGE}, said
            assert "Upload a document" in answer.text, said


def _is_refused_in_words(page: httpx.Response, hostile: Hostile) -> None:
    assert page.status_code == httpx.codes.UNPROCESSABLE_ENTITY, hostile.title
    said = html.unescape(page.text)
    assert any(_message(error) in said for error in hostile.ends), hostile.title
    # The form is there again, on the page where it was sent.
    assert 'id="file-problem"' in page.text
    assert 'action="/documents"' in page.text


async def _is_only_ever_saved(browser: Browser, content: bytes) -> None:
    document = document_ids(await browser.get("/documents"))[0]
    answer = await browser.get(f"/documents/{document}/file")
    assert answer.content == content
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert policy.endswith("; sandbox")
    assert policy.startswith("default-src 'none'")
    await browser.post(f"/documents/{document}/remove")


def _message(error: type[DocumentError]) -> str:
    return error().fields["file"]


async def _cookie(deployment: Deployment, person: str) -> str:
    async with deployment.signed_in(person) as browser:
        return f"{SESSION_COOKIE}={browser.cookies[SESSION_COOKIE]}"
