"""What an attacker tries with a statement of SQL, by role and context, and what the database answers.

A SQLSTATE is a refusal: `42501` no right or no policy, `28000` no sealed context, `28P01` one
whose session has ended, `23…` a constraint, `55000` not yet. `NOTHING` is no row seen and none touched.
"""

from dataclasses import dataclass

NOTHING = ""
REFUSED = "42501"
FORGED = "28000"
ENDED = "28P01"


@dataclass(frozen=True)
class Attack:
    """One try; statements run in one transaction, the last one's answer counts."""

    claim: str
    outcome: str
    statements: tuple[str, ...]


def all_of(outcome: str, **claims: str | tuple[str, ...]) -> list[Attack]:
    """Return attacks that share an outcome; a claim is its name with spaces."""
    return [
        Attack(claim.replace("_", " "), outcome, (said,) if isinstance(said, str) else said)
        for claim, said in claims.items()
    ]


# By any role that logs in to the data, whoever it serves.
ANYONE = [
    *all_of(
        REFUSED,
        becomes_the_owner="set local role owner",
        becomes_the_keeper_of_contexts="set local role context_keeper",
        becomes_another_login="set local session authorization migrator",
        switches_triggers_and_keys_off="set local session_replication_role = replica",
        shadows_a_table="create temporary table people (id uuid)",
        shadows_a_function="create function pg_temp.clock_now() returns timestamptz language sql return now()",
        makes_a_schema="create schema mine",
        makes_a_table="create table public.mine (id uuid)",
        makes_a_view="create view upheld.mine as select 1 as id",
        makes_a_definer_function=(
            "create function upheld.mine() returns integer language sql security definer return 1"
        ),
        adds_a_policy="create policy mine on upheld.people for select using (true)",
        switches_row_security_off_for_a_table="alter table upheld.people disable row level security",
        grants_itself_a_right="grant select on upheld.credentials to public",
        runs_a_program="copy (select 1) to program 'id'",
        writes_a_file="copy (select 1) to '/tmp/upheld-attack'",
        reads_a_file="select pg_read_file('PG_VERSION')",
        imports_a_file="select lo_import('/etc/passwd')",
        lists_the_folder="select pg_ls_dir('.')",
        reads_passwords="select rolpassword from pg_authid",
        reads_samples="select stanullfrac from pg_statistic",
        reads_who_may_log_in="select * from pg_hba_file_rules",
        makes_a_replication_slot="select pg_create_physical_replication_slot('mine')",
        empties_the_audit_log="truncate upheld.audit_entries",
        rewrites_the_audit_log="update upheld.audit_entries set actor_id = '{ben}'",
        writes_an_entry_as_somebody_else=(
            "select upheld.append_entry('{ben}', null, 'account.left', null, null, '{{}}', null)"
        ),
        makes_the_sealing_key="select sealed.make_context_key()",
        writes_a_context="select sealed.write_context('session', '{session_of_ben}')",
        makes_itself_an_operator="insert into upheld.operators (person_id) values ('{ada}')",
        joins_an_organisation=(
            "insert into upheld.members (organisation_id, person_id, role) values ('{org_of_petra}', '{ada}', 'owner')"
        ),
        marks_a_person_as_a_probe="update upheld.people set is_probe = true",
        verifies_an_address_by_hand="update upheld.people set verified_at = now()",
        reads_hashes_of_passwords="select password_hash from upheld.credentials",
        writes_a_session=(
            "insert into upheld.sessions (person_id, secret_hash, idle_for, expires_at)"
            " values ('{ben}', sha256('x'), '1 day', now() + interval '1 day')"
        ),
        prolongs_a_session="update upheld.sessions set expires_at = now() + interval '9 years'",
        takes_a_session_over="update upheld.sessions set person_id = '{ben}'",
        removes_views_from_the_journal="delete from upheld.access_journal",
        changes_a_view_in_the_journal="update upheld.access_journal set part = 'list'",
        adds_a_view_to_the_journal=(
            "insert into upheld.access_journal (person_id, viewer_id, organisation_id, application_id, part)"
            " values ('{ben}', '{olga}', '{org_of_olga}', '{application_of_ben}', 'list')"
        ),
        reads_what_was_sent="select full_name_sealed from upheld.application_snapshots",
        puts_an_application_in_anothers_name=(
            "insert into upheld.applications (id, organisation_id, job_id, person_id)"
            " values (gen_random_uuid(), '{org_of_olga}', '{job_of_olga}', '{ben}')"
        ),
        removes_an_application="delete from upheld.applications",
        publishes_a_job_for_another=(
            "insert into upheld.jobs (id, organisation_id, title) values (gen_random_uuid(), '{org_of_petra}', 'Mine')"
        ),
        rewrites_a_notice="update upheld.notices set body = 'yes'",
        agrees_in_anothers_name=(
            "insert into upheld.consents (person_id, purpose, notice_id, given)"
            " values ('{ben}', 'account', '{notice_of_account}', true)"
        ),
        takes_back_that_somebody_agreed="delete from upheld.consents",
        stores_a_secret_for_work=(
            "insert into upheld.job_secrets (secret_hash, person_id, duty, expires_at)"
            " values (sha256('x'), '{ben}', 'erasure', now() + interval '1 day')"
        ),
        enqueues_work="select upheld.enqueue('erasure', '{ben}', gen_random_uuid(), 'x', now(), '1 day')",
        writes_into_the_queue=(
            "insert into queue.pgqueuer (priority, status, entrypoint) values (0, 'queued', 'erasure')"
        ),
        certifies_by_hand="update upheld.erasures set state = 'done', finished_at = now(), certificate = '{{}}'",
        reads_limits="select * from upheld.limit_counters",
        forgives_itself_a_limit="delete from upheld.limit_counters",
        notes_a_view_without_the_data="select upheld.note_view('{application_of_ben}', 'list')",
    ),
    *all_of(
        NOTHING,
        reads_statistics_of_sealed_tables="select tablename from pg_stats where schemaname in ('upheld', 'sealed')",
        reads_what_other_roles_are_asking=(
            "select query from pg_stat_activity where usename <> current_user and query not like '<insufficient%'"
        ),
    ),
]

