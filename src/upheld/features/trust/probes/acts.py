"""store.audit.complete: one act of every kind, done by probe people, and each found in the log."""

import re
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlencode

from upheld.features.audit.model import Action
from upheld.features.trust import store
from upheld.features.trust.cast import Cast, apply, introduce, offer, post_job
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.paper import pdf
from upheld.features.trust.people import FORM, Actor, session_in, sign_in
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.guessing import register_again
from upheld.features.trust.scene import Scene

REQUIRED: Mapping[str, tuple[Action, ...]] = {
    "getting in and out": (
        Action.ACCOUNT_REGISTERED, Action.ACCOUNT_VERIFIED, Action.SESSION_OPENED, Action.SESSION_ENDED,
        Action.SESSION_PROVEN, Action.SIGN_IN_FAILED, Action.PROOF_FAILED, Action.ADDRESS_TRIED_AGAIN,
    ),
    "access to personal data": (
        Action.LIST_OPENED, Action.APPLICATION_OPENED, Action.CONTACT_OPENED, Action.RESUME_OPENED,
        Action.DATA_EXPORTED,
    ),
    "what is added, changed and decided": (
        Action.PROFILE_CHANGED, Action.DOCUMENT_ADDED, Action.JOB_POSTED, Action.JOB_CHANGED,
        Action.APPLICATION_SUBMITTED, Action.APPLICATION_MOVED, Action.APPLICATION_DECIDED,
        Action.APPLICATION_WITHDRAWN,
    ),
    "deletion, asked for and called off": (
        Action.DOCUMENT_REMOVED, Action.ERASURE_REQUESTED, Action.ERASURE_CANCELLED,
    ),
    "consent": (Action.CONSENT_GIVEN, Action.CONSENT_WITHDRAWN),
    "permission and settings": (
        Action.ORGANISATION_FOUNDED, Action.ORGANISATION_CHANGED, Action.FAIR_USE_ACCEPTED, Action.VISIBILITY_CHANGED,
        Action.LANGUAGE_CHOSEN,
    ),
    "what was refused": (Action.ACT_REFUSED,),
}  # fmt: skip
"""Every kind of act that has to be in the log, and what the cast does of it."""

ELSEWHERE: Mapping[Action, str] = {
    Action.ERASURE_COMPLETED: "data.erase.complete looks for it, since only somebody who left has one",
    Action.SIGN_IN_LIMITED: "names nobody, so that no probe can know its own",
    Action.ERASURES_REPLAYED: "written by the deployment about itself",
    Action.FACTOR_REMINDED: "written by the deployment about itself",
    Action.EPOCH_ROTATED: "written by the deployment about itself",
    Action.KEY_REPLACED: "written by the deployment about itself",
    Action.PROMISES_CHECKED: "written by the deployment about itself",
    Action.RETENTION_RAN: "data.retention.sweeper looks for it",
    Action.PROVIDER_LINKED: "no provider but a probe's own knows a probe person, and that one is not configured",
    Action.PROVIDER_UNLINKED: "as its counterpart",
    Action.FACTOR_LIMITED: "a probe person who tried as often would be waiting for the other probes",
    Action.SESSION_ENDED_BY_OPERATOR: "a command, which no probe person can give",
}
"""What else is in the log, and why no probe person does it here."""


@probe(
    privilege="sessions of probe people; reads the log as its auditor",
    cost="some forty requests, in which six passwords are checked",
)
async def complete(scene: Scene) -> Finding:
    """Let probe people do one act of every kind, and look for each in the log, with who, from where and its seal."""
    cast = await scene.cast()
    await _hire(cast)
    await _live(cast)
    return await judge_log(scene, REQUIRED, cast.candidate, cast.employer, cast.stranger)


async def judge_log(scene: Scene, required: Mapping[str, tuple[Action, ...]], *people: Actor) -> Finding:
    """Look for acts of probe people in the log, as its auditor: each with who, from where and its seal."""
    async with scene.connected("auditor") as connection:
        rows = await connection.fetch(store.QUERIES["entries_of"].sql, [one.person for one in people])
    found = {str(row["action"]) for row in rows}
    faults = [
        f"{action} left no entry ({kind})" for kind, actions in required.items() for action in actions
        if action not in found
    ]  # fmt: skip
    faults += sorted(
        {f"{row['action']}: an entry that does not say from where" for row in rows if not row["has_origin"]}
    )
    faults += sorted(
        {f"{row['action']}: an entry that is not what its leaf commits to" for row in rows if not row["agrees"]}
    )
    return judged(
        faults,
        entries=len(rows),
        kinds=sorted(required),
        acts=sorted(found),
        elsewhere={str(act): why for act, why in ELSEWHERE.items()},
    )


async def _hire(cast: Cast) -> None:
    """Do what employer and candidate have not done yet, with a job of their own."""
    employer, candidate = cast.employer, cast.candidate
    await employer.open(f"/hiring/jobs/{cast.job}")
    await employer.send("/hiring/organisation/edit", {"name": "A probe", "website": "https://probe.example/"})
    job = await post_job(employer)
    await employer.send(f"/hiring/jobs/{job}/edit", {**offer("keep"), "title": "Probe, again"})
    application = await apply(candidate, cast.canaries, job, await introduce(candidate, cast.canaries))
    await employer.send(f"/hiring/applications/{application}/move", {"stage": "review"})
    await candidate.send(f"/applications/{application}/withdraw", {})


async def _live(cast: Cast) -> None:
    """Let the stranger do what others could not go on after."""
    someone = cast.stranger
    await _post(someone, f"/hiring/jobs/{cast.job}/close", {}, HTTPStatus.NOT_FOUND)
    await register_again(someone.site, someone.email)
    await someone.send("/profile/visibility", {"visibility": "open"})
    for language in ("hi", "en"):
        await someone.send("/language", {"language": language})
    uploaded = await someone.upload("/documents", "file", "probe.pdf", pdf("A probe"))
    found = re.search(r"[0-9a-f-]{36}", uploaded)
    await someone.send(f"/documents/{found[0] if found else uploaded}/remove", {})
    await someone.send("/privacy/consents", {"purpose": "resume-reading"})
    await _post(someone, "/prove", {"own-password": "not the password"}, HTTPStatus.UNPROCESSABLE_ENTITY)
    await someone.prove()
    await _post(someone, "/privacy/export", {}, HTTPStatus.OK)
    await someone.send("/privacy/leave", {"word": "LEAVE"})
    await _post(someone, "/privacy/leave/call-off", {}, HTTPStatus.SEE_OTHER)
    await sign_in(someone.site, someone.email, "not the password")
    again = await sign_in(someone.site, someone.email, someone.password)
    await replace(someone, token=session_in(again)).send("/sign-out", {})


async def _post(actor: Actor, path: str, fields: Mapping[str, str], status: int) -> None:
    """Send a form whose answer is known beforehand.

    Raises:
        CannotLookError: it was answered otherwise.
    """
    answer = await actor.site.ask("POST", path, {**actor.cookie, **FORM}, urlencode(fields).encode())
    if answer.status != status:
        msg = f"A probe person could not go on: POST {path} answered {answer.status} and not {status}."
        raise CannotLookError(msg)
