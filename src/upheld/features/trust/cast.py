"""The cast: probe people and organisations, who live through the product's own pages for one run.

They are marked when they are made, invisible to everybody else, never mailed, journaled as
probes, and removed afterwards with their keys and files.

    candidate   writes a profile, uploads a document, applies; a canary in every field
    employer    founds an organisation, posts a job, looks, and decides with a reason
    stranger    founds another organisation, and must never see any of it
"""

import re
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

from upheld.features.trust import store
from upheld.features.trust.canaries import Canaries
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.paper import pdf
from upheld.features.trust.people import Actor, enter
from upheld.features.trust.site import Site
from upheld.platform.objects import application_of, documents_of
from upheld.platform.outbox import queue_mail_at_gate
from upheld.platform.services import Platform
from upheld.platform.vault import PLATFORM, KeyRef

_DESCRIPTION = "A job that `upheld verify` posted to see that its promises are kept. It is gone in a moment."


@dataclass(frozen=True, kw_only=True)
class Cast:
    """The people of one run and what they left behind.

    `ids` are those by which rows of the first tenant can be told; `public_ids` those of its
    rows that are meant for everyone (here: every probe), such as an open job. `planted_at` is
    when it began, in seconds as files are stamped with.
    """

    planted_at: float
    canaries: Canaries
    candidate: Actor
    employer: Actor
    stranger: Actor
    strangers_work: bytes
    organisation: UUID
    job: UUID
    draft: UUID
    application: UUID
    ids: frozenset[UUID]
    public_ids: frozenset[UUID]


@asynccontextmanager
async def on_stage(platform: Platform, site: Site) -> AsyncGenerator[Cast]:
    """Bring the cast on stage for as long as the block runs; whatever happens, remove it."""
    await _journal(platform, "proof.probes_planted")
    try:
        yield await _play(platform, site)
    finally:
        await remove_probes(platform)
        await _journal(platform, "proof.probes_removed")


async def remove_probes(platform: Platform) -> None:
    """Remove every probe: rows, then keys, then files."""
    async with platform.database.maintenance() as tx:
        gone = await store.remove_probes(tx)
    for person in gone.people:
        for controller in (PLATFORM, *gone.organisations):
            await platform.vault.destroy(person, controller)
    own = [documents_of(person) for person in gone.people]
    sent = [application_of(person, employer) for person in gone.people for employer in gone.organisations]
    await platform.objects.remove([*own, *sent], gone.object_ids)


async def _play(platform: Platform, site: Site) -> Cast:
    planted_at, canaries = time.time(), Canaries()
    candidate, employer, stranger = [
        await enter(platform, site, f"{canaries.word(role).replace(' ', '.')}@probe.example", secrets.token_urlsafe(66))
        for role in ("candidate", "employer", "stranger")
    ]
    organisation, job, draft = await _hire(platform, employer)
    await stranger.send("/organisations/new", {"name": "Another probe", "website": ""})
    application = await apply(candidate, canaries, job, await introduce(candidate, canaries))
    await _decide(employer, canaries, application)
    await queue_mail(platform, candidate, canaries)
    return Cast(
        planted_at=planted_at,
        canaries=canaries,
        candidate=candidate,
        employer=employer,
        stranger=stranger,
        strangers_work=await _queue_work(platform, stranger),
        organisation=organisation,
        job=job,
        draft=draft,
        application=application,
        ids=frozenset({candidate.person, employer.person, organisation, job, draft, application}),
        public_ids=frozenset({organisation, job}),
    )


async def _hire(platform: Platform, employer: Actor) -> tuple[UUID, UUID, UUID]:
    """Found an organisation and post a job and a draft; their three ids."""
    await employer.send("/organisations/new", {"name": "A probe", "website": ""})
    await accept_fair_use(employer)
    job = await post_job(employer)
    draft = await post_job(employer, then="draft")
    async with platform.database.transaction("web") as tx:
        organisation = await store.open_context(tx, employer.secret)
    if organisation is None:
        msg = "A probe person could not go on: their organisation was not founded."
        raise CannotLookError(msg)
    return organisation, job, draft