# `web` in a transaction of Ada, who has applied to Olga's job; Ben has applied to Petra's.
CANDIDATE = [
    *all_of(
        ENDED,
        revives_a_session=(
            "update upheld.sessions set revoked_at = now() where id = '{session_of_ada}'",
            "update upheld.sessions set revoked_at = null where id = '{session_of_ada}' returning id",
        ),
    ),
    *all_of(
        FORGED,
        writes_a_context_inside_a_statement=(
            "with x as materialized (select set_config('upheld.context',"
            " '1|session|{session_of_ben}|' || repeat('0', 64), true)) select p.id from x, upheld.people as p"
        ),
        swaps_the_person_in_a_valid_context=(
            "with x as materialized (select set_config('upheld.context',"
            " replace(current_setting('upheld.context'), '{session_of_ada}', '{session_of_ben}'), true))"
            " select p.id from x, upheld.people as p"
        ),
        turns_a_session_into_work=(
            "with x as materialized (select set_config('upheld.context', regexp_replace("
            "current_setting('upheld.context'), 'session[|][^|]*', 'duty|' ||"
            " encode(sha256('\\\\x{secret_of_erasure}'), 'hex')),"
            " true)) select p.id from x, upheld.people as p"
        ),
        names_a_generation_that_is_none=(
            "with x as materialized (select set_config('upheld.context',"
            " '9' || current_setting('upheld.context'), true)) select p.id from x, upheld.people as p"
        ),
    ),
    *all_of(
        NOTHING,
        trusts_a_plain_setting=(
            "with x as materialized (select set_config('app.user_id', '{ben}', true))"
            " select p.id from x, upheld.people as p where p.id = '{ben}'"
        ),
        sees_another_person="select id from upheld.people where id <> '{ada}'",
        sees_another_session="select id from upheld.sessions where person_id <> '{ada}'",
        sees_another_candidates_application="select id from upheld.applications where person_id <> '{ada}'",
        sees_another_journal="select id from upheld.access_journal where person_id <> '{ada}'",
        sees_other_acts="select id from upheld.audit_entries where actor_id is distinct from '{ada}'",
        sees_another_consent="select id from upheld.consents where person_id <> '{ada}'",
        sees_another_erasure="select id from upheld.erasures",
        sees_work_for_another="select duty from upheld.job_secrets where person_id <> '{ada}'",
        sees_another_document="select id from upheld.documents where person_id <> '{ada}'",
        sees_members="select person_id from upheld.members",
        sees_operators="select person_id from upheld.operators",
        lists_applications_as_a_candidate=(
            "select id from upheld.list_applications('{job_of_olga}', null, null, null, 100, 200)"
        ),
        opens_an_application_as_a_candidate="select 1 from upheld.open_application('{application_of_ben}')",
        opens_a_contact_as_a_candidate="select 1 from upheld.open_contact('{application_of_ben}')",
        opens_a_resume_as_a_candidate="select 1 from upheld.open_resume('{application_of_ben}')",
        follows_an_erasure_by_the_hash_of_its_receipt=(
            "select state from upheld.erasure_by_receipt('\\x{bens_receipt_hash}')"
        ),
        withdraws_in_anothers_name=(
            "update upheld.applications set stage = 'withdrawn', closed_at = upheld.clock_now(),"
            " keep_until = (now() + interval '12 months')::date where id = '{application_of_ben}' returning id"
        ),
        moves_anothers_application_by_merging=(
            "merge into upheld.applications as a using (values ('{application_of_ben}'::uuid)) as v (id)"
            " on a.id = v.id when matched then update set stage = 'offer' returning a.id"
        ),
        calls_off_anothers_erasure=(
            "update upheld.erasures set state = 'cancelled' where id = '{erasure_of_ben}' returning id"
        ),
        ends_another_session=(
            "update upheld.sessions set revoked_at = now() where id = '{session_of_ben}' returning id"
        ),
        removes_anothers_document="delete from upheld.documents where id = '{document_of_ben}' returning id",
        changes_a_job="update upheld.jobs set title = 'Mine now' where id = '{job_of_olga}' returning id",
        renames_an_employer="update upheld.organisations set name = 'Mine' where id = '{org_of_olga}' returning id",
        learns_who_reads_applications_sent_before="select upheld.people_to_tell('{application_of_ada}')",
    ),
    *all_of(
        REFUSED,
        reads_its_own_ciphertext_past_the_journal="select summary_sealed from upheld.profiles",
        applies_on_an_employers_terms=(
            "update upheld.applications set stage = 'hired', closed_at = upheld.clock_now(),"
            " keep_until = (now() + interval '12 months')::date where id = '{application_of_ada}'"
        ),
        takes_the_record_from_the_employer=(
            "update upheld.applications set stage = 'withdrawn', closed_at = upheld.clock_now(),"
            " keep_until = '2001-01-01' where id = '{application_of_ada}'"
        ),
        closes_long_ago=(
            "update upheld.applications set stage = 'withdrawn', closed_at = '2001-01-01', keep_until = '2002-01-01'"
            " where id = '{application_of_ada}'"
        ),
        applies_straight_into_a_stage=(
            "insert into upheld.applications (id, organisation_id, job_id, stage)"
            " values (gen_random_uuid(), '{org_of_olga}', '{another_job_of_olga}', 'offer')"
        ),
        applies_to_one_employer_for_the_job_of_another=(
            "insert into upheld.applications (id, organisation_id, job_id)"
            " values (gen_random_uuid(), '{org_of_petra}', '{another_job_of_olga}')"
        ),
        speaks_in_anothers_application=(
            "insert into upheld.application_events (id, application_id, organisation_id, person_id, stage)"
            " values (gen_random_uuid(), '{application_of_ben}', '{org_of_petra}', '{ada}', 'withdrawn')"
        ),
        decides_about_itself=(
            "insert into upheld.application_events (id, application_id, organisation_id, person_id, stage)"
            " values (gen_random_uuid(), '{application_of_ada}', '{org_of_olga}', '{ada}', 'hired')"
        ),
        sends_something_with_anothers_application=(
            "insert into upheld.application_snapshots (application_id, organisation_id, full_name_sealed, email_sealed)"
            " values ('{application_of_ben}', '{org_of_petra}', 'x', 'x')"
        ),
        changes_what_it_sent="update upheld.application_snapshots set letter_sealed = 'x'",
        accepts_fair_use_for_an_organisation_of_others=(
            "insert into upheld.fair_use_acceptances (organisation_id, notice_id)"
            " values ('{org_of_olga}', '{notice_of_fair_use}')"
        ),
        accepts_fair_use_without_an_organisation=(
            "insert into upheld.fair_use_acceptances (notice_id) values ('{notice_of_fair_use}')"
        ),
        agrees_to_a_wording_about_something_else=(
            "insert into upheld.consents (purpose, notice_id, given)"
            " values ('resume-reading', '{notice_of_fair_use}', true)"
        ),
        shares_in_anothers_name=(
            "insert into upheld.disclosures (person_id, organisation_id, sections)"
            " values ('{ben}', '{org_of_olga}', array['contact'])"
        ),
        erases_another=(
            "insert into upheld.erasures (id, person_id, receipt_hash, due_at)"
            " values (gen_random_uuid(), '{ben}', sha256('x'), now())"
        ),
        puts_its_erasure_off_for_years=(
            "insert into upheld.erasures (id, receipt_hash, due_at)"
            " values (gen_random_uuid(), sha256('x'), now() + interval '2 years')"
        ),
        schedules_anothers_erasure="select upheld.queue_erasure('{erasure_of_ben}', 'x')",
        carries_an_erasure_out="select upheld.erase_person('{erasure_of_ben}', current_date)",
        mails_a_stranger=(
            "select upheld.queue_message(gen_random_uuid(), '{ben}', 'accounts/verify-address', 'x', 'x')"
        ),
        mails_at_the_gate=("select upheld.queue_message_at_the_gate(gen_random_uuid(), '{ben}', 'a/b', 'x', 'x')"),
        mails_an_employer_about_an_application_sent_before=(
            "select upheld.queue_arrival(gen_random_uuid(), '{olga}', '{application_of_ada}', 'x', 'x')"
        ),
        mints_a_session="select upheld.mint_session('{ben}', sha256('x'), '1 day', '1 day', 'password')",
        reads_a_credential="select upheld.credential_of('{ben}')",
        opens_work="select upheld.open_job_context('\\x{secret_of_erasure}')",
        records_a_duty="select upheld.record_duty('keys.rotated', '{{}}')",
        records_at_the_gate="select upheld.record_at_the_gate('{ben}', 'session.opened', '{{}}', null)",
        reads_the_queue="select payload from queue.pgqueuer",
        removes_probes="select upheld.remove_probes()",
        rotates_the_sealing_key="select upheld.rotate_context_key()",
    ),
    *all_of(
        "23505",
        founds_an_organisation_over_another="select upheld.found_organisation('{org_of_olga}', 'Mine now', null)",
    ),
    *all_of(
        "23503",
        acts_for_an_organisation_of_others=(
            "update upheld.sessions set organisation_id = '{org_of_olga}' where id = '{session_of_ada}'"
        ),
    ),
]

