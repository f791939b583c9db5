"""Every query is named, described, used, bounded to its columns, and accepted by PostgreSQL."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from tests.house.sources import SOURCE, calls, modules, shown
from tests.support.catalog import connected
from tests.support.deployment import Deployment
from upheld.platform.database import Query, load_queries

STORES = sorted(SOURCE.rglob("store.sql"))


@dataclass(frozen=True)
class Located:
    """A query and where it stands."""

    place: str
    query: Query


def in_stores() -> list[Located]:
    """Return every query of every store.sql."""
    return [Located(shown(path), query) for path in STORES for query in load_queries(_package(path)).values()]


def in_modules() -> list[Located]:
    """Return the queries of the platform that stand beside their only use."""
    return [
        Located(shown(path), Query(*(str(ast.literal_eval(argument)) for argument in call.args)))
        for path, module in modules(SOURCE)
        for name, call in calls(module)
        if name == "Query" and all(isinstance(argument, ast.Constant) for argument in call.args)
    ]


@pytest.mark.parametrize("path", STORES, ids=shown)
def test_every_statement_of_a_store_has_a_name_of_its_own(path: Path) -> None:
    text = path.read_text()
    names = re.findall(r"(?m)^-- name: (\w+)$", text)
    assert len(names) == len(set(names))
    statements = [part for part in re.split(r";\s*(?:\n|$)", re.sub(r"(?m)^--.*$", "", text)) if part.strip()]
    assert len(statements) == len(names)


def test_every_query_says_in_a_sentence_what_it_is_for() -> None:
    vague = [
        f"{one.place}: {one.query.name}" for one in in_stores() + in_modules() if not one.query.meaning.endswith(".")
    ]
    assert vague == []


def test_every_query_is_used_by_its_own_slice() -> None:
    sources = {path: path.read_text() for path in SOURCE.rglob("*.py")}
    unused: list[str] = []
    for path in STORES:
        loaded = f'load_queries("{_package(path)}")'
        readers = [text for file, text in sources.items() if path.parent in file.parents or loaded in text]
        names = load_queries(_package(path))
        unused += [f"{shown(path)}: {name}" for name in names if not any(f'"{name}"' in text for text in readers)]
    assert unused == []


def test_every_query_names_its_columns() -> None:
    greedy = re.compile(r"select\s+\*|[\w\"]\.\*|returning\s+\*", re.IGNORECASE)  # `.*` alone ends a pattern
    breaches = [f"{one.place}: {one.query.name}" for one in in_stores() + in_modules() if greedy.search(one.query.sql)]
    assert breaches == []


def test_no_query_asks_row_by_row_who_is_asking() -> None:
    # In a subquery it is asked once a statement; beside a column, for each row that is looked at.
    compared = re.compile(r"[=<>]\s*upheld\.(?:current_\w+|asking|hiring_organisation)\(")
    breaches = [
        f"{one.place}: {one.query.name}" for one in in_stores() + in_modules() if compared.search(one.query.sql)
    ]
    assert breaches == []


@pytest.mark.anyio
async def test_postgresql_accepts_every_query(deployment: Deployment) -> None:
    settings = deployment.settings
    queries = in_stores() + in_modules()
    refused: list[str] = []
    for database in (settings.database, settings.keyring_database):
        async with connected(deployment.cluster, database) as connection:
            for one in queries:
                if ("keyring" in one.place) == (database == settings.keyring_database):
                    try:
                        await connection.prepare(one.query.sql)
                    except asyncpg.PostgresError as error:
                        refused.append(f"{one.place}: {one.query.name}: {error}")
    assert refused == []


def _package(store: Path) -> str:
    return "upheld." + ".".join(store.parent.relative_to(SOURCE).parts)
