-- The last word of every change of the schema: functions change hands to the family that
-- lends its rights, and from here on nobody but the owner can create anything.

alter function sealed.padded(bytea, integer) owner to context_keeper;
alter function sealed.make_context_key() owner to context_keeper;
alter function sealed.seal_of(bytea, bytea, text, text) owner to context_keeper;
alter function sealed.write_context(text, text) owner to context_keeper;
alter function sealed.refuse_context(text[]) owner to context_keeper;
alter function upheld.asking() owner to context_keeper;
alter function upheld.current_work() owner to context_keeper;
alter function upheld.current_person() owner to context_keeper;
alter function upheld.current_organisation() owner to context_keeper;
alter function upheld.current_standing() owner to context_keeper;
alter function upheld.closed_organisation() owner to context_keeper;
alter function upheld.current_session() owner to context_keeper;
alter function upheld.hiring_organisation() owner to context_keeper;
alter function upheld.session_is_fresh(uuid) owner to context_keeper;
alter function upheld.freshly_proven() owner to context_keeper;
alter function upheld.demand_fresh_proof() owner to context_keeper;
alter function upheld.deciding_organisation() owner to context_keeper;
alter function upheld.permissions_of(text) owner to context_keeper;
alter function upheld.current_permissions() owner to context_keeper;
alter function upheld.may(text) owner to context_keeper;
alter function upheld.seats_of(uuid) owner to context_keeper;
alter function upheld.open_context(bytea) owner to context_keeper;
alter function upheld.open_job_context(bytea) owner to context_keeper;
alter function upheld.rotate_context_key() owner to context_keeper;
alter function upheld.open_token_context(bytea, text) owner to context_keeper;
alter function upheld.is_held_back(uuid, uuid) owner to context_keeper;
alter function upheld.showed_factor() owner to context_keeper;

alter function upheld.audit_content(timestamptz, uuid, uuid, text, text, uuid, jsonb, bytea) owner to audit_writer;
alter function upheld.append_entry(uuid, uuid, text, text, uuid, jsonb, bytea) owner to audit_writer;
alter function upheld.record_act(text, text, uuid, jsonb, bytea) owner to audit_writer;
alter function upheld.record_at_the_gate(uuid, text, jsonb, bytea) owner to audit_writer;
alter function upheld.record_duty(text, jsonb) owner to audit_writer;
alter function upheld.has_looked_at_activity() owner to audit_writer;
alter function upheld.look_at_activity(bytea) owner to audit_writer;

alter function upheld.wait_after(timestamptz[], integer[], interval[], timestamptz) owner to limit_keeper;
alter function upheld.look_at_limit(bytea, bytea[], integer[], interval[]) owner to limit_keeper;
alter function upheld.take_from_limit(bytea, bytea[], integer[], interval[]) owner to limit_keeper;
alter function upheld.drop_spent_counters() owner to limit_keeper;

