"""Whether or not somebody has an account: the same answer, and the same work to give it.

Counted are the statements of both databases (keys are made and destroyed by some), the rounds of
bcrypt, and what is queued and written down; `bench/silence.py` measures what is left of it in time.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import bcrypt
import httpx
import pytest

from tests.support.deployment import PASSWORD, Browser, Deployment, hidden
from tests.support.hiring import employer
from tests.support.statements import counted
from upheld.platform import passwords

pytestmark = pytest.mark.anyio
KNOWN, UNPROVEN, NOBODY = "known@example.org", "unproven@example.org", "nobody@example.org"
WRONG = "not the password, but a long one"

Ask = Callable[[Browser, str], Awaitable[httpx.Response]]


@dataclass(frozen=True)
class Work:
    """What one question took, and how it was answered."""

    answer: tuple[int, str]
    statements: list[str]
    """Each by what it begins with: which of two functions is called tells nobody anything."""
    rounds: int
    mails: int
    pieces_of_work: int
    entries: int


async def work_of(deployment: Deployment, ask: Ask, email: str, monkeypatch: pytest.MonkeyPatch) -> Work:
    """Ask about one address, and look at everything that it sets in motion."""
    rounds: list[int] = []
    for name in ("checkpw", "hashpw"):
        monkeypatch.setattr(passwords.bcrypt, name, _counting(getattr(bcrypt, name), rounds))
    before = await rows(deployment)
    async with deployment.browser() as browser, counted(deployment.cluster) as asked:
        answer = await ask(browser, email)
    monkeypatch.undo()
    after = await rows(deployment)
    said = re.sub(re.escape(email), "", answer.text)
    return Work(
        (answer.status_code, said),
        sorted(_plain(one) for one in asked.statements),
        sum(rounds),
        *(now - then for now, then in zip(after, before, strict=True)),
    )


async def rows(deployment: Deployment) -> list[int]:
    """Return how many mails and pieces of work wait, and entries are written."""
    administrator = await deployment.administrator()
    try:
        return [
            await administrator.fetchval(f"select count(*) from {table}")  # noqa: S608 - ours
            for table in ("upheld.messages", "queue.pgqueuer", "upheld.audit_entries")
        ]
    finally:
        await administrator.close()


def _plain(statement: str) -> str:
    return re.sub(r"upheld\.\w+\([^)]*\)", "a function", re.sub(r"\s+", " ", statement))


def _counting(real: Callable[..., Any], rounds: list[int]) -> Callable[..., Any]:
    def counting(password: bytes, known: bytes) -> Any:
        rounds.append(2 ** int(known.split(b"$")[2]))
        return real(password, known)

    return counting


async def registering(browser: Browser, email: str) -> httpx.Response:
    """Register an address."""
    notice = hidden(await browser.get("/register"), "notice")
    return await browser.form("/register", email=email, password=WRONG, account="yes", notice=notice)


async def signing_in(browser: Browser, email: str) -> httpx.Response:
    """Sign in with a wrong password."""
    return await browser.form("/sign-in", email=email, password=WRONG)


async def forgetting(browser: Browser, email: str) -> httpx.Response:
    """Ask for a link to choose another password."""
    return await browser.form("/reset", email=email)


async def people(deployment: Deployment) -> None:
    """Have one account that is proven, and one that is not."""
    await deployment.register(KNOWN)
    async with deployment.browser() as browser:
        notice = hidden(await browser.get("/register"), "notice")
        await browser.form("/register", email=UNPROVEN, password=PASSWORD, account="yes", notice=notice)


@pytest.mark.parametrize("ask", [registering, signing_in], ids=lambda ask: ask.__name__)
async def test_no_question_takes_more_work_for_one_address_than_for_another(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    await people(deployment)
    known, unproven, nobody = [
        await work_of(deployment, ask, email, monkeypatch) for email in (KNOWN, UNPROVEN, NOBODY)
    ]
    assert known == nobody
    assert unproven == nobody


async def test_asking_for_a_reset_takes_the_same_steps_whether_or_not_somebody_is_written_to(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(deployment)
    asked = [await work_of(deployment, forgetting, email, monkeypatch) for email in (KNOWN, UNPROVEN, NOBODY)]
    assert len({one.answer for one in asked}) == 1
    assert {(len(one.statements), one.rounds, one.entries) for one in asked} == {(len(asked[0].statements), 0, 1)}
    assert len(asked[0].statements) > 5, "they were counted"
    # Nobody can be written to: what differs is a row in the outbox and one in the queue, written by one statement.
    assert [(one.mails, one.pieces_of_work) for one in asked] == [(1, 1), (1, 1), (0, 0)]


async def inviting(browser: Browser, email: str) -> httpx.Response:
    """Invite an address into one's organisation."""
    form = {"email": email, "role": "interviewer", "language": "en"}
    return await browser.post("/hiring/organisation/invite", data=form, follow_redirects=False)


async def moving(browser: Browser, email: str) -> httpx.Response:
    """Ask to use another address from now on."""
    return await browser.post("/account/address", data={"email": email}, follow_redirects=False)


@pytest.mark.parametrize("ask", [inviting, moving], ids=lambda ask: ask.__name__)
async def test_nobody_learns_by_inviting_or_by_moving_whether_an_address_is_in_use(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    await people(deployment)
    async with employer(deployment) as owner:

        async def as_owner(_browser: Browser, email: str) -> httpx.Response:
            answer = await ask(owner, email)
            assert answer.has_redirect_location, answer.text
            return answer

        await ask(owner, "first@example.org")  # the driver learns the types of what it is told
        known, unproven, nobody = [
            await work_of(deployment, as_owner, email, monkeypatch) for email in (KNOWN, UNPROVEN, NOBODY)
        ]
    assert known == unproven == nobody
    assert nobody.pieces_of_work == 1