# `web` in a transaction of Olga, who has accepted fair use for Harbour.
OWNER = [
    *all_of(
        NOTHING,
        sees_applications_to_another_employer="select id from upheld.applications where person_id <> '{ada}'",
        lists_applications_to_another_employer=(
            "select id from upheld.list_applications('{job_of_petra}', null, null, null, 100, 200)"
        ),
        opens_an_application_to_another_employer="select 1 from upheld.open_application('{application_of_ben}')",
        opens_a_contact_at_another_employer="select 1 from upheld.open_contact('{application_of_ben}')",
        opens_a_resume_at_another_employer="select 1 from upheld.open_resume('{application_of_ben}')",
        moves_an_application_to_another_employer=(
            "update upheld.applications set stage = 'offer' where id = '{application_of_ben}' returning id"
        ),
        sees_a_candidates_account="select id from upheld.people where id <> '{olga}'",
        sees_a_candidates_profile="select person_id from upheld.profiles",
        sees_a_candidates_documents="select id from upheld.documents",
        sees_who_else_looked="select id from upheld.access_journal",
        sees_what_a_candidate_agreed_to="select id from upheld.consents where person_id <> '{olga}'",
        sees_what_members_of_another_employer_did=(
            "select e.id from upheld.audit_entries as e, (select upheld.look_at_activity(null)) as looks"
            " where e.organisation_id = '{org_of_petra}'"
        ),
        sees_what_a_candidate_did="select id from upheld.audit_entries where actor_id is distinct from '{olga}'",
        sees_members_of_others="select person_id from upheld.members where person_id <> '{olga}'",
        changes_anothers_job="update upheld.jobs set title = 'Mine now' where id = '{job_of_petra}' returning id",
        renames_another_employer=(
            "update upheld.organisations set name = 'Mine' where id = '{org_of_petra}' returning id"
        ),
        learns_who_reads_applications="select upheld.people_to_tell('{application_of_ada}')",
    ),
    *all_of(
        REFUSED,
        keeps_a_record_for_ever=(
            "update upheld.applications set stage = 'rejected', closed_at = upheld.clock_now(),"
            " keep_until = '9999-12-31' where id = '{application_of_ada}'"
        ),
        drops_a_record_before_its_time=(
            "update upheld.applications set stage = 'rejected', closed_at = upheld.clock_now(),"
            " keep_until = current_date where id = '{application_of_ada}'"
        ),
        dates_a_decision_back=(
            "update upheld.applications set stage = 'rejected', closed_at = '2001-01-01', keep_until = '2002-01-01'"
            " where id = '{application_of_ada}'"
        ),
        withdraws_for_the_candidate=(
            "update upheld.applications set stage = 'withdrawn', closed_at = upheld.clock_now(),"
            " keep_until = (now() + interval '12 months')::date where id = '{application_of_ada}'"
        ),
        gives_an_application_to_another_person="update upheld.applications set person_id = '{ben}'",
        gives_an_application_to_another_employer="update upheld.applications set organisation_id = '{org_of_petra}'",
        reads_a_candidates_ciphertext_past_the_journal="select summary_sealed from upheld.profiles",
        writes_an_event_about_another_person=(
            "insert into upheld.application_events (id, application_id, organisation_id, person_id, stage)"
            " values (gen_random_uuid(), '{application_of_ada}', '{org_of_olga}', '{ben}', 'offer')"
        ),
        writes_an_event_at_another_employer=(
            "insert into upheld.application_events (id, application_id, organisation_id, person_id, stage)"
            " values (gen_random_uuid(), '{application_of_ben}', '{org_of_petra}', '{ben}', 'offer')"
        ),
        withdraws_for_the_candidate_in_the_history=(
            "insert into upheld.application_events (id, application_id, organisation_id, person_id, stage)"
            " values (gen_random_uuid(), '{application_of_ada}', '{org_of_olga}', '{ada}', 'withdrawn')"
        ),
        dates_an_event_back="update upheld.application_events set at = '2001-01-01'",
        hides_a_job_as_a_probes="update upheld.jobs set is_probe = true",
        mails_a_candidate_of_another_employer=(
            "select upheld.queue_message(gen_random_uuid(), '{ben}', 'applications/application-moved', 'x', 'x')"
        ),
        promotes_somebody="update upheld.members set role = 'owner'",
    ),
    *all_of(
        "23503",
        acts_for_another_employer=(
            "update upheld.sessions set organisation_id = '{org_of_petra}' where id = upheld.current_session()"
        ),
    ),
]

