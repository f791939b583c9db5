-- Probe people and organisations: made by `upheld verify`, marked from birth, invisible to
-- everybody else, never mailed, and removed right after the run. Their keeper sees and
-- removes what belongs to them, and nothing else.

create policy probe_people_are_found_by_their_keeper on upheld.people
for select to probe_keeper using (is_probe);
create policy probe_people_are_removed_by_their_keeper on upheld.people
for delete to probe_keeper using (is_probe);
create policy probe_organisations_are_found_by_their_keeper on upheld.organisations
for select to probe_keeper using (is_probe);
create policy probe_organisations_are_removed_by_their_keeper on upheld.organisations
for delete to probe_keeper using (is_probe);
create policy probe_jobs_are_found_by_their_keeper on upheld.jobs
for select to probe_keeper using (is_probe);
create policy probe_jobs_are_removed_by_their_keeper on upheld.jobs
for delete to probe_keeper using (is_probe);
grant select (id, is_probe, created_at), delete on upheld.people, upheld.organisations to probe_keeper;
grant select (is_probe, organisation_id), delete on upheld.jobs to probe_keeper;

-- Who is a probe, as one array each, so that the policies below ask once per statement.
create function upheld.probe_people() returns uuid[]
language sql stable security definer set search_path = ''
return array(select p.id from upheld.people as p where p.is_probe);
create function upheld.probe_organisations() returns uuid[]
language sql stable security definer set search_path = ''
return array(select o.id from upheld.organisations as o where o.is_probe);

do $$
declare
    tab text;
begin
    -- What hangs on a person or an organisation without a foreign key that removes it.
    foreach tab in array array['job_secrets', 'erasures'] loop
        execute format(
            'create policy %s_of_probes_are_found_by_their_keeper on upheld.%I for select to probe_keeper
             using (person_id = any((select upheld.probe_people())::uuid []))', tab, tab);
        execute format(
            'create policy %s_of_probes_are_removed_by_their_keeper on upheld.%I for delete to probe_keeper
             using (person_id = any((select upheld.probe_people())::uuid []))', tab, tab);
        execute format('grant select (person_id), delete on upheld.%I to probe_keeper', tab);
    end loop;
    foreach tab in array array['consents', 'disclosures', 'access_journal'] loop
        execute format(
            'create policy %s_of_probes_are_found_by_their_keeper on upheld.%I for select to probe_keeper using (
                 person_id = any((select upheld.probe_people())::uuid [])
                 or organisation_id = any((select upheld.probe_organisations())::uuid []))', tab, tab);
        execute format(
            'create policy %s_of_probes_are_removed_by_their_keeper on upheld.%I for delete to probe_keeper using (
                 person_id = any((select upheld.probe_people())::uuid [])
                 or organisation_id = any((select upheld.probe_organisations())::uuid []))', tab, tab);
        execute format('grant select (person_id, organisation_id), delete on upheld.%I to probe_keeper', tab);
    end loop;
    -- An application is its employer's record, and outlives a candidate who left: it goes with a
    -- probe employer. Only probes can apply there, since nobody else sees such an employer's jobs.
    foreach tab in array array['applications', 'application_snapshots'] loop
        execute format(
            'create policy %s_to_probes_are_found_by_their_keeper on upheld.%I for select to probe_keeper
             using (organisation_id = any((select upheld.probe_organisations())::uuid []))', tab, tab);
    end loop;
end
$$;
create policy applications_to_probes_are_removed_by_their_keeper on upheld.applications
for delete to probe_keeper using (organisation_id = any((select upheld.probe_organisations())::uuid[]));
create policy documents_of_probes_are_found_by_their_keeper on upheld.documents
for select to probe_keeper using (person_id = any((select upheld.probe_people())::uuid[]));
grant select (person_id, organisation_id), delete on upheld.applications to probe_keeper;
grant select (person_id, organisation_id, resume_object_id) on upheld.application_snapshots to probe_keeper;
grant select (person_id, object_id) on upheld.documents to probe_keeper;
create policy invitations_of_probes_are_found_by_their_keeper on upheld.invitations
for select to probe_keeper using (organisation_id = any((select upheld.probe_organisations())::uuid[]));
grant select (id, organisation_id) on upheld.invitations to probe_keeper;

-- Removes every probe: the run's own, and whatever a run that was killed left behind.
-- Returns what lies outside this database: whose keys (an invitation's are its own) and which files
-- have to go too.
create function upheld.remove_probes()
returns table (people uuid[], organisations uuid[], object_ids uuid[])
language plpgsql volatile security definer set search_path = ''
as $$
begin
    organisations := upheld.probe_organisations();
    people := array(
        select pg_catalog.unnest(upheld.probe_people())
        union
        select a.person_id from upheld.applications as a where a.organisation_id = any(organisations)
        union
        select i.id from upheld.invitations as i where i.organisation_id = any(organisations)
    );
    object_ids := array(
        select d.object_id from upheld.documents as d where d.person_id = any(people)
        union all
        select s.resume_object_id from upheld.application_snapshots as s
        where s.organisation_id = any(organisations) and s.resume_object_id is not null
    );
    delete from upheld.applications where organisation_id = any(organisations);
    delete from upheld.access_journal where person_id = any(people) or organisation_id = any(organisations);
    delete from upheld.disclosures where person_id = any(people) or organisation_id = any(organisations);
    delete from upheld.consents where person_id = any(people) or organisation_id = any(organisations);
    delete from upheld.erasures where person_id = any(people);
    delete from upheld.job_secrets where person_id = any(people);
    delete from upheld.people where is_probe;
    delete from upheld.jobs where is_probe;
    delete from upheld.organisations where is_probe;
    return next;
end
$$;
grant execute on function upheld.remove_probes() to maintenance;
