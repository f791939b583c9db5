"""People who live the vertical over HTTPS and do not mind being interrupted: they try again."""

import asyncio
import email
import email.policy
import random
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from tests.support.demo import Demo
from tests.support.deployment import PASSWORD, hidden, text_of
from tests.support.faults.killing import client_of
from tests.support.faults.ledger import Act, Ledger, digest_of
from tests.support.hiring import pdf

ACTS_IN_A_LIFE, MOST_TRIES = 14, 8
_LATER = {httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS}


@dataclass
class Crowd:
    """Everybody, what they tried, and the switch that lets them pause."""

    demo: Demo
    chance: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    jobs: list[str] = field(default_factory=list[str])
    going: asyncio.Event = field(default_factory=asyncio.Event)
    busy: int = 0
    most_lives: int = 90
    _numbers: Any = field(default_factory=lambda: count(1))
    _mails: dict[Path, tuple[str, str]] = field(default_factory=dict[Path, tuple[str, str]])

    def number(self) -> int:
        """Return a number that nobody had before."""
        return next(self._numbers)

    async def pause(self) -> None:
        """Let everybody finish what they are doing, and hold them there."""
        self.going.clear()
        while self.busy:  # noqa: ASYNC110 - a number that several people change
            await asyncio.sleep(0.05)

    @asynccontextmanager
    async def step(self) -> AsyncGenerator[None]:
        """Do one thing, unless everybody pauses."""
        await asyncio.sleep(self.chance.uniform(0, 0.2))
        await self.going.wait()
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1

    def newest_link(self, address: str) -> str | None:
        """Return the newest link to verify an address, from the folder that mails are written to."""
        with suppress(FileNotFoundError):  # the folder of somebody who is leaving
            self._read_mails()
        links = sorted((path.name, link) for path, (to, link) in self._mails.items() if to == address and link)
        return links[-1][1] if links else None

    def _read_mails(self) -> None:
        for path in (self.demo.var / "mail").glob("*/*.eml"):
            if path not in self._mails:
                mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                found = re.search(r"/verify/[\w-]+", text_of(mail))
                self._mails[path] = (mail["to"] or "", found[0] if found else "")


@dataclass
class Person:
    """Somebody with a browser."""

    crowd: Crowd
    client: httpx.AsyncClient
    address: str = ""

    async def ask(self, path: str) -> httpx.Response:
        """Open a page, again and again until there is one."""
        return await self._insisting("GET", path)

    async def send(self, path: str, act: Act | None = None, **fields: Any) -> httpx.Response | None:
        """Send a form once; None when nobody knows what became of it. An answer that says "done" is noted."""
        files = fields.pop("files", None)
        async with self.crowd.step():
            answer = await self._once("POST", path, data=fields, files=files)
            if act is not None and answer is not None and answer.status_code in {200, 303}:
                act.acknowledged = True
        return answer

    async def _insisting(self, method: str, path: str, **content: Any) -> httpx.Response:
        while True:
            async with self.crowd.step():
                answer = await self._once(method, path, **content)
            if answer is not None:
                return answer

    async def _once(self, method: str, path: str, **content: Any) -> httpx.Response | None:
        try:
            answer = await self.client.request(method, path, **content)
        except httpx.HTTPError:
            await asyncio.sleep(0.1)
            return None
        if answer.status_code >= 500 or answer.status_code in _LATER:
            assert answer.status_code in {503, 507, *_LATER}, (method, path, answer.status_code, answer.text[-600:])
            if answer.status_code >= 500 and path != "/documents":  # which shows its own form again
                assert "retry-after" in answer.headers, f"{method} {path} names no time"
                assert "reference" in answer.text, f"{method} {path} names no reference"
            await asyncio.sleep(0.1)
            return None
        return answer

    async def join(self) -> None:
        """Register, verify the address, sign in."""
        registered: Act | None = None
        while registered is None or not registered.acknowledged:
            # Another address each time: what became of the last one is not worth finding out.
            self.address = f"person{self.crowd.number()}@crowd.example"
            notice = hidden(await self.ask("/register"), "notice")
            registered = self.crowd.ledger.tried("registered", self.address)
            consents = {"account": "yes", "resume-reading": "yes"}
            await self.send("/register", registered, email=self.address, password=PASSWORD, notice=notice, **consents)
        while (link := self.crowd.newest_link(self.address)) is None:  # noqa: ASYNC110 - a folder tells nobody
            await asyncio.sleep(0.1)
        verified = self.crowd.ledger.tried("verified", self.address)
        while not verified.acknowledged:
            answer = await self.send(link, verified, password=PASSWORD)
            if answer is not None and answer.status_code == 403:
                break  # it was spent by the try whose answer was lost
        await self._sign_in()

    async def _sign_in(self) -> None:
        self.client.cookies.clear()
        act = self.crowd.ledger.tried("signed in", self.address)
        while not act.acknowledged:
            answer = await self.send("/sign-in", act, email=self.address, password=PASSWORD)
            assert answer is None or answer.status_code == 303, answer.text


