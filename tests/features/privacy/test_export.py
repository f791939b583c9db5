"""Download everything: complete by column, readable offline, checkable, and only for oneself."""

import hashlib
import io
import json
import re
import zipfile
from typing import Any

import httpx
import pytest

from tests.support.catalog import connected
from tests.support.deployment import Deployment
from tests.support.hiring import ADA, LETTER, PROFILE, applied, candidate, pdf
from upheld.features.privacy.export.labels import COLUMNS
from upheld.features.privacy.export.parts import PARTS, QUERIES
from upheld.features.privacy.export.withheld import WITHHELD

pytestmark = pytest.mark.anyio

RESUME = ("ada's résumé.pdf", pdf("Ada Okafor", "Boats"))
CLASSIFIED = """
select c.relname as "table", a.attname as "column", col_description(c.oid, a.attnum)::jsonb as said
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
where n.nspname = 'upheld' and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
"""


async def classified(deployment: Deployment) -> list[tuple[str, str, dict[str, Any]]]:
    """Return every column of the application's schema with its classification."""
    async with connected(deployment.cluster, deployment.settings.database) as connection:
        rows = await connection.fetch(CLASSIFIED)
    return [(row["table"], row["column"], json.loads(row["said"])) for row in rows]


async def download(browser: httpx.AsyncClient) -> zipfile.ZipFile:
    """Download everything."""
    answer = await browser.post("/privacy/export")
    assert answer.status_code == httpx.codes.OK, answer.text
    assert answer.headers["content-type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.content))


def records(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    """Return one file of the archive's data."""
    return json.loads(archive.read(f"data/{name}.json"))


async def test_every_column_classified_as_exported_is_in_the_export(deployment: Deployment) -> None:
    exported = {f"{table}.{column}" for table, column, said in await classified(deployment) if said["exported"]}
    read: set[str] = set()
    async with connected(deployment.cluster, deployment.settings.database) as connection:
        for part in PARTS:
            statement = await connection.prepare(QUERIES[part.table].sql)
            read |= {f"{part.table}.{attribute.name}" for attribute in statement.get_attributes()}
    assert exported - read == set()


async def test_what_is_left_out_is_listed_with_a_reason(deployment: Deployment) -> None:
    about_people = {"person", "candidate", "member"}
    left_out = {
        f"{table}.{column}"
        for table, column, said in await classified(deployment)
        if not said["exported"] and said["whose"] in about_people
    }
    assert left_out == set(WITHHELD)


async def test_the_archive_holds_what_the_person_wrote_sent_and_uploaded(deployment: Deployment) -> None:
    async with applied(deployment, RESUME) as application:
        await application.owner.get(application.page())
        archive = await download(application.candidate)
    assert records(archive, "account")[0]["email"] == ADA
    assert records(archive, "profile")[0]["full_name"] == PROFILE.full_name
    assert records(archive, "applications-sent")[0]["letter"] == LETTER
    assert records(archive, "applications")[0]["organisation_name"] == "Harbour & Sons"
    assert [step["stage"] for step in records(archive, "applications-timeline")] == ["new"]
    assert "application" in {line["part"] for line in records(archive, "journal")}
    assert {line["purpose"] for line in records(archive, "consents")} == {"account", "resume-reading", "application"}
    files = [name for name in archive.namelist() if name.startswith("files/")]
    assert sorted(name.split("/")[1] for name in files) == ["documents", "sent"]
    assert {archive.read(name) for name in files} == {RESUME[1]}


async def test_the_manifest_lists_every_file_with_its_hash_and_records(deployment: Deployment) -> None:
    async with applied(deployment, RESUME) as application:
        archive = await download(application.candidate)
    manifest = json.loads(archive.read("manifest.json"))
    listed = {file["path"]: file for file in manifest["files"]}
    assert set(listed) | {"manifest.json"} == set(archive.namelist())
    for path, file in listed.items():
        content = archive.read(path)
        assert (file["sha256"], file["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
        if path.startswith("data/"):
            assert file["records"] == len(json.loads(content))


async def test_the_page_in_the_archive_needs_no_network(deployment: Deployment) -> None:
    async with candidate(deployment) as ada:
        archive = await download(ada)
    page = archive.read("index.html").decode()
    assert str(PROFILE.summary) in page
    for loading in ("<script", "<link", "src=", "@import", "url(", 'href="http'):
        assert loading not in page


async def test_nothing_of_anybody_else_is_in_the_archive(deployment: Deployment) -> None:
    async with applied(deployment, RESUME) as application:
        archive = await download(application.owner)
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode("utf-8", "replace")
    for foreign in (ADA, str(PROFILE.full_name), str(PROFILE.email), LETTER, "résumé.pdf"):
        assert foreign not in everything
    assert records(archive, "memberships")[0]["role"] == "owner"
    assert len(records(archive, "fair-use")) == 1


async def test_a_file_that_cannot_be_read_fails_the_whole_archive(deployment: Deployment) -> None:
    async with applied(deployment, RESUME) as application:
        for stored in (deployment.settings.var / "objects" / "files").rglob("*"):
            if stored.is_file():
                whole = stored.read_bytes()
                stored.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        answer = await application.candidate.post("/privacy/export")
        assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
        assert "half of it would not be everything" in answer.text
        acts = await application.candidate.get("/privacy")
    assert "You downloaded everything" not in acts.text


async def test_every_exported_column_has_a_name_for_people(deployment: Deployment) -> None:
    exported = {column.removesuffix("_sealed") for _, column, said in await classified(deployment) if said["exported"]}
    assert {name for name in exported if name != "id" and not name.endswith(("_id", "ed_by"))} - set(COLUMNS) == set()


async def test_the_page_in_the_archive_tells_in_sentences_and_joins_an_application_with_its_job(
    deployment: Deployment,
) -> None:
    async with applied(deployment, RESUME) as application:
        await application.owner.get(application.page())
        archive = await download(application.candidate)
    page = archive.read("index.html").decode()
    for said in (
        "<h3>Boat keeper at Harbour &amp; Sons</h3>",
        "Harbour &amp; Sons read your application: Boat keeper.",
        "You agreed: Handling your applications, with Harbour &amp; Sons.",
        "You applied",
        "<dt>Kind of résumé</dt><dd>PDF</dd>",
        LETTER,
    ):
        assert said in page
    text = re.sub(r"<style>.*</style>|<code>.*?</code>|<a .*?</a>|<[^>]+>", " ", page, flags=re.DOTALL)
    assert set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", text)) == set(), "a column's own name is shown to people"
