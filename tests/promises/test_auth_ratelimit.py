"""auth.ratelimit, green, and red under each of its sabotages."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.promises.faults import Changing, Scratch
from upheld.features.accounts import store
from upheld.features.accounts.actions import devices, entering, registering
from upheld.features.accounts.model import Credential
from upheld.features.trust.probe import CheckState
from upheld.kit.errors import InvalidError
from upheld.main.web import create_app
from upheld.platform.counters import Names
from upheld.platform.passwords import Lane
from upheld.platform.services import Platform

pytestmark = pytest.mark.anyio


class CountingAlone(Platform):
    """Counts under a name of its own: what a counter in the memory of one process does."""

    def limit_names(self, rule: str, subject: str) -> Names:
        """Return names that no other process counts."""
        return super().limit_names(rule, f"{id(self)} {subject}")


async def test_whoever_guesses_is_told_to_wait_and_nothing_else(scratch: Scratch) -> None:
    for check_id in ("auth.ratelimit.silence", "auth.ratelimit.burst"):
        (check,) = (await scratch.look(check_id)).checks
        assert check.state is CheckState.PASSED, check.evidence
    for tries in check.evidence["tries"].values():
        assert 1 <= tries["let through"] <= 5, check.evidence
        assert tries["told to wait"] >= 1, check.evidence


async def test_auth_ratelimit_burst_is_red_when_nothing_is_counted(scratch: Scratch) -> None:
    await scratch.change(
        "create or replace function upheld.take_from_limit(subject bytea, formers bytea[], at_most integer[],"
        " per interval[]) returns integer language sql volatile security definer set search_path = '' return 0",
    )
    await scratch.sees_red(
        "auth.ratelimit.burst",
        "guessing the password of one account, from many addresses: 6 tries after 8 in another process, and none was",
        "guessing the passwords of many accounts, from one address: 6 tries after 8 in another process, and none was",
        "registering one address again and again: 6 tries after 3 in another process, and none was asked to wait",
        "registering from one address: 6 tries after 98 in another process, and none was asked to wait",
        "guessing the password where somebody is signed in: 6 tries after 8 in another process, and none was asked",
    )


async def test_auth_ratelimit_burst_is_red_when_each_process_counts_for_itself(scratch: Scratch) -> None:
    shared = scratch.deployment.platform
    fields = {name: getattr(shared, name) for name in shared.__dataclass_fields__}
    scratch.serve(create_app(CountingAlone(**fields)))
    await scratch.sees_red(
        "auth.ratelimit.burst",
        "guessing the password of one account, from many addresses: 6 tries after 8 in another process, and none",
        "registering from one address: 6 tries after 98 in another process, and none",
    )


async def test_auth_ratelimit_burst_is_red_when_nobody_says_how_long_to_wait(scratch: Scratch) -> None:
    def limited(_: Any, message: Any) -> bool:
        return message["status"] == 429

    scratch.serve(Changing(scratch.deployment.app, limited, {"retry-after": None}))
    await scratch.sees_red("auth.ratelimit.burst", "a refused try is not told how long to wait")


async def test_strangers_who_guess_keep_nobody_out(scratch: Scratch) -> None:
    (check,) = (await scratch.look("auth.ratelimit.lockout")).checks
    assert check.state is CheckState.PASSED, check.evidence


async def test_auth_ratelimit_lockout_is_red_when_no_browser_is_known(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_: object) -> None:
        return None

    monkeypatch.setattr(entering, "device_of", nobody)
    await scratch.sees_red(
        "auth.ratelimit.lockout",
        "a browser that the account knows is kept out by strangers who guess (429)",
    )


async def test_auth_ratelimit_lockout_is_red_when_a_cookie_is_good_for_every_account(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The MAC leaves out whose account it is."""
    mac = devices._mac  # noqa: SLF001 - the planted fault replaces it  # pyright: ignore[reportPrivateUsage]

    def of_anybody(key: bytes, given: bytes, known: Credential) -> bytes:
        return mac(key, given, Credential(UUID(int=0), "", known.verified))

    monkeypatch.setattr(devices, "_mac", of_anybody)
    await scratch.sees_red(
        "auth.ratelimit.lockout", "a browser that another account knows is let in like one that the account knows"
    )


