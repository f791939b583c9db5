"""auth.ratelimit, green, and red under each of its sabotages."""

from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest

from tests.promises.faults import Changing, Scratch
from tests.support.limits import within_one_window
from upheld.features.accounts.actions import SIGN_IN_PER_ACCOUNT
from upheld.features.trust.probe import CheckState
from upheld.main.web import create_app
from upheld.platform.services import Platform

pytestmark = pytest.mark.anyio


class CountingAlone(Platform):
    """Counts under a name of its own: what a counter in the memory of one process does."""

    def limit_subject(self, rule: str, subject: str, per: timedelta) -> bytes:
        """Return a subject that no other process counts."""
        return super().limit_subject(rule, f"{id(self)} {subject}", per)


async def test_whoever_guesses_is_told_to_wait_and_nothing_else(scratch: Scratch) -> None:
    await within_one_window(SIGN_IN_PER_ACCOUNT)
    for check_id in ("auth.ratelimit.silence", "auth.ratelimit.burst"):
        (check,) = (await scratch.look(check_id)).checks
        assert check.state is CheckState.PASSED, check.evidence
    for tries in check.evidence["tries"].values():
        assert 4 <= tries["let through"] <= 13, check.evidence
        assert tries["told to wait"] >= 1, check.evidence


async def test_auth_ratelimit_burst_is_red_when_nothing_is_counted(scratch: Scratch) -> None:
    await within_one_window(SIGN_IN_PER_ACCOUNT)
    await scratch.change(
        "create or replace function upheld.take_from_limit(subject bytea, at_most integer, per interval)"
        " returns integer language sql volatile security definer set search_path = '' return 0",
    )
    await scratch.sees_red(
        "auth.ratelimit.burst",
        "guessing the password of one account, from many addresses: 14 tries, and none was asked to wait",
        "guessing the passwords of many accounts, from one address: 14 tries, and none was asked to wait",
        "registering one address again and again: 9 tries, and none was asked to wait",
        "guessing the password where somebody is signed in: 14 tries, and none was asked to wait",
    )


async def test_auth_ratelimit_burst_is_red_when_each_process_counts_for_itself(scratch: Scratch) -> None:
    await within_one_window(SIGN_IN_PER_ACCOUNT)
    shared = scratch.deployment.platform
    fields = {name: getattr(shared, name) for name in shared.__dataclass_fields__}
    processes = cycle([create_app(CountingAlone(**fields)) for _ in range(2)])

    async def balanced(scope: Any, receive: Any, send: Any) -> None:
        await next(processes)(scope, receive, send)

    scratch.serve(balanced)
    await scratch.sees_red(
        "auth.ratelimit.burst", "guessing the password of one account, from many addresses: 14 tries, and none"
    )


async def test_auth_ratelimit_burst_is_red_when_nobody_says_how_long_to_wait(scratch: Scratch) -> None:
    await within_one_window(SIGN_IN_PER_ACCOUNT)

    def limited(_: Any, message: Any) -> bool:
        return message["status"] == 429

    scratch.serve(Changing(scratch.deployment.app, limited, {"retry-after": None}))
    await scratch.sees_red("auth.ratelimit.burst", "a refused try is not told how long to wait")


async def test_auth_ratelimit_silence_is_red_when_nobody_is_answered_at_once(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(_: str, known_hash: str | None, __: int) -> bool:
        return known_hash is not None and await verify(_, known_hash, __)

    from upheld.features.accounts import actions  # noqa: PLC0415

    verify = actions.verify_password
    await scratch.scene.cast()
    monkeypatch.setattr(actions, "verify_password", at_once)
    await scratch.sees_red("auth.ratelimit.silence", "the time of an answer tells whether there is an account")


async def test_auth_ratelimit_silence_is_red_when_the_answer_names_what_is_wrong(scratch: Scratch) -> None:
    email = (await scratch.scene.cast()).stranger.email.encode()

    class Telling:
        """Says that the password is wrong where there is an account."""

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            body = (await receive()).get("body", b"") if scope["method"] == "POST" else b""

            async def again() -> Any:
                return {"type": "http.request", "body": body, "more_body": False}

            async def outgoing(message: Any) -> None:
                if email.partition(b"@")[0] in body and message["type"] == "http.response.body":
                    message = {**message, "body": message.get("body", b"") + b"This password is wrong."}
                await send(message)

            await scratch.deployment.app(scope, again, outgoing)

    scratch.serve(Telling())
    await scratch.sees_red("auth.ratelimit.silence", "an answer tells whether there is an account")
