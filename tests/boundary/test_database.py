"""One statement of hostile SQL, as each login role and in each context it may hold."""

from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import pytest

from tests.boundary import attacks, attacks_behind
from tests.boundary.attacks import Attack
from tests.boundary.world import NOBODY, World, keyring_of, peopled
from tests.support.cluster import Cluster

pytestmark = pytest.mark.anyio

ROLES = ("web", "gate", "worker", "maintenance", "support", "auditor")
BY_CALLER: dict[tuple[str, str], list[Attack]] = {
    ("web", "ada"): attacks.CANDIDATE,
    ("web", "olga"): attacks.OWNER,
    ("web", "nora"): attacks.OWNER_WITHOUT_FAIR_USE,
    ("web", NOBODY): attacks.STRANGER,
    ("worker", NOBODY): attacks_behind.IDLE_WORKER,
    ("worker", "mail for ada"): attacks_behind.MAIL_WORKER,
    ("worker", "erasure for ben"): attacks_behind.ERASURE_WORKER,
    ("gate", NOBODY): attacks_behind.GATE,
    ("maintenance", NOBODY): attacks_behind.MAINTENANCE,
    ("support", NOBODY): attacks_behind.SUPPORT,
    ("auditor", NOBODY): attacks_behind.AUDITOR,
}

# Everything a login role may call. A name that is added here is a door that was opened on purpose.
DOORS = {
    "web": {
        "accept_invitation", "accept_ownership", "change_role", "colleagues", "current_permissions",
        "deciding_organisation", "decline_invitation", "end_membership", "end_offer", "invitation_by_token", "invite",
        "may", "offer_ownership", "open_invitations", "queue_invitation", "renew_invitation", "revoke_invitation",
        "acts_for_probe", "add_access_token", "asking", "asks_as_probe", "clock_now", "closes_by_the_rule",
        "current_organisation", "current_person", "current_session", "current_standing", "demand_fresh_proof",
        "erasure_by_receipt", "factors_of_colleagues", "found_organisation", "freshly_proven", "hiring_organisation",
        "has_looked_at_activity", "jobs_applied_to", "look_at_activity",
        "left_without_owner", "lift_factor_rule", "list_applications", "open_application", "open_contact",
        "open_context", "open_resume", "open_token_context", "own_documents", "own_profile", "own_snapshots",
        "queue_erasure", "queue_factor_rule", "renew_session", "require_factor",
        "people_to_tell", "queue_arrival", "queue_message", "record_act", "take_from_limit",
    },
    "worker": {
        "asking", "asks_as_probe", "certify_erasure", "clock_now", "current_organisation",
        "current_person", "current_session", "current_standing", "erase_person", "open_job_context", "plan_erasure",
        "record_act", "take_up_erasure",
    },
    "gate": {
        "account_link", "add_passkey", "app_of", "appoint_operator", "ask_new_address", "ask_reset", "begin_app",
        "begin_sign_in", "change_password", "clock_now", "confirm_app", "credential_of", "find_credential",
        "find_passkey", "finish_sign_in", "freshen_session", "half_open_sign_in", "has_a_way_in",
        "has_recovery_codes", "link_identity", "look_at_limit", "make_room_at", "mint_session", "note_departure",
        "own_words", "passkeys_of", "person_at", "queue_message_at_the_gate", "record_at_the_gate",
        "register_again", "register_person", "remove_app", "remove_passkey", "renew_link", "replace_credential",
        "replace_recovery_codes", "set_challenge", "settle_session", "spend_challenge", "strengthen_session",
        "take_address_back", "take_from_limit", "take_new_address", "take_step", "unlink_identity", "use_departure",
        "use_identity", "use_passkey", "use_recovery_code", "use_reset", "verification_of", "verify_email",
        "verify_with_identity",
    },
    "maintenance": {
        "allow_erasure_again", "clock_now", "count_overdue_erasures", "drop_spent_counters", "end_sessions_of",
        "erasures_under_way", "known_objects", "older_email_indexes", "older_identity_indexes", "operators_to_tell",
        "queue_factor_reminder", "raise_email_indexes", "raise_identity_indexes", "record_duty",
        "remove_ended_invitations", "remove_expired", "remove_old_applications", "remove_probes", "remove_unproven",
        "rotate_context_key", "take_factor_reminder", "which_exist",
    },
    "auditor": {
        "asking", "audit_content", "clock_now", "current_organisation", "current_person", "current_session",
        "current_standing",
    },
    "support": set[str](),
}  # fmt: skip


