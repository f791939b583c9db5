"""What an attacker tries with a statement of SQL on the connections behind the web's."""

from tests.boundary.attacks import NOTHING, REFUSED, all_of

# `worker` without the secret of a piece of work.
IDLE_WORKER = [
    *all_of(
        NOTHING,
        sees_a_person="select id from upheld.people",
        sees_a_mail="select id from upheld.messages",
        opens_a_context_with_a_guess="select 1 where upheld.open_job_context('x') is not null",
    ),
    *all_of(
        REFUSED,
        sees_sessions="select id from upheld.sessions",
        plans_an_erasure="select * from upheld.plan_erasure('{erasure_of_ben}')",
        erases="select upheld.erase_person('{erasure_of_ben}', current_date)",
        certifies="select upheld.certify_erasure('{erasure_of_ben}', '{{}}')",
        takes_an_erasure_up="select upheld.take_up_erasure(gen_random_uuid(), sha256('x'), now(), 'x')",
        allows_an_erasure="select upheld.allow_erasure_again('{ben}', 'x')",
        opens_a_session="select * from upheld.open_context('x')",
        records_for_nobody="select upheld.record_act('erasure.completed', null, null, '{{}}', null)",
        reads_secrets_of_work="select secret_hash from upheld.job_secrets",
    ),
]

# `worker` with the secret of a mail to Ada.
MAIL_WORKER = [
    *all_of(
        NOTHING,
        sees_another_mail="select id from upheld.messages where person_id <> '{ada}'",
        drops_another_mail="delete from upheld.messages where id = '{message_of_ben}' returning id",
        sees_another_person="select id from upheld.people where id <> '{ada}'",
    ),
    *all_of(
        REFUSED,
        reads_her_sessions="select id from upheld.sessions",
        reads_her_journal="select id from upheld.access_journal",
        reads_her_consents="select id from upheld.consents",
        reads_her_history="select id from upheld.application_events",
        plans_an_erasure="select * from upheld.plan_erasure('{erasure_of_ben}')",
        erases_her="select upheld.erase_person('{erasure_of_ben}', current_date)",
        takes_an_erasure_up=(
            "select upheld.take_up_erasure(gen_random_uuid(), sha256('x'), now(), '\\x{secret_of_mail}')"
        ),
    ),
]

# `worker` with the secret of Ben's erasure, which is not due yet.
ERASURE_WORKER = [
    *all_of(NOTHING, reads_his_mail="select id from upheld.messages"),
    *all_of("55000", erases_before_the_time="select * from upheld.plan_erasure('{erasure_of_ben}')"),
    *all_of(
        REFUSED,
        erases_without_a_plan="select upheld.erase_person('{erasure_of_ben}', current_date)",
        skips_the_time_to_call_it_off=(
            "select upheld.take_up_erasure(gen_random_uuid(), sha256('x'), now(), '\\x{secret_of_erasure}')"
        ),
        certifies_what_was_not_done="select upheld.certify_erasure('{erasure_of_ben}', '{{}}')",
        reads_his_sessions="select id from upheld.sessions",
    ),
]

GATE = [
    *all_of(
        REFUSED,
        sees_people="select id from upheld.people",
        sees_sessions="select id from upheld.sessions",
        sees_applications="select id from upheld.applications",
        records_a_duty_of_the_platform="select upheld.record_at_the_gate(null, 'keys.rotated', '{{}}', null)",
        opens_a_context="select * from upheld.open_context('x')",
        opens_work="select upheld.open_job_context('\\x{secret_of_erasure}')",
        invites_an_operator="insert into upheld.operator_invitations values (sha256('x'), now() + interval '1 hour')",
        lists_applications="select * from upheld.list_applications('{job_of_olga}', null, null, null, 100, 200)",
    ),
    *all_of(
        NOTHING,
        appoints_an_operator_without_an_invitation="select 1 where upheld.appoint_operator(sha256('x'), '{ada}')",
        verifies_with_a_guess="select 1 where upheld.verify_email(sha256('x')) is not null",
        finds_a_person_by_a_guess="select 1 from upheld.find_credential(sha256('x'))",
    ),
]

MAINTENANCE = [
    *all_of(
        REFUSED,
        sees_people="select id from upheld.people",
        sees_applications="select id from upheld.applications",
        sees_sessions="select id from upheld.sessions",
        reads_invitations="select token_hash from upheld.operator_invitations",
        records_a_session="select upheld.record_duty('session.opened', '{{}}')",
        opens_the_work_it_allows="select upheld.open_job_context('\\x{secret_of_erasure}')",
        erases="select upheld.erase_person('{erasure_of_ben}', current_date)",
        mints_a_session="select upheld.mint_session('{ben}', sha256('x'), '1 day', '1 day', 'password')",
        reads_what_organisations_ask="select starts_at from upheld.factor_rules",
        mails_whom_it_likes="select upheld.queue_factor_reminder(gen_random_uuid(), '{mona}', 'x', 'x')",
    ),
    *all_of(
        NOTHING,
        reminds_members_whom_nobody_asks="select 1 from upheld.take_factor_reminder()",
        removes_records_before_their_time="select person_id from upheld.remove_old_applications()",
        removes_accounts_before_their_time="select 1 from upheld.remove_unproven()",
        removes_people_who_are_no_probes=(
            "select 1 from upheld.remove_probes() where cardinality(people || organisations || object_ids) > 0"
        ),
        removes_what_has_not_expired=(
            "select 1 from jsonb_each_text(upheld.remove_expired()) as counted where counted.value <> '0'"
        ),
    ),
]

SUPPORT = all_of(
    REFUSED,
    sees_people="select id from upheld.people",
    sees_jobs="select id from upheld.jobs",
    sees_notices="select id from upheld.notices",
    tells_the_time="select upheld.clock_now()",
)

AUDITOR = all_of(
    REFUSED,
    sees_people="select id from upheld.people",
    sees_applications="select id from upheld.applications",
    sees_the_journal="select id from upheld.access_journal",
    removes_an_entry="delete from upheld.audit_entries",
    writes_an_entry="select upheld.record_duty('keys.rotated', '{{}}')",
)