class Candidate(Person):
    """Registers, applies, changes their mind, takes everything along, leaves, and is born again."""

    async def live(self) -> None:
        """Live one life after the other."""
        while True:
            await self.join()
            await self._insist(self.write_profile)
            await self._insist(self._upload)
            for turn in count():
                if turn >= ACTS_IN_A_LIFE and self.crowd.ledger.number_of("registered") < self.crowd.most_lives:
                    break
                doing = self.crowd.chance.choice(
                    (
                        self._apply,
                        self._apply,
                        self._apply,
                        self._upload,
                        self._remove,
                        self.write_profile,
                        self._withdraw,
                    )
                )
                await doing()
            await self._insist(self._export)
            await self._leave()

    async def _insist(self, doing: Callable[[], Awaitable[bool]]) -> None:
        for _ in range(MOST_TRIES):
            if await doing():
                return

    async def write_profile(self) -> bool:
        """Write the profile; whether it is known to be stored."""
        headline = f"Boat builder, version {self.crowd.number()}"
        act = self.crowd.ledger.tried("profile", self.address, headline)
        said = {"full_name": "Robin Vale", "headline": headline, "email": self.address, "summary": "Wood and water."}
        answer = await self.send("/profile/edit", act, **said)
        assert answer is None or act.acknowledged, (answer.status_code, answer.text[-800:])
        return act.acknowledged

    async def _upload(self) -> bool:
        content = pdf("Robin Vale", f"Certificate {self.crowd.number()}")
        act = self.crowd.ledger.tried("uploaded", self.address, digest_of(content))
        file = {"file": (f"paper-{self.crowd.number()}.pdf", content, "application/pdf")}
        answer = await self.send("/documents", act, files=file)
        if answer is not None and answer.status_code == 422:
            await self._remove()  # ten are kept at most
        return act.acknowledged

    async def _remove(self) -> None:
        page = await self.ask("/documents")
        found = re.findall(r"/documents/([0-9a-f-]{36})/remove", page.text)
        if len(found) > 1:
            document = found[-1]
            act = self.crowd.ledger.tried("removed", self.address, about=document)
            await self.send(f"/documents/{document}/remove", act)

    async def _apply(self) -> None:
        job = self.crowd.chance.choice(self.crowd.jobs)
        form = await self.ask(f"/jobs/{job}/apply")
        if form.status_code != 200 or 'name="profile"' not in form.text:
            return  # sent before, or there is no profile yet
        document = re.search(r'name="document" value="([0-9a-f-]{36})"', form.text)
        chosen = document[1] if document else ""
        digest = ""
        if chosen:
            file = await self.ask(f"/documents/{chosen}/file")
            digest = digest_of(file.content)
        letter = f"Letter {self.crowd.number()}"
        act = self.crowd.ledger.tried("applied", self.address, letter, digest=digest)
        shown = {"profile": hidden(form, "profile"), "notice": hidden(form, "notice")}
        answer = await self.send(f"/jobs/{job}/apply", act, document=chosen, letter=letter, consent="yes", **shown)
        if act.acknowledged and answer is not None:
            act.about = answer.headers["location"].split("/applications/")[1][:36]

    async def _withdraw(self) -> None:
        own = [act for act in self.crowd.ledger.done("applied") if act.who == self.address]
        if own and self.crowd.chance.random() < 0.5:
            act = self.crowd.ledger.tried("withdrew", self.address, about=self.crowd.chance.choice(own).about)
            answer = await self.send(f"/applications/{act.about}/withdraw", act)
            act.acknowledged = act.acknowledged and answer is not None and answer.status_code == 303

    async def _export(self) -> bool:
        act = self.crowd.ledger.tried("exported", self.address)
        answer = await self.send("/privacy/export", act)
        if answer is not None and act.acknowledged:
            assert answer.content.startswith(b"PK"), answer.text[:300]
        return act.acknowledged

    async def _leave(self) -> None:
        act = self.crowd.ledger.tried("left", self.address)
        for _ in range(MOST_TRIES):
            answer = await self.send("/privacy/leave", act, word="LEAVE")
            if act.acknowledged and answer is not None:
                act.what = answer.headers["location"].removeprefix("/erasure/")
                return
            if answer is not None:
                return  # the try whose answer was lost has scheduled it: signed out, or scheduled already


