"""Requests no browser of ours would send: bodies, cookies, senders who dawdle, two at a time."""

import asyncio
import base64
import datetime as dt
import re
from collections import Counter
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import jwt
import pytest

from tests.boundary.world import World, peopled
from tests.support.cluster import Cluster
from tests.support.deployment import PASSWORD, Browser, Deployment, hidden, text_of
from tests.support.hiring import applied, candidate, employer, filled_form, new_job, pdf, upload
from upheld.main.worker import is_table_change
from upheld.platform.web import arrivals
from upheld.platform.web.cookies import SESSION_COOKIE

pytestmark = pytest.mark.anyio

ENCODED, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"


def part(value: bytes, *headers: bytes, name: bytes = b'; name="full_name"') -> bytes:
    lines = (b"Content-Disposition: form-data" + name, *headers)
    return b"--b\r\n" + b"\r\n".join(lines) + b"\r\n\r\n" + value + b"\r\n"


BODIES = {
    "nothing at all": ("", b""),
    "a hundred thousand fields": (ENCODED, b"&".join(b"f%d=1" % number for number in range(100_000))),
    "NUL in every field": (ENCODED, b"email=a%00b&full_name=%00&title=%00&word=%00&notice=%00&visibility=%00"),
    "bytes that are no UTF-8": (ENCODED, b"email=%ff%fe&full_name=\xff\xff&title=%ed%a0%80&notice=\xff"),
    "deeply nested JSON": ("application/json", b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
    "a form without its boundary": ("multipart/form-data", part(b"x")),
    "a form that breaks off": (PARTS, part(b"x")),
    "parts that are no UTF-8": (PARTS, part(b"\xff\xfe") + b"--b--\r\n"),
    "a codec of the sender's": (PARTS, part(b"x", b"Content-Type: text/plain; charset=zlib_codec") + b"--b--\r\n"),
    "a codec nobody has": (PARTS, part(b"x", b"Content-Type: text/plain; charset=none") + b"--b--\r\n"),
    "a part without a name": (PARTS, part(b"x", name=b"") + b"--b--\r\n"),
    "five thousand parts": (PARTS, part(b"x") * 5_000 + b"--b--\r\n"),
    "a header of a megabyte": (PARTS, part(b"x", b"X: " + b"y" * 1_000_000) + b"--b--\r\n"),
    "more than may be sent": (ENCODED, b"a=" + b"x" * (12 * 1024 * 1024)),
}


@pytest.fixture(scope="module")
async def world(cluster: Cluster) -> AsyncGenerator[World]:
    """Open one world for every request that changes nothing."""
    async with peopled(cluster) as world:
        yield world


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("path", ["/register", "/sign-in", "/organisations/new", "/documents", "/privacy/leave"])
async def test_no_body_is_our_failure(world: World, path: str, body: tuple[str, bytes]) -> None:
    kind, content = body
    answer = await world.browsers["ada"].post(path, content=content, headers={"content-type": kind})
    assert 400 <= answer.status_code < 500


async def test_a_file_name_stays_a_file_name(world: World) -> None:
    hostile = 'a"; filename="run.exe\r\nset-cookie: x=y\r\n\x00../../é.pdf'
    ada = world.browsers["ada"]
    document = await upload(world.deployment, ada, hostile, pdf("Jane Roe"))
    answer = await ada.get(f"/documents/{document.id}/file")
    assert answer.status_code == httpx.codes.OK
    assert "set-cookie" not in answer.headers
    assert re.fullmatch(
        r"attachment; filename=\"[A-Za-z0-9 ._()-]+\"; filename\*=UTF-8''[A-Za-z0-9%._~-]+",
        answer.headers["content-disposition"],
    )


async def test_only_our_own_signature_makes_a_session(world: World) -> None:
    key = world.deployment.platform.keys.platform_key("cookie")
    now = dt.datetime.now(dt.UTC)
    claims: dict[str, Any] = {
        "sid": base64.urlsafe_b64encode(world.secrets["ada"]).decode(),
        "exp": now + dt.timedelta(hours=1),
        "aud": "upheld",
    }
    typ = {"typ": "upheld-session+jwt"}
    good = jwt.encode(claims, key, algorithm="HS256", headers=typ)
    forged = {
        "no algorithm": jwt.encode(claims, "", algorithm="none", headers=typ),
        "another key": jwt.encode(claims, b"k" * 32, algorithm="HS256", headers=typ),
        "another algorithm": jwt.encode(claims, key * 2, algorithm="HS512", headers=typ),
        "another type": jwt.encode(claims, key, algorithm="HS256", headers={"typ": "JWT"}),
        "another audience": jwt.encode({**claims, "aud": "x"}, key, algorithm="HS256", headers=typ),
        "the past": jwt.encode({**claims, "exp": now - dt.timedelta(1)}, key, algorithm="HS256", headers=typ),
        "a guessed secret": jwt.encode({**claims, "sid": "AAAA"}, key, algorithm="HS256", headers=typ),
        "a number for a secret": jwt.encode({**claims, "sid": 7}, key, algorithm="HS256", headers=typ),
        "a signature cut off": good.rsplit(".", 1)[0] + ".",
        "nonsense": "a.b.c",
    }
    statuses = {name: await _home(world.deployment, token) for name, token in {**forged, "ours": good}.items()}
    assert statuses == {**dict.fromkeys(forged, "/sign-in"), "ours": "/home"}


async def _home(deployment: Deployment, token: str) -> str:
    async with deployment.browser() as browser:
        answer = await browser.get("/home", headers={"cookie": f"{SESSION_COOKIE}={token}"}, follow_redirects=False)
        return "/home" if answer.is_success else answer.headers["location"].split("?")[0]


async def test_a_cookie_planted_before_signing_in_is_not_the_session_afterwards(deployment: Deployment) -> None:
    async with deployment.person("ada@example.org") as mallory:
        planted = mallory.cookies[SESSION_COOKIE]
        async with deployment.browser() as victim:
            sign_in = {"email": "ada@example.org", "password": PASSWORD}
            headers = {"cookie": f"{SESSION_COOKIE}={planted}"}
            answer = await victim.post("/sign-in", data=sign_in, headers=headers, follow_redirects=False)
            assert victim.cookies[SESSION_COOKIE] != planted
            assert answer.headers["location"] == "/home"
            await victim.post("/sign-out")
        assert await _home(deployment, planted) == "/home"
        await mallory.post("/sign-out")
        assert await _home(deployment, planted) == "/sign-in"


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "home\r\nx:y"]
)
async def test_signing_in_leads_to_a_route_of_ours(deployment: Deployment, to: str) -> None:
    await deployment.register("ada@example.org")
    async with deployment.browser() as browser:
        data = {"email": "ada@example.org", "password": PASSWORD, "to": to, "id": to}
        answer = await browser.post("/sign-in", data=data, follow_redirects=False)
        assert answer.headers["location"] == "/home"


