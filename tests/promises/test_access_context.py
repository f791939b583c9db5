"""access.context, red under each of its sabotages."""

import pytest

from tests.promises.faults import Scratch

pytestmark = pytest.mark.anyio

UNSEALED = """
create or replace function sealed.seal_of(inner_pad bytea, outer_pad bytea, kind text, id text) returns text
language sql stable
return coalesce(pg_catalog.split_part(pg_catalog.current_setting('upheld.context', true), '|', 4), '')
"""

SEAL = """
create or replace function sealed.seal_of(inner_pad bytea, outer_pad bytea, kind text, id text) returns text
language sql stable
return pg_catalog.encode(pg_catalog.sha256(outer_pad || pg_catalog.sha256(
    inner_pad || pg_catalog.convert_to({bound}, 'UTF8'))), 'hex')
"""
BINDING = "pg_catalog.pg_backend_pid()::text || pg_catalog.transaction_timestamp()::text || "


async def test_access_context_forged_is_red_when_the_seal_is_not_checked(scratch: Scratch) -> None:
    await scratch.change(UNSEALED)
    await scratch.sees_red("access.context.forged", "a seal of zeros, injected", "as a setting of the connection")


async def test_access_context_forged_is_red_when_a_policy_trusts_a_plain_setting(scratch: Scratch) -> None:
    await scratch.change(
        "create policy trusting on upheld.people for select to web"
        " using (id::text = current_setting('app.current_user_id', true))"
    )
    await scratch.sees_red("access.context.forged", "plain settings, as a setting of the connection")


async def test_access_context_replayed_is_red_when_the_seal_is_not_bound_to_its_transaction(scratch: Scratch) -> None:
    await scratch.change(SEAL.format(bound="kind || id"))
    await scratch.sees_red("access.context.replayed", "on another connection", "in a later transaction")


async def test_access_context_replayed_is_red_when_a_context_outlives_its_transaction(scratch: Scratch) -> None:
    connection = await scratch.deployment.administrator()
    try:
        text: str = await connection.fetchval("select pg_get_functiondef('sealed.write_context'::regproc)")
    finally:
        await connection.close()
    await scratch.change(text.replace("kind, id)), true)", "kind, id)), false)"))
    await scratch.sees_red("access.context.replayed", "the context outlives its transaction")


async def test_access_context_tampered_is_red_when_the_seal_covers_the_kind_only(scratch: Scratch) -> None:
    await scratch.change(SEAL.format(bound=BINDING + "kind"))
    await scratch.sees_red("access.context.tampered", "with another session was accepted")


async def test_access_context_ended_is_red_when_a_revoked_session_still_opens(scratch: Scratch) -> None:
    await scratch.change(
        "alter policy live_sessions_are_checked_by_the_context_keeper on upheld.sessions using (id is not null)"
    )
    await scratch.sees_red("access.context.ended", "revoked")


async def test_access_context_sealed_is_red_when_the_web_may_mint_sessions(scratch: Scratch) -> None:
    await scratch.change("grant execute on function upheld.mint_session(uuid, bytea, interval, interval, text) to web")
    await scratch.sees_red("access.context.sealed", "web can mint a session")


async def test_access_context_sealed_is_red_when_ciphertext_can_be_read_past_the_journal(scratch: Scratch) -> None:
    await scratch.change("grant select on upheld.application_snapshots to web")
    await scratch.sees_red("access.context.sealed", "web can read sealed snapshots")
