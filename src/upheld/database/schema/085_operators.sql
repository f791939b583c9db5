-- Operators: who looks after this deployment. The first is made through a one-time link
-- that `upheld init` prints. Being one opens no row of anybody.
create table upheld.operators (
    person_id uuid primary key references upheld.people (id) on delete cascade,
    since timestamptz not null default upheld.clock_now()
);
alter table upheld.operators enable row level security;
alter table upheld.operators force row level security;
create policy operators_know_that_they_are on upheld.operators
for select to web using (person_id = (select upheld.current_person()));
create policy operators_are_made_by_the_credential_keeper on upheld.operators
for insert to credential_keeper with check (person_id is not null);
grant select on upheld.operators to web;
grant insert (person_id) on upheld.operators to credential_keeper;
comment on table upheld.operators is 'Who looks after this deployment.';
call upheld.classify('upheld.operators', '{person_id,since}', 'technical', 'person', '{operation}', 'contract', 'account', true, 'row');

-- A one-time link that makes its opener an operator; only its hash is kept.
create table upheld.operator_invitations (
    token_hash bytea primary key check (length(token_hash) = 32),
    expires_at timestamptz not null
);
alter table upheld.operator_invitations enable row level security;
alter table upheld.operator_invitations force row level security;
alter table upheld.operator_invitations alter column token_hash set statistics 0;
create policy invitations_are_made_by_maintenance on upheld.operator_invitations
for insert to maintenance with check (expires_at > upheld.clock_now());
create policy invitations_are_found_by_the_credential_keeper on upheld.operator_invitations
for select to credential_keeper using (expires_at > upheld.clock_now());
create policy invitations_are_used_up_by_the_credential_keeper on upheld.operator_invitations
for delete to credential_keeper using (expires_at > upheld.clock_now());
grant insert on upheld.operator_invitations to maintenance;
grant select, delete on upheld.operator_invitations to credential_keeper;
comment on table upheld.operator_invitations is 'Pending one-time links for operators.';
call upheld.classify('upheld.operator_invitations', '{token_hash,expires_at}', 'technical', 'nobody', '{operation}', 'contract', 'link', false, 'row');

-- Uses up an invitation and makes a person, registered a moment ago through it, an
-- operator with a proven address: the link came from the machine itself.
create function upheld.appoint_operator(invitation_hash bytea, whose uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from upheld.operator_invitations where token_hash = invitation_hash;
    if not found then
        return false;
    end if;
    update upheld.people set verified_at = upheld.clock_now() where id = whose and verified_at is null;
    insert into upheld.operators (person_id) values (whose);
    return true;
end
$$;
grant execute on function upheld.appoint_operator(bytea, uuid) to gate;