alter function upheld.register_person(uuid, bytea, bytea, text, bytea, interval, jsonb, bytea, boolean, text) owner to credential_keeper;
alter function upheld.register_again(bytea, text, bytea, interval) owner to credential_keeper;
alter function upheld.verify_email(bytea) owner to credential_keeper;
alter function upheld.renew_link(bytea, bytea, interval) owner to credential_keeper;
alter function upheld.find_credential(bytea) owner to credential_keeper;
alter function upheld.credential_of(uuid) owner to credential_keeper;
alter function upheld.replace_credential(uuid, text) owner to credential_keeper;
alter function upheld.mint_session(uuid, bytea, interval, interval, text) owner to credential_keeper;
alter function upheld.freshen_session(uuid, uuid, bytea) owner to credential_keeper;
alter function upheld.date_secret() owner to credential_keeper;
alter function upheld.renew_session(bytea, bytea) owner to credential_keeper;
alter function upheld.count_change() owner to credential_keeper;
alter function upheld.count_change_of_members() owner to credential_keeper;
alter function upheld.has_factor(uuid) owner to credential_keeper;
alter function upheld.begin_sign_in(uuid, bytea, interval, text) owner to credential_keeper;
alter function upheld.half_open_sign_in(bytea) owner to credential_keeper;
alter function upheld.finish_sign_in(bytea) owner to credential_keeper;
alter function upheld.check_fresh_proof(uuid, uuid) owner to credential_keeper;
alter function upheld.begin_app(uuid, uuid, bytea) owner to credential_keeper;
alter function upheld.app_of(uuid) owner to credential_keeper;
alter function upheld.confirm_app(uuid, uuid, bigint) owner to credential_keeper;
alter function upheld.take_step(uuid, bigint) owner to credential_keeper;
alter function upheld.use_recovery_code(uuid, bytea) owner to credential_keeper;
alter function upheld.replace_recovery_codes(uuid, uuid, bytea[]) owner to credential_keeper;
alter function upheld.settle_without_factor(uuid) owner to credential_keeper;
alter function upheld.remove_app(uuid, uuid) owner to credential_keeper;
alter function upheld.set_challenge(bytea, text, uuid, bytea) owner to credential_keeper;
alter function upheld.spend_challenge(bytea, text, uuid, bytea) owner to credential_keeper;
alter function upheld.add_passkey(uuid, uuid, uuid, bytea, bytea, bigint, bytea) owner to credential_keeper;
alter function upheld.find_passkey(bytea) owner to credential_keeper;
alter function upheld.passkeys_of(uuid) owner to credential_keeper;
alter function upheld.use_passkey(uuid, bigint) owner to credential_keeper;
alter function upheld.remove_passkey(uuid, uuid, uuid) owner to credential_keeper;
alter function upheld.has_recovery_codes(uuid) owner to credential_keeper;
alter function upheld.strengthen_session(uuid, uuid, bytea) owner to credential_keeper;
alter function upheld.end_sessions_but(uuid, uuid) owner to credential_keeper;
alter function upheld.settle_session(uuid, bytea) owner to credential_keeper;
alter function upheld.own_words(uuid) owner to credential_keeper;
alter function upheld.change_password(uuid, text, boolean) owner to credential_keeper;
alter function upheld.person_at(bytea, boolean) owner to credential_keeper;
alter function upheld.ask_reset(uuid, bytea, interval) owner to credential_keeper;
alter function upheld.account_link(bytea, text) owner to credential_keeper;
alter function upheld.spend_link(bytea, text) owner to credential_keeper;
alter function upheld.use_reset(bytea, text) owner to credential_keeper;
alter function upheld.ask_new_address(uuid, bytea, bytea, interval) owner to credential_keeper;
alter function upheld.make_room_at(bytea[]) owner to credential_keeper;
alter function upheld.take_new_address(bytea, bytea, bytea, interval) owner to credential_keeper;
alter function upheld.take_address_back(bytea, bytea, text) owner to credential_keeper;
alter function upheld.end_sessions_of(uuid, bytea[]) owner to credential_keeper;
alter function upheld.verification_of(bytea) owner to credential_keeper;
alter function upheld.appoint_operator(bytea, uuid) owner to credential_keeper;
alter function upheld.add_access_token(uuid, bytea, bytea, text[], interval) owner to credential_keeper;
alter function upheld.end_what_opens(uuid) owner to credential_keeper;
alter function upheld.note_departure(bytea, bytea, text, text) owner to credential_keeper;
alter function upheld.use_departure(bytea, bytea, text) owner to credential_keeper;
alter function upheld.use_identity(bytea) owner to credential_keeper;
alter function upheld.has_a_way_in(uuid) owner to credential_keeper;
alter function upheld.link_identity(uuid, uuid, text, bytea[], bytea) owner to credential_keeper;
alter function upheld.unlink_identity(uuid, uuid) owner to credential_keeper;
alter function upheld.verify_with_identity(bytea, uuid, uuid, text, bytea[], bytea) owner to credential_keeper;
alter function upheld.keep_a_way_in() owner to credential_keeper;

alter function upheld.found_organisation(uuid, text, text) owner to membership_keeper;
alter function upheld.permissions_in(uuid, text, uuid) owner to membership_keeper;
alter function upheld.reaches(text, uuid) owner to membership_keeper;
alter function upheld.keep_an_owner() owner to membership_keeper;
alter function upheld.colleagues() owner to membership_keeper;
alter function upheld.change_role(uuid, text, uuid) owner to membership_keeper;
alter function upheld.is_last_owner(uuid, uuid) owner to membership_keeper;
alter function upheld.end_membership(uuid) owner to membership_keeper;
alter function upheld.offer_ownership(uuid, boolean, interval) owner to membership_keeper;
alter function upheld.accept_ownership() owner to membership_keeper;
alter function upheld.end_offer(uuid) owner to membership_keeper;
alter function upheld.invite(uuid, bytea[], bytea, bytea, bytea, text, uuid, text, interval) owner to membership_keeper;
alter function upheld.open_invitations() owner to membership_keeper;
alter function upheld.renew_invitation(uuid, bytea, bytea, interval) owner to membership_keeper;
alter function upheld.revoke_invitation(uuid) owner to membership_keeper;
alter function upheld.still_stands(upheld.invitations) owner to membership_keeper;
alter function upheld.invitation_by_token(bytea) owner to membership_keeper;
alter function upheld.accept_invitation(bytea) owner to membership_keeper;
alter function upheld.decline_invitation(bytea, bytea) owner to membership_keeper;
alter function upheld.require_factor(interval) owner to membership_keeper;
alter function upheld.lift_factor_rule() owner to membership_keeper;
alter function upheld.factors_of_colleagues() owner to membership_keeper;

alter function upheld.count_applications() owner to count_keeper;

alter function upheld.jobs_applied_to() owner to record_reader;
alter function upheld.list_applications(uuid, text[], timestamptz, uuid, integer, integer) owner to record_reader;
alter function upheld.note_view(uuid, text) owner to record_reader;
alter function upheld.open_application(uuid) owner to record_reader;
alter function upheld.open_contact(uuid) owner to record_reader;
alter function upheld.open_resume(uuid) owner to record_reader;
alter function upheld.own_profile() owner to record_reader;
alter function upheld.own_documents() owner to record_reader;
alter function upheld.own_snapshots() owner to record_reader;

