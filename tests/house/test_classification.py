"""Every column says what it holds, whose it is, why, until when, and how it goes."""

import json
from typing import Any

import pytest

from tests.support.catalog import connected
from tests.support.deployment import Deployment

pytestmark = pytest.mark.anyio

KEYS = {"category", "whose", "purposes", "basis", "kept", "exported", "erased"}
CATEGORIES = {
    "identity", "contact", "professional", "document", "technical", "application", "consent", "organisation", "record",
}  # fmt: skip
OWNERS = {"candidate", "person", "member", "organisation", "nobody"}
WAYS_TO_GO = {"key", "row", "kept"}
SCHEMAS = ["upheld", "queue", "sealed", "keyring"]

COLUMNS = """
select n.nspname || '.' || c.relname || '.' || a.attname as place, col_description(c.oid, a.attnum) as said
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
where n.nspname = any($1) and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
order by 1
"""
TABLES = """
select n.nspname || '.' || c.relname as place, c.relrowsecurity and c.relforcerowsecurity as forced,
    obj_description(c.oid) as said
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any($1) and c.relkind in ('r', 'p') order by 1
"""


async def rows(deployment: Deployment, sql: str) -> list[Any]:
    """Return a catalog query's rows from data and keyring."""
    found: list[Any] = []
    for database in (deployment.settings.database, deployment.settings.keyring_database):
        async with connected(deployment.cluster, database) as connection:
            found += await connection.fetch(sql, SCHEMAS)
    return found


async def test_every_column_is_classified_with_the_same_keys(deployment: Deployment) -> None:
    columns = await rows(deployment, COLUMNS)
    assert {row["place"].split(".")[0] for row in columns} == set(SCHEMAS)
    assert [row["place"] for row in columns if not _is_classified(row["said"])] == []


async def test_sealed_columns_are_the_ones_that_go_with_a_key_or_stay_with_an_employer(deployment: Deployment) -> None:
    """What is ciphertext is named so, and what goes by destroying a key is ciphertext."""
    columns = [(row["place"], json.loads(row["said"])) for row in await rows(deployment, COLUMNS)]
    in_the_clear = [place for place, said in columns if said["erased"] == "key" and not place.endswith("_sealed")]
    assert in_the_clear == []


async def test_every_table_forces_row_security_and_says_what_it_is(deployment: Deployment) -> None:
    tables = await rows(deployment, TABLES)
    assert [row["place"] for row in tables if not row["forced"] or not row["said"]] == []


def _is_classified(said: str | None) -> bool:
    if said is None:
        return False
    content = json.loads(said)
    return (
        set(content) == KEYS
        and content["category"] in CATEGORIES
        and content["whose"] in OWNERS
        and content["erased"] in WAYS_TO_GO
        and isinstance(content["exported"], bool)
        and bool(content["purposes"] and content["basis"] and content["kept"])
    )
