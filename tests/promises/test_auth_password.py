"""auth.password, green, and red under each of its sabotages."""

from dataclasses import replace
from typing import Any

import pytest

from tests.promises.faults import Scratch
from upheld.features.accounts.actions import choosing
from upheld.features.trust.probe import CheckState
from upheld.features.trust.probes.breached import BREACHED, FAMOUS
from upheld.platform import password_rules

pytestmark = pytest.mark.anyio
_ANY_HASH = "alter table upheld.credentials drop constraint credentials_password_hash_check"
_CHECKS = ("auth.password.cost", "auth.password.grows", "auth.password.handling", "auth.password.breached")


def _never(_password: str) -> bool:
    return False


async def test_passwords_are_kept_as_slow_hashes_and_count_in_full(scratch: Scratch) -> None:
    for check_id in _CHECKS:
        (check,) = (await scratch.look(check_id)).checks
        assert check.state is CheckState.PASSED, check
        assert "probe.example" not in str(check.evidence)


async def test_auth_password_cost_is_red_when_one_hash_is_too_fast(scratch: Scratch) -> None:
    someone = (await scratch.scene.cast()).stranger.person
    await scratch.change(_ANY_HASH)
    weak = "$2b$04$" + "a" * 53
    await scratch.put("update upheld.credentials set password_hash = $2 where person_id = $1", someone, weak)
    await scratch.sees_red("auth.password.cost", "1 hashes were made at cost 4, below 10")


async def test_auth_password_cost_is_red_when_a_password_is_stored_as_written(scratch: Scratch) -> None:
    someone = (await scratch.scene.cast()).stranger.person
    await scratch.change(_ANY_HASH)
    await scratch.put("update upheld.credentials set password_hash = 'seven lanterns' where person_id = $1", someone)
    await scratch.sees_red("auth.password.cost", "1 stored passwords are no hash of bcrypt")


async def test_auth_password_grows_is_red_when_the_database_takes_any_hash(scratch: Scratch) -> None:
    await scratch.change(_ANY_HASH)
    await scratch.sees_red("auth.password.grows", "the database takes a hash at cost 4")


async def test_auth_password_grows_is_red_when_signing_in_leaves_the_hash_as_it_is(scratch: Scratch) -> None:
    slower = replace(scratch.deployment.settings, bcrypt_cost=11)
    scratch.scene.platform = replace(scratch.deployment.platform, settings=slower)
    scratch.serve_with(settings=slower)
    assert (await scratch.look("auth.password.grows")).state == "upheld"
    scratch.serve(scratch.deployment.app)  # it is content with 10
    await scratch.sees_red("auth.password.grows", "after signing in the hash still costs 10, not 11")


async def test_auth_password_handling_is_red_when_only_the_beginning_counts(scratch: Scratch) -> None:
    class Forgetful:
        """Signs in whoever knows the first 72 bytes."""

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if scope["path"] == "/sign-in" and scope["method"] == "POST":
                await send({"type": "http.response.start", "status": 303, "headers": [(b"location", b"/home")]})
                await send({"type": "http.response.body", "body": b""})
            else:
                await scratch.deployment.app(scope, receive, send)

    await scratch.scene.cast()
    scratch.serve(Forgetful())
    await scratch.sees_red("auth.password.handling", "its first 72 bytes and another end was answered 303")


async def test_auth_password_handling_is_red_when_short_ones_are_taken(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scratch.scene.cast()
    monkeypatch.setattr(password_rules, "SHORTEST", 5)
    monkeypatch.setattr(password_rules, "_ENOUGH", 0)
    await scratch.sees_red("auth.password.handling", "a password was not refused that is short")


async def test_auth_password_breached_is_red_when_only_the_length_counts(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password_rules, "_ENOUGH", 0)
    monkeypatch.setattr(password_rules, "is_bad_password", _never)
    await scratch.sees_red(
        "auth.password.breached",
        f"registering: {len(BREACHED) + len(FAMOUS)} passwords known from breaches were not refused",
        "changing it: ",
        "choosing another: ",
    )


async def test_auth_password_breached_is_red_when_the_lists_of_breaches_are_not_asked(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password_rules, "is_bad_password", _never)
    missed = f"{len(FAMOUS)} passwords known from breaches were not refused"
    await scratch.sees_red(
        "auth.password.breached", f"registering: {missed}", f"changing it: {missed}", f"choosing another: {missed}"
    )


async def test_auth_password_breached_is_red_when_ones_own_data_may_be_in_it(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobodys(password: str, _own: object = ()) -> password_rules.Judgement:
        return judge(password)

    judge = password_rules.judge
    monkeypatch.setattr(choosing, "judge", nobodys)
    await scratch.sees_red(
        "auth.password.breached",
        "registering: 1 passwords made of their own data were not refused",
        "changing it: 2 passwords made of their own data were not refused",
        "choosing another: 2 passwords made of their own data were not refused",
    )


async def test_auth_password_breached_is_red_when_every_password_is_refused(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scratch.scene.cast()
    real = choosing.judge

    def never(password: str, _own: object = ()) -> password_rules.Judgement:
        found = real(password)
        return password_rules.Judgement(found.score, found.said, is_refused=len(password) < 33)

    monkeypatch.setattr(choosing, "judge", never)
    await scratch.sees_red("auth.password.breached", "this probe is blind")
