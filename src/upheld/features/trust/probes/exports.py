"""data.access: what a person downloads is everything that is held of them, and of nobody else."""

import io
import zipfile
from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from upheld.features.trust import store
from upheld.features.trust.cast import Cast
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.people import FORM
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.everything import READS_EVERYTHING, every_row
from upheld.features.trust.scene import Scene

_NOT_IN_IT = frozenset({"employer", "stranger"})
"""Planted words that are somebody else's."""

_SPELT_OTHERWISE = frozenset({"candidate", "profile email", "profile phone"})

_MAY_BE_GONE = frozenset({"message parameters"})
"""A mail to a probe waits to be dropped by the worker, which may have been quicker."""


class _File(msgspec.Struct):
    source: str = ""
    records: int = 0


class _Manifest(msgspec.Struct):
    files: list[_File]


@probe(privilege=f"a session of a probe person; {READS_EVERYTHING}", cost="one archive, and one count for each table")
async def complete(scene: Scene) -> Finding:
    """Download everything as a probe person: every planted word is there, every row, every file, nobody else's."""
    cast = await scene.cast()
    wanted = await _rows(scene, cast)
    archive = await downloaded(scene, cast)
    content = b"\n".join(archive.values())
    faults = [f"the word planted in “{name}” is missing" for name, word in _words(cast) if word not in content]
    someone_else = (cast.employer.email, cast.stranger.email)
    faults += ["somebody else's address is in it" for email in someone_else if email.encode() in content]
    faults += await _counted(scene, cast, _manifest(archive), wanted)
    enclosed, stored = sum(name.startswith("files/") for name in archive), await _stored_files(scene, cast)
    faults += [f"{enclosed} files, and {stored} are stored of them"] if enclosed != stored else []
    return judged(faults, planted=len(_words(cast)), files=len(archive), tables=len(wanted), bytes=len(content))


async def downloaded(scene: Scene, cast: Cast) -> dict[str, bytes]:
    """Return the files of what the probe candidate downloads.

    Raises:
        CannotLookError: nothing was handed out.
    """
    someone = cast.candidate
    await someone.prove()
    answer = await scene.site.ask("POST", "/privacy/export", {**someone.cookie, **FORM})
    if answer.status != HTTPStatus.OK or "zip" not in answer.one("content-type"):
        msg = f"A probe person could not download everything ({answer.status})."
        raise CannotLookError(msg)
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _words(cast: Cast) -> list[tuple[str, bytes]]:
    """Return every word that was planted about the candidate, as it is spelt in an archive."""
    canaries = cast.canaries
    plain = canaries.planted - _NOT_IN_IT - _SPELT_OTHERWISE - _MAY_BE_GONE
    words = [(name, f"{canaries.stem} {name}") for name in sorted(plain)]
    spelt = [("candidate", cast.candidate.email), ("profile email", f"{canaries.stem}.contact@")]
    return [(name, word.encode()) for name, word in [*words, *spelt, ("profile phone", canaries.digits)]]


def _manifest(archive: Mapping[str, bytes]) -> dict[str, int]:
    """Return how many records of each table the archive says it holds."""
    files = msgspec.json.decode(archive["manifest.json"], type=_Manifest).files
    return {one.source: one.records for one in files if one.source}


async def _rows(scene: Scene, cast: Cast) -> dict[str, int]:
    """Return how many rows each table holds that is exported, of what is the candidate's."""
    async with scene.platform.database.maintenance() as tx:
        declared = await store.declared(tx)
    exported = {one.tab for one in declared if msgspec.json.decode(one.said or "{}").get("exported")}
    columns = {(one.tab, one.col) for one in declared}
    wanted: dict[str, int] = {}
    async with every_row(scene) as connection:
        for table in sorted(exported):
            whose = next((name for name in ("person_id", "actor_id") if (table, name) in columns), "id")
            count = f"select count(*) from {table} where {whose} = $1"  # noqa: S608 - as the catalog spells them
            wanted[table] = await connection.fetchval(count, cast.candidate.person)
    return wanted


async def _stored_files(scene: Scene, cast: Cast) -> int:
    async with scene.platform.database.transaction("web") as tx:
        await store.open_context(tx, cast.candidate.secret)
        return len(await store.own_files(tx))


async def _counted(scene: Scene, cast: Cast, manifest: Mapping[str, int], before: Mapping[str, int]) -> list[str]:
    """Compare the archive with the tables, counted before it was made and now: what came meanwhile is no fault."""
    now = await _rows(scene, cast)
    faults = [f"{table} is missing" for table in before if table not in manifest]
    for table, records in manifest.items():
        least, most = before.get(table, 0), now.get(table, 0)
        if not min(least, most) <= records <= max(least, most):
            faults.append(f"{table}: {records} records, and {most} rows are theirs")
    return faults
