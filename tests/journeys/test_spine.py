"""The spine: a candidate applies with a real PDF, an employer decides, the candidate leaves.

One journey in a real browser, as two people, on `upheld run` itself, without JavaScript. At
its end nothing of the candidate is left under `var`.
"""

import asyncio
import json
import zipfile
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
from playwright.sync_api import Browser
from reportlab.pdfgen.canvas import Canvas

from tests.support.demo import Demo, running_demo
from tests.support.people import Person, a_browser, downloaded, somebody
from tests.support.traces import find_traces, spellings
from upheld.main.setup import administrator_of, embedded_settings
from upheld.platform.embedded import EmbeddedPostgres
from upheld.platform.services import open_platform
from upheld.platform.settings import Settings
from upheld.platform.vault import APPLICATION, PLATFORM, PLATFORM_CLASSES, KeyRef

T = TypeVar("T")
PASSWORD = "seven green lanterns"
EMAIL = "zephyrine.canary@quokka.example"
CANARIES = {
    "name": "Zephyrine Quokkafeather",
    "email": EMAIL,
    "phone": "+49 555 7719 4482",
    "location": "Quokkastadt",
    "headline": "Carpenter of quokkaboats",
    "summary": "Builds quokkaboats that never sink.",
    "document": "Quokkadocument paragraph",
    "file name": "quokkafile-zephyrine.pdf",
    "letter": "Quokkaletter: your harbour needs me.",
    "reason": "Quokkareason: your boats convinced us.",
}


