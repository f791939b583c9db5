"""data.consent: consents are taken back as easily as given, kept word by word, and confirmed on paper."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg

from upheld.features.trust import store
from upheld.features.trust.cast import Cast, hidden_in, post_job
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.people import Actor
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.attempts import OPENING
from upheld.features.trust.probes.catalog import RUNTIME_ROLES
from upheld.features.trust.probes.everything import QUERIES
from upheld.features.trust.probes.powers import undone
from upheld.features.trust.scene import Scene
from upheld.platform.signatures import is_signed

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

_CENTRE = "/privacy"


@dataclass
class Walk:
    """A probe person on their way through the pages, counting their steps: pages opened and forms sent."""

    actor: Actor
    steps: int = 0
    filled: int = 0

    async def open(self, path: str) -> str:
        """Open a page."""
        self.steps += 1
        return await self.actor.open(path)

    async def press(self, page: str, purpose: str, organisation: UUID | None = None) -> bool:
        """Send the form of a page that withdraws or gives a consent, when it has one."""
        for form in re.findall(r'<form[^>]*action="/privacy/consents"[^>]*>(.*?)</form>', page, re.DOTALL):
            fields = _fields(form)
            if fields.get("purpose") == purpose and (fields.get("organisation") or None) == _text(organisation):
                self.steps += 1
                self.filled += len(
                    re.findall(r'<(?:input type="(?:text|password|checkbox|email)"|textarea|select)', form)
                )
                await self.actor.send("/privacy/consents", fields)
                return True
        return False


@probe(privilege="sessions of probe people", cost="some fifteen requests")
async def steps(scene: Scene) -> Finding:
    """Give and withdraw each consent through the pages, counting every page opened and every form sent."""
    cast = await scene.cast()
    await cast.candidate.send("/privacy/consents", {"purpose": "resume-reading", "give": "yes"})
    walks = {"resume-reading": await _reading(scene, cast), "application": await _application(scene, cast)}
    faults: list[str] = []
    for purpose, (giving, withdrawing, is_withdrawn) in walks.items():
        if not is_withdrawn:
            faults.append(f"{purpose}: {giving.steps} steps give it, and {withdrawing.steps} do not withdraw it")
        elif withdrawing.steps > giving.steps or withdrawing.filled > giving.filled:
            faults.append(f"{purpose}: {giving.steps} steps give it, and it takes {withdrawing.steps} to withdraw it")
    counted = {name: {"giving": giving.steps, "withdrawing": back.steps} for name, (giving, back, _) in walks.items()}
    return judged(faults, steps=counted)


async def _reading(scene: Scene, cast: Cast) -> tuple[Walk, Walk, bool]:
    back, giving = Walk(cast.candidate), Walk(cast.candidate)
    await back.press(await back.open(_CENTRE), "resume-reading")
    is_withdrawn = not await standing(scene, cast.candidate, "resume-reading")
    await giving.press(await giving.open(_CENTRE), "resume-reading")
    # It is given again whatever was found, as it was before.
    await cast.candidate.send(_CENTRE + "/consents", {"purpose": "resume-reading", "give": "yes"})
    return giving, back, is_withdrawn


async def _application(scene: Scene, cast: Cast) -> tuple[Walk, Walk, bool]:
    job = await post_job(cast.employer)
    giving, back = Walk(cast.candidate), Walk(cast.candidate)
    await giving.open(f"/jobs/{job}")
    page = await giving.open(f"/jobs/{job}/apply")
    form = {name: hidden_in(page, name) for name in ("profile", "notice")}
    giving.steps, giving.filled = giving.steps + 1, 1
    await cast.candidate.send(f"/jobs/{job}/apply", {**form, "consent": "yes", "letter": "", "document": ""})
    page = await back.open(_CENTRE)
    if not await back.press(page, "application", cast.organisation):
        link = re.search(rf'href="({_CENTRE}/[^"]*{cast.organisation}[^"]*)"', page)
        if link is not None:
            await back.press(await back.open(link[1]), "application", cast.organisation)
    return giving, back, not await standing(scene, cast.candidate, "application", cast.organisation)


async def standing(scene: Scene, someone: Actor, purpose: str, organisation: UUID | None = None) -> bool:
    """Whether the last word of a probe person about a purpose was yes."""
    async with scene.platform.database.transaction("web") as tx:
        await store.open_context(tx, someone.secret)
        return bool(await tx.value(QUERIES["standing_consent"], purpose, organisation))


# What would change a consent that was recorded, or record one for somebody else. Rights are asked
# before rows are: most touch none, even should the rights be there.
_CHANGES: Mapping[str, str] = {
    "change consents": "update upheld.consents set given = true where false",
    "change when they were given": "update upheld.consents set at = at where false",
    "change what was shown": "update upheld.consents set notice_id = notice_id where false",
    "remove consents": "delete from upheld.consents where false",
    "remove all consents": "truncate upheld.consents",
    "agree in somebody's name": (
        "insert into upheld.consents (person_id, purpose, notice_id, given)"
        " select gen_random_uuid(), 'account', n.id, true from upheld.notices as n where n.kind = 'account' limit 1"
    ),
}


@probe(privilege="logs in as every role; sessions of probe people", cost="a short transaction for each role and act")
async def appended(scene: Scene) -> Finding:
    """Try, as every role, to change what was agreed to; then agree and withdraw, and see each kept in full."""
    cast = await scene.cast()
    faults: list[str] = []
    for role in RUNTIME_ROLES:
        if role != "vault":
            secret = {"web": cast.candidate.secret, "worker": cast.strangers_work}.get(role)
            faults += await _changed_as(scene, role, secret)
    before = await _kept(scene, cast.candidate)
    await cast.candidate.send(_CENTRE + "/consents", {"purpose": "resume-reading", "give": "yes"})
    await cast.candidate.send(_CENTRE + "/consents", {"purpose": "resume-reading"})
    await cast.candidate.send(_CENTRE + "/consents", {"purpose": "resume-reading", "give": "yes"})
    after = await _kept(scene, cast.candidate)
    faults += ["an earlier consent was changed or is gone" for row in before if row not in after]
    new = [row for row in after if row not in before]
    if [row["given"] for row in new][-2:] != [False, True] or len(new) not in {2, 3}:
        faults.append(f"withdrawing and agreeing again left {len(new)} entries")
    faults += [f"a consent does not say {what}" for what in ("notice_version", "at", "has_origin")
               if any(not row[what] for row in after)]  # fmt: skip
    return judged(faults, acts=list(_CHANGES), roles=len(RUNTIME_ROLES) - 1, kept=len(after))


async def _changed_as(scene: Scene, role: str, secret: bytes | None) -> list[str]:
    faults: list[str] = []
    async with scene.connected(role) as connection:  # pyright: ignore[reportArgumentType] - the names of `Role`
        for what, statement in _CHANGES.items():
            try:
                async with undone(connection):
                    if secret is not None:
                        await connection.fetchval(OPENING[role], secret)
                    await connection.execute(statement)
            except asyncpg.InsufficientPrivilegeError:
                continue
            faults.append(f"{role} can {what}")
    return faults


async def _kept(scene: Scene, someone: Actor) -> Sequence[Mapping[str, Any]]:
    async with scene.connected("web") as connection, connection.transaction():
        await connection.fetchval(OPENING["web"], someone.secret)
        return [dict(row) for row in await connection.fetch(QUERIES["consents_of_person"].sql)]


@probe(privilege="a session of a probe person", cost="one request")
async def receipts(scene: Scene) -> Finding:
    """Fetch the receipts of a probe person: one for each consent, saying the same, each signed."""
    someone = (await scene.cast()).candidate
    kept = {str(row["id"]): row for row in await _kept(scene, someone)}
    papers: list[dict[str, Any]] = json.loads(await someone.open("/privacy/receipts.json"))
    if not kept:
        msg = "A probe person has agreed to nothing, so there is nothing to confirm."
        raise CannotLookError(msg)
    faults = [f"{len(kept)} consents, and {len(papers)} receipts"] if len(kept) != len(papers) else []
    keys = scene.platform.keys.public_keys()
    for paper in papers:
        row = kept.get(str(paper.get("receipt_id")))
        if not is_signed(paper, keys):
            faults.append("a receipt is not signed by this deployment")
        if row is None or not _confirms(paper, row, someone):
            faults.append("a receipt says something else than what is kept")
    return judged(
        sorted(set(faults)), receipts=len(papers), schema=sorted({str(p.get("schema_version")) for p in papers})
    )


def _confirms(paper: Mapping[str, Any], row: Mapping[str, Any], someone: Actor) -> bool:
    """Whether a receipt says what is kept: whose it is, for what, what was shown, given or withdrawn, and when."""
    processing = paper["pii_processing"]
    (purpose,) = processing["purposes"]
    said = (
        paper["pii_principal_id"], purpose["purpose_type"], processing["privacy_notice"]["id"],
        processing["privacy_notice"]["version"], paper["event"]["event_state"], paper["event"]["event_time"],
    )  # fmt: skip
    state = "given" if row["given"] else "withdrawn"
    kept = (
        str(someone.person), row["purpose"], str(row["notice_id"]), row["notice_version"], state, row["at"].isoformat(),
    )  # fmt: skip
    parties = {party["party_id"] for party in paper["party_identification"]}
    return said == kept and set(purpose["pii_controllers"]) <= parties


def _fields(form: str) -> dict[str, str]:
    """Return what a form sends that nobody types."""
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form)
    buttons = re.findall(r'<button[^>]* name="([^"]*)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in (*hidden, *buttons)}


def _text(organisation: UUID | None) -> str | None:
    return None if organisation is None else str(organisation)
