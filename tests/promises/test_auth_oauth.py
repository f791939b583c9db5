"""auth.oauth, green, and red under each of its sabotages."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from jwt import PyJWK

from tests.promises.faults import Scratch
from upheld.features.accounts.actions.finding import find_known
from upheld.features.providers.actions import entering
from upheld.features.trust.probe import CheckState
from upheld.features.trust.probes import oauth
from upheld.platform.openid import tokens
from upheld.platform.openid.client import Proof
from upheld.platform.openid.presets import LINKEDIN, PRESETS, Defence
from upheld.platform.services import Platform

pytestmark = pytest.mark.anyio


async def test_no_attack_through_a_provider_succeeds(scratch: Scratch) -> None:
    (check,) = (await scratch.look("auth.oauth.attacks")).checks
    assert check.state is CheckState.PASSED, check.evidence
    assert check.evidence["forged_statements"] > 15


async def test_auth_oauth_attacks_is_red_when_accounts_are_linked_by_address(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def by_address(platform: Platform, proof: Proof) -> UUID | None:
        async with platform.database.transaction("gate") as tx:
            known = await find_known(tx, platform, proof.email)
        return known.person_id if known else None

    monkeypatch.setattr(entering, "_whose", by_address)
    await scratch.sees_red("auth.oauth.attacks", "an account is opened because a provider states its address")


async def test_auth_oauth_attacks_is_red_when_an_answer_counts_twice(scratch: Scratch) -> None:
    await scratch.change(
        "create or replace function upheld.use_departure(wanted_state_hash bytea, from_browser_hash bytea,"
        " from_provider text) returns table (purpose text, begun_at timestamptz) language sql security definer"
        " set search_path = '' begin atomic select d.purpose, d.begun_at from upheld.departures as d"
        " where d.state_hash = wanted_state_hash and d.browser_hash = from_browser_hash"
        " and d.provider = from_provider; end"
    )
    await scratch.sees_red("auth.oauth.attacks", "an answer counts twice")


async def test_auth_oauth_attacks_is_red_when_the_nonce_is_not_compared(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def always(said: object, ours: str) -> bool:  # noqa: ARG001 - a comparison that does not compare
        return True

    monkeypatch.setattr(tokens, "_same", always)
    await scratch.sees_red("auth.oauth.attacks", "a statement for another sign-in is believed")


async def test_auth_oauth_attacks_is_red_when_a_statement_for_others_is_taken(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def whoever(claims: Mapping[str, Any], expected: tokens.Expected) -> None:
        """Look at nobody's name."""

    monkeypatch.setattr(tokens, "_check_audience", whoever)
    await scratch.sees_red("auth.oauth.attacks", "a statement for other sites, too is believed")


async def test_auth_oauth_attacks_is_red_when_a_token_may_bring_its_key(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def obliging(header: Mapping[str, Any], keys: list[dict[str, Any]]) -> PyJWK:
        return PyJWK(header.get("jwk", keys[0]), "ES256")

    monkeypatch.setattr(tokens, "_signer", obliging)
    await scratch.sees_red("auth.oauth.attacks", "a statement signed by a key that it brings along is believed")


def test_auth_oauth_attacks_is_red_when_a_preset_is_silent_about_a_defence(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = replace(LINKEDIN, instead={k: v for k, v in LINKEDIN.instead.items() if k is not Defence.NONCE})
    monkeypatch.setattr(oauth, "PRESETS", {**PRESETS, "linkedin": silent})
    assert oauth.undeclared() == ["linkedin: nonce is neither offered nor made up for"]