@pytest.fixture(scope="module")
async def world(cluster: Cluster) -> AsyncGenerator[World]:
    """Open one world for every attack; each is undone."""
    async with peopled(cluster) as world:
        yield world


@pytest.mark.parametrize("attack", attacks.ANYONE, ids=lambda attack: attack.claim)
async def test_no_role_that_logs_in(world: World, attack: Attack) -> None:
    for role in ROLES:
        state, rows = await world.attack(role, NOBODY, *attack.statements)
        assert (state or "", rows) == (attack.outcome, []), role


@pytest.mark.parametrize(
    ("role", "who", "attack"),
    [(role, who, attack) for (role, who), attempts in BY_CALLER.items() for attack in attempts],
    ids=lambda value: value.claim if isinstance(value, Attack) else value,
)
async def test_nobody_gets_further_who(world: World, role: str, who: str, attack: Attack) -> None:
    state, rows = await world.attack(role, who, *attack.statements)
    assert (state or "", rows) == (attack.outcome, [])


@pytest.mark.parametrize("who", ["ada", "olga"])
@pytest.mark.parametrize("attack", attacks.ANYONE, ids=lambda attack: attack.claim)
async def test_a_session_does_not_help_who(world: World, who: str, attack: Attack) -> None:
    state, rows = await world.attack("web", who, *attack.statements)
    assert (state or "", rows) == (attack.outcome, [])


async def test_the_world_is_one_in_which_the_rightful_succeed(world: World) -> None:
    """A refusal proves nothing where everything is refused."""
    for who, statement in (
        ("ada", "select id from upheld.applications where id = '{application_of_ada}'"),
        ("ada", "select 1 from upheld.own_snapshots()"),
        ("olga", "select 1 from upheld.open_contact('{application_of_ada}')"),
        ("olga", "select id from upheld.list_applications('{job_of_olga}', null, null, null, 100, 200)"),
        ("olga", "select upheld.queue_message(gen_random_uuid(), '{ada}', 'applications/application-moved', 'x', 'x')"),
        (
            "olga",
            (
                "update upheld.applications set stage = 'rejected', closed_at = upheld.clock_now(),"
                " keep_until = ((now() at time zone 'UTC')::date + interval '12 months')::date"
                " where id = '{application_of_ada}' returning id"
            ),
        ),
        ("nora", "select organisation_id from upheld.members"),
    ):
        state, rows = await world.attack("web", who, statement)
        assert (state, len(rows)) == (None, 1), statement


@pytest.mark.parametrize("role", ROLES)
async def test_a_login_role_may_call_what_is_listed_and_nothing_else(world: World, role: str) -> None:
    async with world.deployment.connected(role) as connection:
        rows = await connection.fetch(
            "select p.proname from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace"
            " where n.nspname in ('upheld', 'sealed', 'queue', 'public') and p.prokind <> 'a'"
            " and has_function_privilege(p.oid, 'execute')"
        )
    assert {row["proname"] for row in rows} == DOORS[role]


async def test_an_act_is_recorded_in_the_name_of_whoever_is_asking(world: World) -> None:
    state, rows = await world.attack(
        "web",
        "ada",
        "select upheld.record_act('account.left', 'person', '{ben}', '{{}}', null)",
        "select actor_id from upheld.audit_entries where action = 'account.left' and target_id = '{ben}'",
    )
    assert (state, [str(row["actor_id"]) for row in rows]) == (None, [world.ids["ada"]])


async def test_a_view_is_in_the_journal_before_the_data_is_in_the_answer(world: World) -> None:
    count = "(select count(*) from pg_stat_xact_all_tables where relname = 'access_journal' and n_tup_ins > 0) as noted"
    for part in ("open_application", "open_contact", "open_resume"):
        state, rows = await world.attack(
            "web",
            "olga",
            f"select {count} from upheld.{part}('{{application_of_ada}}')",  # noqa: S608 - constants
        )
        assert (state, [row["noted"] for row in rows]) == (None, [1]), part


