-- What the platform may no longer keep. Each duty has its own narrow policy: it can
-- remove what its rule names, and nothing else.

create policy applications_are_removed_after_their_time on upheld.applications
for delete to retention_keeper using (keep_until < upheld.clock_now()::date);
create policy applications_are_counted_by_the_retention_keeper on upheld.applications
for select to retention_keeper using (submitted_at is not null);
create policy snapshots_past_their_time_are_found on upheld.application_snapshots
for select to retention_keeper using (
    exists (
        select from upheld.applications as a
        where a.id = application_id and a.keep_until < upheld.clock_now()::date
    )
);
create policy sessions_are_removed_after_their_time on upheld.sessions
for delete to retention_keeper using (expires_at < upheld.clock_now() or revoked_at is not null);
create policy sessions_past_their_time_are_found on upheld.sessions
for select to retention_keeper using (expires_at < upheld.clock_now() or revoked_at is not null);
create policy tokens_are_removed_after_their_time on upheld.access_tokens
for delete to retention_keeper using (
    expires_at < upheld.clock_now() - interval '30 days' or revoked_at < upheld.clock_now() - interval '30 days'
);
create policy tokens_past_their_time_are_found on upheld.access_tokens
for select to retention_keeper using (
    expires_at < upheld.clock_now() - interval '30 days' or revoked_at < upheld.clock_now() - interval '30 days'
);
create policy links_are_removed_after_their_time on upheld.email_verifications
for delete to retention_keeper using (expires_at < upheld.clock_now());
create policy links_are_known_to_the_retention_keeper on upheld.email_verifications
for select to retention_keeper using (expires_at is not null);
create policy account_links_are_removed_after_their_time on upheld.account_links
for delete to retention_keeper using (expires_at < upheld.clock_now());
create policy account_links_past_their_time_are_found on upheld.account_links
for select to retention_keeper using (expires_at < upheld.clock_now());
create policy invitations_are_removed_after_their_time on upheld.operator_invitations
for delete to retention_keeper using (expires_at < upheld.clock_now());
create policy invitations_past_their_time_are_found on upheld.operator_invitations
for select to retention_keeper using (expires_at < upheld.clock_now());
create policy departures_are_removed_after_their_time on upheld.departures
for delete to retention_keeper using (expires_at < upheld.clock_now());
create policy departures_past_their_time_are_found on upheld.departures
for select to retention_keeper using (expires_at < upheld.clock_now());
create policy job_secrets_are_removed_after_their_time on upheld.job_secrets
for delete to retention_keeper using (expires_at < upheld.clock_now());
create policy job_secrets_past_their_time_are_found on upheld.job_secrets
for select to retention_keeper using (expires_at < upheld.clock_now());
create policy mails_that_nobody_took_are_removed on upheld.messages
for delete to retention_keeper using (created_at < upheld.clock_now() - interval '7 days');
create policy mails_that_nobody_took_are_found on upheld.messages
for select to retention_keeper using (created_at < upheld.clock_now() - interval '7 days');
create policy half_open_sign_ins_are_removed_after_their_time on upheld.half_open_sign_ins
for delete to retention_keeper using (expires_at < upheld.clock_now());
create policy half_open_sign_ins_past_their_time_are_found on upheld.half_open_sign_ins
for select to retention_keeper using (expires_at < upheld.clock_now());
create policy challenges_are_removed_after_their_time on upheld.passkey_challenges
for delete to retention_keeper using (expires_at < upheld.clock_now());
create policy challenges_past_their_time_are_found on upheld.passkey_challenges
for select to retention_keeper using (expires_at < upheld.clock_now());
grant select (created_at), delete on upheld.messages to retention_keeper;
grant select (expires_at), delete on upheld.half_open_sign_ins, upheld.passkey_challenges to retention_keeper;
grant select, delete on upheld.applications to retention_keeper;
grant select (application_id, resume_object_id) on upheld.application_snapshots to retention_keeper;
grant select (id, expires_at, revoked_at), delete on upheld.sessions to retention_keeper;
grant select (expires_at, revoked_at), delete on upheld.access_tokens to retention_keeper;
grant select (expires_at), delete on upheld.email_verifications to retention_keeper;
grant select (expires_at), delete on upheld.account_links to retention_keeper;
grant select (expires_at), delete on upheld.job_secrets to retention_keeper;
grant select (expires_at), delete on upheld.departures to retention_keeper;
grant select (expires_at), delete on upheld.operator_invitations to retention_keeper;

-- What was agreed with an employer goes with the last application record, what was agreed
-- with us with the account; the journal about a person who has left goes with the record it
-- is about.
create policy consents_go_with_the_last_record_or_with_the_account on upheld.consents
for delete to retention_keeper using (
    case
        when organisation_id is null
            then not exists (select from upheld.people as p where p.id = consents.person_id)
        else not exists (
            select from upheld.applications as a
            where a.person_id = consents.person_id and a.organisation_id = consents.organisation_id
        )
    end
);
create policy consents_to_employers_and_of_nobody_are_found on upheld.consents
for select to retention_keeper using (
    organisation_id is not null or not exists (select from upheld.people as p where p.id = consents.person_id)
);
create policy people_who_are_still_here_are_known on upheld.people
for select to retention_keeper using (id is not null);
create policy the_journal_of_those_who_left_goes_with_the_record on upheld.access_journal
for delete to retention_keeper using (
    not exists (select from upheld.people as p where p.id = access_journal.person_id)
    and not exists (select from upheld.applications as a where a.id = access_journal.application_id)
);
create policy the_journal_of_those_who_left_is_found on upheld.access_journal
for select to retention_keeper using (
    not exists (select from upheld.people as p where p.id = access_journal.person_id)
);
grant select (id) on upheld.people to retention_keeper;
grant select (person_id, organisation_id), delete on upheld.consents to retention_keeper;
grant select (person_id, application_id), delete on upheld.access_journal to retention_keeper;

