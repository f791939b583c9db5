"""The data map as a page of the papers, read from the databases' own classification: `python -m tools.data_map`.

It starts a PostgreSQL in a temporary folder, installs, migrates, asks, and throws it away; a few seconds.
"""

import asyncio
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.support.cluster import running_cluster
from tests.support.deployment import Deployment, deployed
from upheld.features.trust.declared import WORDS, Table, data_map

PAGE = Path("docs/privacy/data-map.md")

_HEAD = """# Data map

Written by `make fix` from the classification of the columns in `src/upheld/database`; a test keeps the two equal.

Every table and column of a deployment: what it holds, what for, on what ground, until when, who sees it, whether
a person's download has it, and how it goes when they leave. A deployment shows the same of its own
databases, as they are at that moment, at `/about/data-map`, and for programs at `/about/data-map.json`.

How a column goes: with its **key**, which is destroyed, so that what remains cannot be read; with its **row**; or it is
**kept**, for the reason and as long as it says. *You* is whoever the row is about.
"""
_HEADINGS = ("columns", "kind", "whose", "what for", "ground", "kept", "in the download", "goes")


def page(tables: Iterable[Table]) -> str:
    """Return the page as it should be."""
    listed = list(tables)
    of_people = [table for table in listed if table.is_of_people]
    of_nobody = [table for table in listed if not table.is_of_people]
    sections = [_section("What is about people", of_people), _section("What keeps the site running", of_nobody)]
    return _HEAD + "".join(sections)


async def read(deployment: Deployment) -> list[Table]:
    """Return what is declared of every table of a deployment."""
    async with deployment.platform.database.transaction("web") as tx:
        return await data_map(tx, deployment.platform)


def _section(title: str, tables: Iterable[Table]) -> str:
    return f"\n## {title}\n" + "".join(map(_about, tables))


def _about(table: Table) -> str:
    """Return a table's section; columns of which the same is declared share a line."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for column in table.columns:
        alike.setdefault(_said(column.declared or {}), []).append(f"`{column.name}`")
    lines = ["", f"### {table.name}", "", table.about or "", "", f"Who sees it: {table.seen_by}.", ""]
    lines += [_line(_HEADINGS), _line("---" for _ in _HEADINGS)]
    lines += [_line([", ".join(names), *said]) for said, names in alike.items()]
    return "\n".join(lines) + "\n"


def _said(declared: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        declared["category"],
        declared["whose"],
        ", ".join(declared["purposes"]),
        declared["basis"],
        WORDS[declared["kept"]],
        "yes" if declared["exported"] else "no",
        {"key": "with its key", "row": "with its row", "kept": "is kept"}[declared["erased"]],
    )


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Write the page."""

    async def tables() -> list[Table]:
        async with deployed(cluster) as deployment:
            return await read(deployment)

    with tempfile.TemporaryDirectory(prefix="upheld-data-map-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the server runs as a user of its own when we are root
        with running_cluster(folder) as cluster:
            PAGE.write_text(page(asyncio.run(tables())))


if __name__ == "__main__":
    main()