# `web` in a transaction of Nora, an owner who has not accepted fair use.
OWNER_WITHOUT_FAIR_USE = all_of(
    NOTHING,
    sees_applications_before_accepting="select id from upheld.applications",
    lists_applications_before_accepting=(
        "select id from upheld.list_applications('{job_of_olga}', null, null, null, 100, 200)"
    ),
    opens_an_application_before_accepting="select 1 from upheld.open_application('{application_of_ada}')",
    hires_before_accepting="select 1 where upheld.hiring_organisation() is not null",
)

# `web` without anybody's session.
STRANGER = [
    *all_of(
        NOTHING,
        sees_a_person="select id from upheld.people",
        sees_an_application="select id from upheld.applications",
        sees_a_profile_of_nobody="select 1 from upheld.own_profile()",
        opens_a_context_with_a_hash="select 1 from upheld.open_context(sha256('x'))",
        sees_a_member="select person_id from upheld.members",
    ),
    *all_of(
        REFUSED,
        records_an_act_of_nobody="select upheld.record_act('keys.rotated', null, null, '{{}}', null)",
        founds_an_organisation_for_nobody="select upheld.found_organisation(gen_random_uuid(), 'Mine', null)",
        agrees_for_nobody=(
            "insert into upheld.consents (purpose, notice_id, given) values ('account', '{notice_of_account}', true)"
        ),
        mails_anyone="select upheld.queue_message(gen_random_uuid(), '{ben}', 'a/b', 'x', 'x')",
    ),
]