-- Removes up to a hundred application records whose time is over. For each, whether it
-- was the last of this person with this employer, so that the key can go too.
create function upheld.remove_old_applications()
returns table (person_id uuid, organisation_id uuid, resume_object_id uuid, was_last boolean)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    due record;
begin
    for due in
        select a.id, a.person_id, a.organisation_id, s.resume_object_id
        from upheld.applications as a
        left join upheld.application_snapshots as s on s.application_id = a.id
        where a.keep_until < upheld.clock_now()::date
        order by a.keep_until limit 100
    loop
        delete from upheld.applications as a where a.id = due.id;
        person_id := due.person_id;
        organisation_id := due.organisation_id;
        resume_object_id := due.resume_object_id;
        was_last := not exists (
            select from upheld.applications as a
            where a.person_id = due.person_id and a.organisation_id = due.organisation_id
        );
        delete from upheld.consents as c
        where c.person_id = due.person_id and c.organisation_id = due.organisation_id;
        delete from upheld.access_journal as j where j.application_id = due.id;
        return next;
    end loop;
end
$$;

-- Removes sessions, tokens, sign-ins, links, job secrets and mails whose time is over; how many, by table. The
-- statement names no condition: the policies above are the condition.
create function upheld.remove_expired() returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
    tab text;
    gone bigint;
    counts jsonb := '{}';
begin
    foreach tab in array array[
        'sessions', 'access_tokens', 'email_verifications', 'account_links', 'operator_invitations', 'job_secrets',
        'messages', 'departures', 'passkey_challenges', 'half_open_sign_ins', 'ownership_offers'
    ] loop
        execute format('delete from upheld.%I', tab);
        get diagnostics gone = row_count;
        counts := counts || pg_catalog.jsonb_build_object(tab, gone);
    end loop;
    return counts;
end
$$;

-- Invitations that came to nothing are removed a week later: whoever made them has seen what became of
-- them. Their ids, so that their keys go too; the policies are the condition.
create policy invitations_that_came_to_nothing_are_removed on upheld.invitations
for delete to retention_keeper using (
    (state = 'pending' and expires_at < upheld.clock_now() - interval '7 days')
    or (state = 'declined' and answered_at < upheld.clock_now() - interval '7 days')
);
create policy offers_that_nobody_took_are_removed on upheld.ownership_offers
for delete to retention_keeper using (expires_at < upheld.clock_now());
create policy offers_that_nobody_took_are_found on upheld.ownership_offers
for select to retention_keeper using (expires_at < upheld.clock_now());
grant select (organisation_id, state, expires_at, answered_at), delete on upheld.invitations to retention_keeper;
grant select (expires_at), delete on upheld.ownership_offers to retention_keeper;
create function upheld.remove_ended_invitations() returns table (id uuid, organisation_id uuid)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    return query delete from upheld.invitations as i returning i.id, i.organisation_id;
end
$$;

-- Whoever registered and never showed that the address is theirs is nobody's account: it goes a
-- week later, with what was agreed to, unless a link that was asked for since still works.
create policy accounts_that_nobody_proved_are_removed on upheld.people
for delete to retention_keeper using (
    verified_at is null and created_at < upheld.clock_now() - interval '7 days'
    and not exists (select from upheld.email_verifications as v where v.person_id = people.id)
);
grant select (verified_at, created_at), delete on upheld.people to retention_keeper;
grant select (person_id) on upheld.email_verifications to retention_keeper;

-- Removes accounts that nobody proved to be theirs; whose they were said to be, so that the keys
-- can go too. As above, the policies are the condition.
create function upheld.remove_unproven() returns setof uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    gone uuid[];
begin
    with removed as (delete from upheld.people returning id)
    select pg_catalog.array_agg(id) into gone from removed;
    delete from upheld.consents as c where c.organisation_id is null and c.person_id = any(gone);
    return query select pg_catalog.unnest(gone);
end
$$;

-- Which of the given files a row names; the others were left behind by a process that was
-- killed between writing the file and committing the row.
create policy files_of_documents_are_known on upheld.documents
for select to retention_keeper using (object_id is not null);
create policy files_of_applications_are_known on upheld.application_snapshots
for select to retention_keeper using (resume_object_id is not null);
grant select (object_id) on upheld.documents to retention_keeper;
create function upheld.known_objects(wanted uuid[]) returns setof uuid
language sql stable security definer set search_path = ''
begin atomic
    select d.object_id from upheld.documents as d where d.object_id = any(wanted)
    union all
    select s.resume_object_id from upheld.application_snapshots as s where s.resume_object_id = any(wanted);
end;

grant execute on function
upheld.remove_old_applications(), upheld.remove_expired(), upheld.remove_unproven(), upheld.known_objects(uuid[]),
upheld.remove_ended_invitations()
to maintenance;
