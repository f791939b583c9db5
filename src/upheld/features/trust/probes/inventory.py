"""data.inventory: everything that is held is declared, and what is published is what is declared."""

from http import HTTPStatus

import msgspec

from upheld.features.trust.declared import Table, data_map, faults_of
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.scene import Scene

PUBLISHED = "/about/data-map.json"


@probe(privilege="reads the catalog", cost="two queries")
async def columns(scene: Scene) -> Finding:
    """Read off that every column says what it holds, whose, what for, on what ground, until when, and who sees it."""
    tables = await _held(scene)
    faults = [fault for table in tables for fault in faults_of(table)]
    return judged(faults, tables=len(tables), columns=sum(len(table.columns) for table in tables))


@probe(privilege="none for the page; reads the catalog to compare", cost="one request and two queries")
async def published(scene: Scene) -> Finding:
    """Compare the published data map with the catalog, column by column."""
    answer = await scene.site.ask("GET", PUBLISHED)
    if answer.status != HTTPStatus.OK:
        msg = f"GET {PUBLISHED} answered {answer.status}."
        raise CannotLookError(msg)
    shown = _flat(msgspec.json.decode(answer.body, type=list[Table], strict=False))
    held = _flat(await _held(scene))
    faults = [f"{place} is held and not published" for place in sorted(held.keys() - shown.keys())]
    faults += [f"{place} is published and not held" for place in sorted(shown.keys() - held.keys())]
    faults += [
        f"{place} is published otherwise" for place in sorted(held) if place in shown and shown[place] != held[place]
    ]
    return judged(faults, columns=len(held))


async def _held(scene: Scene) -> list[Table]:
    async with scene.platform.database.maintenance() as tx:
        return await data_map(tx, scene.platform)


def _flat(tables: list[Table]) -> dict[str, tuple[str | None, dict[str, object] | None]]:
    return {
        f"{table.name}.{column.name}": (table.seen_by, column.declared) for table in tables for column in table.columns
    }
