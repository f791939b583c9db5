"""data.basis: everything has a ground in law, and what rests on a consent goes on no longer than it stands."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from upheld.features.consents.model import Purpose
from upheld.features.trust import store
from upheld.features.trust.cast import Cast, apply, post_job
from upheld.features.trust.declared import GROUNDS, data_map
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.paper import pdf
from upheld.features.trust.people import FORM, Actor
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.consents import standing
from upheld.features.trust.probes.everything import QUERIES, READS_EVERYTHING, every_row
from upheld.features.trust.scene import Scene

CONSENTED: Mapping[str, frozenset[Purpose]] = {
    "profile": frozenset({Purpose.ACCOUNT, Purpose.RESUME_READING}),
    "application": frozenset({Purpose.APPLICATION}),
}
"""What people agree to, for each purpose of the data map that rests on consent."""


@probe(privilege="reads the catalog of both databases", cost="two queries")
async def grounds(scene: Scene) -> Finding:
    """Read off that every purpose has a ground in law, and that what rests on consent can be withdrawn."""
    async with scene.platform.database.maintenance() as tx:
        tables = await data_map(tx, scene.platform)
    found: dict[str, set[str]] = {}
    faults: list[str] = []
    for table in tables:
        for column in table.columns:
            said = column.declared or {}
            ground = str(said.get("basis"))
            if ground not in GROUNDS:
                faults.append(f"{table.name}.{column.name}: no ground in law")
            for purpose in said.get("purposes", ()):
                found.setdefault(str(purpose), set()).add(ground)
                if ground == "consent" and str(purpose) not in CONSENTED:
                    faults.append(f"{table.name}.{column.name}: rests on a consent that nobody can give or withdraw")
    return judged(faults, purposes={purpose: sorted(found[purpose]) for purpose in sorted(found)})


@probe(privilege=READS_EVERYTHING, cost="four counts, each over all that rests on a consent")
async def standing_rows(scene: Scene) -> Finding:
    """Count what is there although the consent it rests on was never given, or has been withdrawn."""
    async with every_row(scene) as connection:
        rows = await connection.fetch(QUERIES["resting_on_no_consent"].sql)
    faults = [f"{row['number']} {row['what']} rest on no consent that stands" for row in rows if row["number"]]
    return judged(faults, looked_at={str(row["what"]): int(row["all_of_them"]) for row in rows})


@probe(privilege="sessions of probe people", cost="some twenty requests, two documents read")
async def withdrawn(scene: Scene) -> Finding:
    """Let a probe person withdraw each consent, and see that what rested on it is gone or has stopped."""
    cast = await scene.cast()
    reading = await _reading(scene, cast.candidate)
    return judged([*reading, *await _application(scene, cast)], purposes=["resume-reading", "application"])


async def _reading(scene: Scene, candidate: Actor) -> list[str]:
    """Withdraw the consent to reading documents: no text that was read is left, and nothing more is read."""
    consents, faults = "/privacy/consents", list[str]()
    before = await _documents(scene, candidate)
    await candidate.send(consents, {"purpose": "resume-reading", "give": "yes"})
    await _upload(candidate)
    if not await _texts(scene, candidate):
        msg = "No text was read from a document although it was agreed to, so nothing can stop."
        raise CannotLookError(msg)
    await candidate.send(consents, {"purpose": "resume-reading"})
    if await _texts(scene, candidate):
        faults.append("what was read from documents stays after the consent is withdrawn")
    await _upload(candidate)
    if await _texts(scene, candidate):
        faults.append("documents are read after the consent is withdrawn")
    for document in await _documents(scene, candidate) - before:
        answer = await candidate.site.ask("GET", f"/documents/{document}/confirm", candidate.cookie)
        if answer.status == HTTPStatus.OK:
            faults.append("a document is read for its person after the consent is withdrawn")
        await candidate.send(f"/documents/{document}/remove", {})
    await candidate.send(consents, {"purpose": "resume-reading", "give": "yes"})
    return faults


async def _application(scene: Scene, cast: Cast) -> list[str]:
    """Withdraw the consent to an employer: the application is taken back, and nobody goes on with it."""
    document = next(iter(await _documents(scene, cast.candidate)), None)
    if document is None:
        msg = "A probe person has no document to send."
        raise CannotLookError(msg)
    application = await apply(cast.candidate, cast.canaries, await post_job(cast.employer), document)
    form = {"purpose": "application", "organisation": str(cast.organisation)}
    await cast.candidate.send("/privacy/consents", form)
    faults: list[str] = []
    if await standing(scene, cast.candidate, "application", cast.organisation):
        faults.append("the consent to an employer stands although it was withdrawn")
    async with scene.platform.database.transaction("web") as tx:
        await store.open_context(tx, cast.candidate.secret)
        if await tx.value(QUERIES["stage_of_own"], application) != "withdrawn":
            faults.append("an application goes on after the consent to it is withdrawn")
        if await tx.value(QUERIES["is_shared_with"], cast.organisation):
            faults.append("an employer is still counted among those who may see the profile")
    for act, fields in (("move", {"stage": "interview"}), ("decide", {"outcome": "hired", "reason": "A reason to."})):
        path = f"/hiring/applications/{application}/{act}"
        body = urlencode(fields).encode()
        answer = await cast.employer.site.ask("POST", path, {**cast.employer.cookie, **FORM}, body)
        if answer.status < HTTPStatus.BAD_REQUEST:
            faults.append(f"an employer can {act} an application after the consent to it is withdrawn")
    return faults


async def _upload(candidate: Actor) -> None:
    await candidate.upload("/documents", "file", "probe.pdf", pdf("A probe, who worked as a probe"))


async def _documents(scene: Scene, candidate: Actor) -> set[UUID]:
    async with scene.platform.database.transaction("web") as tx:
        await store.open_context(tx, candidate.secret)
        return set(await tx.column(QUERIES["own_document_ids"]))


async def _texts(scene: Scene, candidate: Actor) -> int:
    async with scene.platform.database.transaction("web") as tx:
        await store.open_context(tx, candidate.secret)
        return await tx.value(QUERIES["own_texts"])