class Employer(Person):
    """Posts jobs and goes through the applications to them."""

    async def live(self) -> None:
        """Hire for ever."""
        while True:
            await self.post_job()
            for _ in range(8):
                await self._go_on()

    async def settle_in(self) -> None:
        """Found an organisation and accept the fair-use policy."""
        await self.join()
        await self.send("/organisations/new", name="Harbour & Sons", website="")
        while (page := await self.ask("/hiring/fair-use")).status_code != 200:
            await self.send("/organisations/new", name="Harbour & Sons", website="")
        act = self.crowd.ledger.tried("accepted fair use", self.address)
        while not act.acknowledged:
            await self.send("/hiring/fair-use", act, accept="yes", notice=hidden(page, "notice"))

    async def post_job(self) -> None:
        """Publish a job that the crowd applies for."""
        title = f"Boat builder number {self.crowd.number()}"
        act = self.crowd.ledger.tried("posted", self.address, title)
        text = {
            "title": title, "employment_type": "full-time", "description": "Nine wooden boats, all the year round.",
            "location": "Bristol", "country": "GB", "then": "publish",
        }  # fmt: skip
        answer = await self.send("/hiring/jobs/new", act, **text)
        if answer is not None:
            assert answer.status_code == 303, answer.text[-1500:]
            act.about = answer.headers["location"].split("/hiring/jobs/")[1][:36]
            self.crowd.jobs.append(act.about)

    async def _go_on(self) -> None:
        received = [act.about for act in self.crowd.ledger.done("applied")]
        if not received:
            await asyncio.sleep(0.2)
            return
        application = self.crowd.chance.choice(received[-40:])
        await self.ask(f"/hiring/applications/{application}")
        if self.crowd.chance.random() < 0.6:
            stage = self.crowd.chance.choice(("review", "interview", "offer"))
            act = self.crowd.ledger.tried("moved", self.address, stage, about=application)
            await self._once_only(f"/hiring/applications/{application}/move", act, stage=stage)
        else:
            reason = f"We decided with care, number {self.crowd.number()}"
            act = self.crowd.ledger.tried("decided", self.address, reason, about=application)
            await self._once_only(f"/hiring/applications/{application}/decide", act, outcome="rejected", reason=reason)

    async def _once_only(self, path: str, act: Act, **fields: str) -> None:
        answer = await self.send(path, act, **fields)
        # A page instead of a redirect says that it cannot be done (any more).
        act.acknowledged = act.acknowledged and answer is not None and answer.status_code == 303


@asynccontextmanager
async def living(crowd: Crowd, candidates: int = 3) -> AsyncGenerator[list[asyncio.Task[None]]]:
    """Let a crowd live for as long as the block runs; an error of anybody's is raised by `check`."""
    people: list[Candidate | Employer] = [Employer(crowd, client_of(crowd.demo))]
    people += [Candidate(crowd, client_of(crowd.demo)) for _ in range(candidates)]
    crowd.going.set()
    first = people[0]
    assert isinstance(first, Employer)
    await first.settle_in()
    for _ in range(6):
        await first.post_job()
    tasks = [asyncio.create_task(person.live()) for person in people]
    try:
        yield tasks
        check(tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for person in people:
            await person.client.aclose()


def check(tasks: list[asyncio.Task[None]]) -> None:
    """Raise what anybody met with that they did not expect."""
    for task in tasks:
        if task.done():
            task.result()