async def test_a_sender_who_dawdles_holds_no_connection(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty of them, where the web has sixteen connections."""
    patience = 8  # what a page may take on a busy machine
    monkeypatch.setattr(arrivals, "PATIENCE", patience)
    ada, begun = world.browsers["ada"], Counter[str]()

    async def dawdle() -> AsyncGenerator[bytes]:
        yield b"full_name="
        begun["dawdling"] += 1
        await asyncio.sleep(2 * patience)
        yield b"x"

    waiting = [asyncio.create_task(ada.post("/profile/edit", content=dawdle())) for _ in range(20)]
    while begun["dawdling"] < len(waiting):  # noqa: ASYNC110 - it counts many
        await asyncio.sleep(0.01)
    assert (await ada.get("/profile")).status_code == httpx.codes.OK
    assert not any(one.done() for one in waiting), "the page was served while all of them dawdled"
    assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {httpx.codes.REQUEST_TIMEOUT}


def test_a_forged_notification_calls_no_work_off() -> None:
    forged = '{"channel":"ch_pgqueuer","sent_at":"2026-01-01T00:00:00Z","type":"cancellation_event","ids":[1]}'
    assert not is_table_change(forged)
    assert not is_table_change("nonsense")
    assert is_table_change('{"type":"table_changed_event"}')


async def _at_once(times: int, browser: Browser, path: str, **fields: str) -> Counter[int]:
    """Send a form several times at once; count the statuses."""
    asked = [browser.post(path, data=fields, follow_redirects=False) for _ in range(times)]
    return Counter(answer.status_code for answer in await asyncio.gather(*asked))


async def test_applying_many_times_at_once_makes_one_application(deployment: Deployment) -> None:
    async with employer(deployment) as owner, candidate(deployment) as ada:
        job_id = await new_job(deployment, owner)
        form = await filled_form(ada, job_id)
        said = await _at_once(6, ada, f"/jobs/{job_id}/apply", **form)
        assert max(said) < 500
        assert len(set(re.findall(r"/applications/[0-9a-f-]{36}", (await ada.get("/applications")).text))) == 1


async def test_a_link_is_used_up_once(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        page = await browser.get("/register")
        fields = {
            "email": "melinda@example.org",
            "password": PASSWORD,
            "notice": hidden(page, "notice"),
            "account": "yes",
        }
        answer = await browser.form("/register", **fields)
        assert answer.url.path == "/register/look-into-your-mail", answer.text
        await deployment.work()
        link = re.search(r"/verify/[\w-]+", text_of(deployment.mails("melinda@example.org")[-1]))
        assert link is not None
        assert await _at_once(6, browser, link[0], password=PASSWORD) == Counter({303: 1, 403: 5})


async def test_asking_to_leave_many_times_at_once_is_one_erasure(deployment: Deployment) -> None:
    async with candidate(deployment) as ada:
        said = await _at_once(4, ada, "/privacy/leave", word="LEAVE")
        assert (said[303], max(said)) == (1, 409)


async def test_founding_many_times_at_once_leaves_one_organisation(deployment: Deployment) -> None:
    async with deployment.person("olga@example.com") as olga:
        said = await _at_once(5, olga, "/organisations/new", name="Harbour", website="")
        assert (said[303], max(said)) == (1, 409)


async def test_a_decision_and_a_withdrawal_at_once_are_one_of_them(deployment: Deployment) -> None:
    async with applied(deployment) as application:
        decision = {"outcome": "rejected", "reason": "All boats have found their keeper by now."}
        answers = await asyncio.gather(
            application.owner.post(application.page("/decide"), data=decision, follow_redirects=False),
            application.candidate.post(application.own_page("/withdraw"), follow_redirects=False),
        )
        assert sorted(answer.status_code for answer in answers) == [303, 409]