alter function queue.fn_pgqueuer_changed() owner to queue_writer;
alter function upheld.enqueue(text, uuid, uuid, bytea, timestamptz, interval) owner to queue_writer;
alter function upheld.queue_message_at_the_gate(uuid, uuid, text, bytea, bytea) owner to queue_writer;
alter function upheld.queue_message(uuid, uuid, text, bytea, bytea) owner to queue_writer;
alter function upheld.people_to_tell(uuid) owner to queue_writer;
alter function upheld.queue_arrival(uuid, uuid, uuid, bytea, bytea) owner to queue_writer;
alter function upheld.queue_erasure(uuid, bytea) owner to queue_writer;
alter function upheld.queue_invitation(uuid, bytea) owner to queue_writer;
alter function upheld.queue_factor_rule(uuid, uuid, bytea, bytea) owner to queue_writer;
alter function upheld.take_factor_reminder() owner to queue_writer;
alter function upheld.queue_factor_reminder(uuid, uuid, bytea, bytea) owner to queue_writer;
alter function upheld.operators_to_tell() owner to queue_writer;

alter function upheld.plan_erasure(uuid) owner to eraser;
alter function upheld.erase_person(uuid, date) owner to eraser;
alter function upheld.certify_erasure(uuid, jsonb) owner to eraser;
alter function upheld.erasure_by_receipt(bytea) owner to eraser;
alter function upheld.erasures_under_way() owner to eraser;
alter function upheld.count_overdue_erasures() owner to eraser;
alter function upheld.take_up_erasure(uuid, bytea, timestamptz, bytea) owner to eraser;
alter function upheld.left_without_owner() owner to membership_keeper;
alter function upheld.which_exist(uuid[]) owner to credential_keeper;
alter function upheld.allow_erasure_again(uuid, bytea) owner to queue_writer;

alter function upheld.probe_people() owner to probe_keeper;
alter function upheld.probe_organisations() owner to probe_keeper;
alter function upheld.remove_probes() owner to probe_keeper;

alter function upheld.remove_old_applications() owner to retention_keeper;
alter function upheld.remove_expired() owner to retention_keeper;
alter function upheld.remove_ended_invitations() owner to retention_keeper;
alter function upheld.remove_unproven() owner to retention_keeper;
alter function upheld.known_objects(uuid[]) owner to retention_keeper;
alter function upheld.older_email_indexes(integer) owner to retention_keeper;
alter function upheld.raise_email_indexes(uuid[], bytea[], bytea[]) owner to retention_keeper;
alter function upheld.older_identity_indexes(integer) owner to retention_keeper;
alter function upheld.raise_identity_indexes(uuid[], bytea[], bytea[]) owner to retention_keeper;

do $$
declare
    name text;
begin
    foreach name in array array[
        'context_keeper', 'credential_keeper', 'record_reader', 'audit_writer', 'limit_keeper',
        'queue_writer', 'eraser', 'retention_keeper', 'probe_keeper', 'count_keeper', 'membership_keeper'
    ] loop
        execute format('revoke create on schema upheld, sealed, queue from %I', name);
    end loop;
end
$$;

-- Nothing is sampled that says whose a row is: whoever may ask for a plan could otherwise read
-- off the estimate how often somebody occurs in rows that they cannot see. The planner is told
-- what it would have found: about ten rows of each person.
do $$
declare
    tab record;
begin
    for tab in
        select n.nspname, c.relname, a.attname
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_class as c on a.attrelid = c.oid
        inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
        where
            n.nspname = 'upheld' and c.relkind = 'r' and not a.attisdropped
            and a.attname in (
                'person_id', 'viewer_id', 'actor_id', 'target_id', 'invited_by', 'accepted_by', 'offered_by'
            )
    loop
        execute format('alter table %I.%I alter column %I set statistics 0', tab.nspname, tab.relname, tab.attname);
        perform pg_catalog.pg_restore_attribute_stats(
            'schemaname', tab.nspname::text, 'relname', tab.relname::text, 'attname', tab.attname::text,
            'inherited', false, 'null_frac', 0::real, 'avg_width', 16, 'n_distinct', (-0.1)::real);
    end loop;
end
$$;

-- Under a token's context nothing is written, by whichever role or function: but for the trace
-- that looking leaves, and for what counts against a limit.
do $$
declare
    tab text;
begin
    for tab in
        select c.relname
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
        where
            n.nspname = 'upheld' and c.relkind = 'r'
            and c.relname not in ('audit_entries', 'access_journal', 'limit_counters')
    loop
        execute format(
            'create trigger tokens_change_nothing before insert or update or delete or truncate on upheld.%I
             for each statement when (split_part(current_setting(''upheld.context'', true), ''|'', 2) = ''token'')
             execute function upheld.refuse_tokens()', tab);
    end loop;
end
$$;