def test_a_candidate_applies_an_employer_decides_and_the_candidate_leaves(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    with running_demo(tmp_path / "var") as demo, a_browser() as browser:
        with somebody(browser, demo.url, javascript=False) as candidate:
            arrives(candidate)
            fills_the_profile_from_a_resume(candidate, tmp_path)
            applies(candidate)
            employer_decides(browser, demo)
            follows_to_the_end(candidate)
            downloads_everything(candidate, tmp_path)
            person, keys = in_thread(lambda: keys_of_newcomer(demo))
            assert find_traces(demo.var, keys) == {}, "a data key lies on disk unwrapped"
            certificate = leaves(candidate, tmp_path)
            checks_the_certificate(demo, certificate)
            cannot_come_back(candidate)
        in_thread(lambda: nothing_answers_for(demo, person))
        assert traces_of_the_canaries(demo) == {}, "while it runs"
        demo.stop()
        assert traces_of_the_canaries(demo) == {}, "after it stopped"
        assert find_traces(demo.var, keys) == {}


def arrives(candidate: Person) -> None:
    candidate.goes_to("/register")
    candidate.types(email=EMAIL, password=PASSWORD)
    candidate.page.check("#account")
    candidate.page.check("#resume-reading")
    candidate.presses("Create my account")
    candidate.sees("Look into your mailbox")
    link = candidate.page.locator("article.mail", has_text=EMAIL).get_by_role("link").first
    for _ in range(30):
        candidate.goes_to("/outbox")
        if link.count():
            break
        candidate.page.wait_for_timeout(300)
    link.click()
    candidate.types(password=PASSWORD)
    candidate.presses("Confirm my address")
    candidate.page.get_by_role("button", name="Sign out").wait_for()


def fills_the_profile_from_a_resume(candidate: Person, folder: Path) -> None:
    path = folder / CANARIES["file name"]
    path.write_bytes(resume())
    candidate.goes_to("/documents")
    candidate.page.set_input_files("#file", path)
    candidate.presses("Upload")
    candidate.sees("Is this right?")
    texts = {
        "full_name": CANARIES["name"], "headline": CANARIES["headline"], "email": EMAIL, "phone": CANARIES["phone"],
        "location": CANARIES["location"], "summary": CANARIES["summary"],
    }  # fmt: skip
    for name, text in texts.items():
        shown = candidate.page.locator(f"[name='{name}']")
        if shown.count():
            shown.fill(text)
            candidate.page.check(f"[name='use-{name}']")
    candidate.presses("Store what I ticked")
    candidate.goes_to("/profile/edit")
    candidate.types(**texts)
    candidate.page.locator("main form button[type=submit]").first.click()
    for text in texts.values():
        candidate.sees(text)
    candidate.sees("Private")


def applies(candidate: Person) -> None:
    candidate.goes_to("/jobs")
    candidate.follows("Embedded software engineer")
    candidate.follows("Apply")
    candidate.page.get_by_label(CANARIES["file name"]).check()
    candidate.types(letter=CANARIES["letter"])
    candidate.page.check("#consent")
    candidate.presses("Send my application")
    candidate.goes_to("/applications")
    candidate.sees("Embedded software engineer")


def employer_decides(browser: Browser, demo: Demo) -> None:
    with somebody(browser, demo.url, javascript=False) as employer:
        employer.signs_in(*demo.sign_in_of("Owner of Tidewater Instruments"))
        employer.goes_to("/hiring")
        employer.follows("Embedded software engineer")
        employer.page.get_by_role("link", name=CANARIES["name"]).click()
        employer.sees(CANARIES["letter"])
        picture = employer.page.locator("img.resume")
        picture.wait_for()
        employer.page.wait_for_load_state("load")
        assert picture.bounding_box() is not None
        assert (picture.bounding_box() or {"height": 0})["height"] > 300, "the résumé is not shown"
        application = employer.page.url
        employer.follows("Show e-mail and phone")
        employer.sees(CANARIES["phone"])
        employer.page.goto(application)
        employer.page.select_option("#stage", "interview")
        employer.presses("Move")
        employer.page.goto(application)
        employer.page.check("#outcome-hired")
        employer.types(reason=CANARIES["reason"])
        employer.presses("Decide")
        employer.sees("Check your decision")
        employer.presses("Decide for good")
        employer.page.goto(application)
        employer.sees("Kept as your record until")


def follows_to_the_end(candidate: Person) -> None:
    candidate.goes_to("/applications")
    candidate.page.get_by_role("main").get_by_role("link", name="Embedded software engineer").first.click()
    candidate.sees(CANARIES["reason"])
    candidate.goes_to("/privacy/journal?as=table")
    rows = candidate.page.locator("tbody tr").all_inner_texts()
    assert all("Tidewater Instruments" in row for row in rows)
    seen = " ".join(rows).lower()
    for part in ("your name in a list", "your application", "how to reach you", "your résumé"):
        assert part in seen, f"the journal does not name: {part}"


def downloads_everything(candidate: Person, folder: Path) -> None:
    candidate.goes_to("/privacy/export")
    if candidate.page.locator("[name='own-password']").count():
        candidate.types(**{"own-password": PASSWORD})
        candidate.presses("Go on")
    path = downloaded(candidate, "Download", folder)
    with zipfile.ZipFile(path) as archive:
        texts = b"\n".join(archive.read(name) for name in archive.namelist())
        assert archive.testzip() is None
        assert "index.html" in archive.namelist()
    for what, text in CANARIES.items():
        assert text.encode() in texts, f"not in the export: {what}"


def leaves(candidate: Person, folder: Path) -> Path:
    candidate.goes_to("/privacy/leave")
    candidate.types(word="LEAVE")
    candidate.presses("Erase my account")
    for _ in range(60):
        if candidate.page.get_by_text("Certificate of erasure").count():
            break
        candidate.page.wait_for_timeout(500)
        candidate.page.reload()
    return downloaded(candidate, "Download the certificate", folder)


def checks_the_certificate(demo: Demo, path: Path) -> None:
    key = json.loads(path.read_text())["public_key"]
    assert demo.command("verify-certificate", str(path), "--key", key).returncode == 0
    forged = path.with_name("forged.json")
    forged.write_text(path.read_text().replace("Tidewater", "Somewhere"))
    assert demo.command("verify-certificate", str(forged), "--key", key).returncode == 1


def cannot_come_back(candidate: Person) -> None:
    candidate.goes_to("/profile")
    assert urlsplit(candidate.page.url).path == "/sign-in"
    candidate.types(email=EMAIL, password=PASSWORD)
    candidate.presses("Sign in")
    candidate.sees("do not belong together")


def traces_of_the_canaries(demo: Demo) -> dict[Path, set[bytes]]:
    """Return the files under `var` that hold a canary; there is no exception to list."""
    return find_traces(demo.var, {pattern for text in CANARIES.values() for pattern in spellings(text)})


def settings_of(demo: Demo) -> tuple[Settings, str]:
    server = EmbeddedPostgres(demo.var / "postgres")
    return embedded_settings(Settings(var=demo.var), server), administrator_of(server)


async def keys_of_newcomer(demo: Demo) -> tuple[UUID, list[bytes]]:
    """Return the newest person and their data keys in the clear, and make PostgreSQL write everything out."""
    settings, administrator = settings_of(demo)
    admin = await asyncpg.connect(administrator.format(database="upheld"))
    person = await admin.fetchval("select id from upheld.people order by created_at desc limit 1")
    organisation = await admin.fetchval("select organisation_id from upheld.applications where person_id = $1", person)
    await admin.execute("checkpoint")
    await admin.close()
    async with open_platform(settings, []) as platform:
        refs = [KeyRef(person, PLATFORM, name) for name in PLATFORM_CLASSES]
        keys = [(await platform.vault.key(ref)).key for ref in [*refs, KeyRef(person, organisation, APPLICATION)]]
        root = bytes.fromhex(settings.root_key_file.read_text())
        epoch = platform.keys.current_epoch()[1]
    return person, [*keys, *(key.hex().encode() for key in keys), root, epoch]


async def nothing_answers_for(demo: Demo, person: UUID) -> None:
    """Expect no row with the person's account, and no key of theirs with the platform."""
    _, administrator = settings_of(demo)
    admin = await asyncpg.connect(administrator.format(database="upheld"))
    keyring = await asyncpg.connect(administrator.format(database="keyring"))
    try:
        await admin.execute("vacuum")
        await admin.execute("checkpoint")
        for table in (
            "people",
            "credentials",
            "profiles",
            "documents",
            "sessions",
            "messages",
            "access_journal",
            "disclosures",
        ):
            column = "id" if table == "people" else "person_id"
            assert await admin.fetchval(f"select count(*) from upheld.{table} where {column} = $1", person) == 0  # noqa: S608 - our own names
        left = await keyring.fetch("select class from keyring.data_keys where subject_id = $1", person)
        assert [row["class"] for row in left] == [APPLICATION], (
            "the employer's own record keeps its key, nothing else does"
        )
    finally:
        await admin.close()
        await keyring.close()


def resume() -> bytes:
    """Return a résumé whose words lie in the file uncompressed, so that a copy of it would be found."""
    out = BytesIO()
    canvas = Canvas(out, pageCompression=0, invariant=1)
    lines = (
        CANARIES["name"], CANARIES["headline"], f"{EMAIL} | {CANARIES['phone']} | {CANARIES['location']}", "",
        "Summary", CANARIES["summary"], "", "Experience", CANARIES["document"],
    )  # fmt: skip
    for number, line in enumerate(lines):
        canvas.drawString(72, 760 - 22 * number, line)
    canvas.save()
    return out.getvalue()


def in_thread(work: Callable[[], Coroutine[None, None, T]]) -> T:
    """Run asynchronous work beside the browser's own loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()