@pytest.mark.parametrize(("what", "column"), [("email", "email_index"), ("identity", "subject_index")])
async def test_maintenance_puts_nobody_in_the_place_of_another(world: World, what: str, column: str) -> None:
    indexes = f"select id, {column} from upheld.older_{what}_indexes(255) order by id limit 2"  # noqa: S608 - constants
    raising = f"select upheld.raise_{what}_indexes($1, $2, $3)"
    async with world.deployment.connected("maintenance") as connection:
        (ada, one), (ben, other) = await connection.fetch(indexes)
        fresh = b"\xfe" + one[1:]
        undone = connection.transaction()
        await undone.start()
        await connection.execute(raising, [ada, ben], [one, other], [b"\x00" * 33, one])
        assert [row[column] for row in await connection.fetch(indexes)] == [one, other]
        await connection.execute(raising, [ada], [one], [fresh])
        assert fresh in [row[column] for row in await connection.fetch(indexes.replace("limit 2", "limit 999"))]
        await undone.rollback()


async def test_a_context_ends_with_its_transaction_and_opens_no_other(world: World) -> None:
    async with world.deployment.connected("web") as first, world.deployment.connected("web") as second:
        async with first.transaction():
            await first.fetch("select upheld.open_context($1)", world.secrets["ben"])
            captured = await first.fetchval("select current_setting('upheld.context')")
            with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
                await second.fetch(
                    "with x as materialized (select set_config('upheld.context', $1, false))"
                    " select p.id from x, upheld.people as p",
                    captured,
                )
        assert await first.fetch("select id from upheld.people") == []
        with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
            await first.fetch(
                "with x as materialized (select set_config('upheld.context', $1, false))"
                " select p.id from x, upheld.people as p",
                captured,
            )


async def test_a_setting_planted_for_the_next_request_does_not_outlive_the_pool(world: World) -> None:
    database = world.deployment.platform.database
    pool = database._pools["web"]  # pyright: ignore[reportPrivateUsage] # noqa: SLF001 - the pool is the target
    async with pool.acquire() as connection:
        pid = await connection.fetchval("select pg_backend_pid() from set_config('upheld.context', '1|x', false)")
    held: list[Any] = []
    try:
        while True:
            connection: Any = await pool.acquire()
            held.append(connection)
            if await connection.fetchval("select pg_backend_pid()") == pid:
                assert not await connection.fetchval("select current_setting('upheld.context', true)")
                assert await connection.fetch("select id from upheld.people") == []
                return
    finally:
        for connection in held:
            await pool.release(connection)


async def test_an_erasure_that_was_called_off_cannot_be_taken_up_with_its_secret(world: World) -> None:
    """The secret still lies in the queue; a worker that was taken over holds it."""
    admin = await world.deployment.administrator()
    try:
        await admin.execute("update upheld.erasures set state = 'cancelled'")
        for statement, outcome in (
            ("select * from upheld.plan_erasure('{erasure_of_ben}')", None),
            (
                "select upheld.take_up_erasure('{erasure_of_ben}', sha256('x'), now(), '\\x{secret_of_erasure}')",
                "42501",
            ),
        ):
            assert await world.attack("worker", "erasure for ben", statement) == (outcome, [])
    finally:
        await admin.execute("update upheld.erasures set state = 'scheduled'")
        await admin.close()


async def test_no_certificate_is_filed_while_the_person_is_there(world: World) -> None:
    admin = await world.deployment.administrator()
    try:
        await admin.execute("update upheld.erasures set due_at = requested_at")
        plan = "select * from upheld.plan_erasure('{erasure_of_ben}')"
        for last in (
            "select upheld.certify_erasure('{erasure_of_ben}', '{{}}')",
            "select upheld.erase_person('{erasure_of_ben}', '9999-12-31')",
        ):
            assert await world.attack("worker", "erasure for ben", plan, last) == ("42501", [])
    finally:
        await admin.execute("update upheld.erasures set due_at = requested_at + interval '10 minutes'")
        await admin.close()


@pytest.mark.parametrize("role", ROLES)
async def test_no_role_of_the_data_enters_the_keyring(world: World, role: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(keyring_of(world, role))


async def test_the_vault_does_not_enter_the_data(world: World) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with world.deployment.connected("vault"):
            pass