async def test_auth_ratelimit_lockout_is_red_when_a_stolen_cookie_is_not_counted(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has the cookie is another browser each time."""
    known = entering.device_of

    def another_each_time(*given: Any) -> str | None:
        return None if known(*given) is None else str(uuid4())

    monkeypatch.setattr(entering, "device_of", another_each_time)
    await scratch.sees_red("auth.ratelimit.lockout", "a stolen cookie: 12 guesses, and none was asked to wait")


async def test_auth_ratelimit_silence_is_red_when_nobody_is_answered_at_once(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(password: str, known_hash: str | None, cost: int, lane: Lane) -> bool:
        return known_hash is not None and await verify(password, known_hash, cost, lane)

    verify = entering.verify_password
    await scratch.scene.cast()
    monkeypatch.setattr(entering, "verify_password", at_once)
    await scratch.sees_red(
        "auth.ratelimit.silence",
        "signing in with a wrong password: the time of an answer tells whether there is an account",
    )


async def test_auth_ratelimit_silence_is_red_when_signing_in_names_what_is_wrong(scratch: Scratch) -> None:
    scratch.serve(Telling(scratch.deployment.app, "/sign-in", b".known%40"))
    await scratch.sees_red(
        "auth.ratelimit.silence", "signing in with a wrong password: an answer tells whether there is an account"
    )


async def test_auth_ratelimit_silence_is_red_when_registering_says_that_an_address_is_taken(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def taken(*_: object) -> None:
        raise InvalidError({"email": "This address has an account already."})

    await scratch.scene.cast()
    monkeypatch.setattr(registering, "_tell_owner", taken)
    await scratch.sees_red("auth.ratelimit.silence", "registering: an answer tells whether there is an account")


async def test_auth_ratelimit_silence_is_red_when_somebody_new_takes_longer(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = store.register_person

    async def slowly(*given: Any) -> bool:
        await asyncio.sleep(2)
        return await add(*given)

    await scratch.scene.cast()
    monkeypatch.setattr(store, "register_person", slowly)
    await scratch.sees_red(
        "auth.ratelimit.silence",
        "registering, without the page: the time of an answer tells whether there is an account",
    )


async def test_auth_ratelimit_silence_is_red_when_a_link_says_that_it_was_used(scratch: Scratch) -> None:
    scratch.serve(Remembering(scratch.deployment.app))
    await scratch.sees_red(
        "auth.ratelimit.silence", "verifying an address: an answer tells whether there was such a link"
    )


class Telling:
    """Says something more at a path where what is typed holds something."""

    def __init__(self, app: Any, path: str, typed: bytes) -> None:
        """Take the application, the path, and what has to be typed."""
        self._app, self._path, self._typed = app, path, typed

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on, and add a sentence."""
        body = (await receive()).get("body", b"") if scope["method"] == "POST" else b""
        tells = scope["path"] == self._path and self._typed in body

        async def again() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def outgoing(message: Any) -> None:
            if tells and message["type"] == "http.response.body":
                message = {**message, "body": message.get("body", b"") + b"Somebody is here."}
            await send(message)

        await self._app(scope, again, outgoing)


class Remembering:
    """Answers a link that was opened before with another page than one that never was."""

    def __init__(self, app: Any) -> None:
        """Take the application."""
        self._app = app
        self._seen: set[str] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on, and add a sentence the second time."""
        path, again = scope["path"], scope["path"] in self._seen
        is_link = path.startswith("/verify/")

        async def outgoing(message: Any) -> None:
            if is_link and message["type"] == "http.response.start" and message["status"] < 400:
                self._seen.add(path)
            if again and message["type"] == "http.response.body":
                message = {**message, "body": message.get("body", b"") + b"You have used this already."}
            await send(message)

        await self._app(scope, receive, outgoing)
