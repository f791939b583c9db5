"""data.rectify, data.portable and data.clock, as far as people can ask today: to correct, to take along, to leave."""

import hashlib
from html import unescape

import msgspec

from upheld.features.trust.canaries import Canaries
from upheld.features.trust.cast import post_job, write_profile
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.everything import QUERIES, READS_EVERYTHING, every_row
from upheld.features.trust.probes.exports import downloaded
from upheld.features.trust.scene import Scene


class _File(msgspec.Struct):
    path: str
    sha256: str
    size: int


class _Manifest(msgspec.Struct):
    schema: str
    files: list[_File]


@probe(privilege="a session of a probe person", cost="some ten requests")
async def corrected(scene: Scene) -> Finding:
    """Correct a probe person's profile, and read it wherever its person does: the new words, and none of the old."""
    cast = await scene.cast()
    new, pages = Canaries(), ("/profile", "/profile/edit", f"/jobs/{await post_job(cast.employer)}/apply")
    await write_profile(cast.candidate, new)
    try:
        shown = {page: unescape(await cast.candidate.open(page)) for page in pages}
    finally:
        await write_profile(cast.candidate, cast.canaries)
    faults = [f"{page} does not show what was corrected" for page, text in shown.items() if new.stem not in text]
    old = f"{cast.canaries.stem} profile"
    faults += [f"{page} still shows what was wrong" for page, text in shown.items() if old in text]
    return judged(faults, pages=len(pages))


@probe(privilege="a session of a probe person", cost="one archive and one password checked")
async def listed(scene: Scene) -> Finding:
    """Download everything as a probe person: each file is listed with its checksum, and what is data is JSON."""
    archive = await downloaded(scene, await scene.cast())
    manifest = msgspec.json.decode(archive.pop("manifest.json"), type=_Manifest)
    said = {one.path: one for one in manifest.files}
    faults = [f"{path} is not on the list" for path in sorted(archive.keys() - said.keys())]
    faults += [f"{path} is on the list, and not there" for path in sorted(said.keys() - archive.keys())]
    faults += [
        f"{path} is not what the list says"
        for path, one in sorted(said.items())
        if path in archive and (hashlib.sha256(archive[path]).hexdigest(), len(archive[path])) != (one.sha256, one.size)
    ]
    data = [path for path in archive if path.startswith("data/")]
    faults += [f"{path} is no list of records in JSON" for path in data if not _is_records(archive[path])]
    faults += [] if data else ["there is no data in it"]
    return judged(faults, files=len(archive), of_data=len(data), schema=manifest.schema)


def _is_records(content: bytes) -> bool:
    try:
        msgspec.json.decode(content, type=list[dict[str, object]])
    except msgspec.DecodeError:
        return False
    return True


@probe(privilege=READS_EVERYTHING, cost="one count over requests to leave")
async def erasures(scene: Scene) -> Finding:
    """Count the requests to leave that are due later than the law allows, or late without the sweeper's alarm."""
    async with every_row(scene) as connection:
        row = await connection.fetchrow(QUERIES["erasures_by_the_clock"].sql)
    assert row is not None  # noqa: S101 - the query returns one row
    found = {str(name): int(number) for name, number in row.items()}
    faults: list[str] = []
    if found["too_far"]:
        faults.append(f"{found['too_far']} requests are due more than thirty days after they were made")
    if found["late"] > found["alarmed"]:
        faults.append(f"{found['late']} requests are late, and an alarm was given of {found['alarmed']}")
    return judged(faults, requests=found["number"], late=found["late"])