async def accept_fair_use(employer: Actor) -> None:
    """Accept the policy without which nothing of a candidate is shown."""
    policy = await employer.open("/hiring/fair-use")
    await employer.send("/hiring/fair-use", {"accept": "yes", "notice": hidden_in(policy, "notice")})


async def post_job(employer: Actor, *, then: str = "publish") -> UUID:
    """Post a job; return its id."""
    return id_in(await employer.send("/hiring/jobs/new", offer(then)))


def offer(then: str) -> dict[str, str]:
    """Return the form of a job, to be published or kept as a draft."""
    return {
        "title": "Probe", "employment_type": "contract", "description": _DESCRIPTION,
        "location": "Nowhere", "country": "PT", "then": then,
    }  # fmt: skip


async def introduce(candidate: Actor, canaries: Canaries) -> UUID:
    """Write a profile and upload a document, a canary in every field; return the document's id."""
    await write_profile(candidate, canaries)
    word = canaries.word
    name = f"{word('document name')}.pdf"
    return id_in(await candidate.upload("/documents", "file", name, pdf(word("document text"))))


async def write_profile(candidate: Actor, canaries: Canaries) -> None:
    """Write a profile, a canary in every field."""
    profile = {name: canaries.word(f"profile {name}") for name in ("full_name", "headline", "location", "summary")}
    contact = {"email": f"{canaries.stem}.contact@probe.example", "phone": canaries.number("profile phone")}
    canaries.planted.add("profile email")
    await candidate.send("/profile/edit", {**profile, **contact})


async def apply(candidate: Actor, canaries: Canaries, job: UUID, document: UUID) -> UUID:
    """Apply for a job with a letter and a document; return the application's id."""
    page = await candidate.open(f"/jobs/{job}/apply")
    form = {
        "profile": hidden_in(page, "profile"), "notice": hidden_in(page, "notice"), "consent": "yes",
        "document": str(document), "letter": canaries.word("letter"),
    }  # fmt: skip
    return id_in(await candidate.send(f"/jobs/{job}/apply", form))


async def _decide(employer: Actor, canaries: Canaries, application: UUID) -> None:
    """Look at the application, its contact and its résumé, and decide with a reason."""
    for part in ("", "/contact", "/resume.png"):
        await employer.site.ask("GET", f"/hiring/applications/{application}{part}", employer.cookie)
    decision = {"outcome": "rejected", "reason": f"{canaries.word('reason')}, and words enough to be one."}
    await employer.send(f"/hiring/applications/{application}/decide", decision)


async def queue_mail(platform: Platform, candidate: Actor, canaries: Canaries) -> None:
    """Queue a mail with a canary among its parameters; it waits, since probes are never mailed."""
    word = canaries.word("message parameters")
    async with platform.database.transaction("gate") as tx:
        await queue_mail_at_gate(tx, platform.vault, candidate.person, "accounts/verify-address", {"token": word})


async def _queue_work(platform: Platform, stranger: Actor) -> bytes:
    """Queue work for the stranger with a secret that we keep, to open the worker's context with."""
    message, secret = uuid4(), secrets.token_bytes(32)
    key = KeyRef(stranger.person, PLATFORM, "messages")
    sealed = await platform.vault.seal(key, "messages", message, {"parameters_sealed": "{}"})
    async with platform.database.transaction("gate") as tx:
        await store.queue_message_at_the_gate(
            tx, message, stranger.person, "accounts/verify-address", sealed["parameters_sealed"] or b"", secret
        )
    return secret


async def _journal(platform: Platform, action: str) -> None:
    async with platform.database.maintenance() as tx:
        await store.record_duty(tx, action, {"by": "upheld verify"})


def hidden_in(page: str, name: str) -> str:
    """Return the value of a hidden field of a page.

    Raises:
        CannotLookError: the page has no such field.
    """
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    if found is None:
        msg = f"A probe person could not go on: a page has no field {name}."
        raise CannotLookError(msg)
    return found[1]


def id_in(location: str) -> UUID:
    """Return the id that an address names.

    Raises:
        CannotLookError: it names none.
    """
    found = re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", location)
    if found is None:
        msg = f"A probe person could not go on: {location.split('?', maxsplit=1)[0]} names nothing."
        raise CannotLookError(msg)
    return UUID(found[0])
