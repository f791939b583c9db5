-- Members and their roles. One rule runs through it: nobody gives a permission, or touches somebody
-- who has it, that they do not have themselves; and owners answer to owners alone.

-- A role that an organisation makes for itself. Who makes one gives no more than they have.
alter table upheld.roles alter column organisation_id set default upheld.current_organisation();
create policy roles_are_seen_by_their_members on upheld.roles
for select to web using (
    organisation_id = (select upheld.current_organisation()) and (select upheld.current_standing()) is not null
);
create policy roles_are_made_by_members_who_may_grant_them on upheld.roles
for insert to web with check (
    organisation_id = (select upheld.current_organisation()) and (select upheld.may('role:grant'))
    and (select upheld.freshly_proven())
    and permissions <@ (select upheld.current_permissions())
);
create policy roles_are_changed_by_members_who_may_grant_them on upheld.roles
for update to web using (
    organisation_id = (select upheld.current_organisation()) and (select upheld.may('role:grant'))
    and (select upheld.freshly_proven())
    and permissions <@ (select upheld.current_permissions())
) with check (
    organisation_id = (select upheld.current_organisation()) and permissions <@ (select upheld.current_permissions())
);
create policy roles_are_removed_by_members_who_may_grant_them on upheld.roles
for delete to web using (
    organisation_id = (select upheld.current_organisation()) and (select upheld.may('role:grant'))
    and (select upheld.freshly_proven())
    and permissions <@ (select upheld.current_permissions())
);
grant select, insert (id, name, permissions), update (name, permissions), delete on upheld.roles to web;

-- An offer of ownership: whoever is to own an organisation agrees first. It ends with the membership
-- of either side, or after a week.
create table upheld.ownership_offers (
    organisation_id uuid not null references upheld.organisations (id) on delete cascade,
    person_id uuid not null,
    offered_by uuid not null,
    steps_down boolean not null,
    offered_at timestamptz not null default upheld.clock_now(),
    expires_at timestamptz not null,
    primary key (organisation_id, person_id),
    foreign key (organisation_id, person_id) references upheld.members (organisation_id, person_id) on delete cascade,
    foreign key (organisation_id, offered_by) references upheld.members (organisation_id, person_id) on delete cascade,
    check (person_id <> offered_by)
);
create index ownership_offers_offered_by_idx on upheld.ownership_offers (organisation_id, offered_by);
create index ownership_offers_person_id_idx on upheld.ownership_offers (person_id);
alter table upheld.ownership_offers enable row level security;
alter table upheld.ownership_offers force row level security;
create policy offers_are_seen_by_both_sides on upheld.ownership_offers
for select to web using (
    (select upheld.current_person()) = person_id or (select upheld.current_person()) = offered_by
    or (organisation_id = (select upheld.current_organisation()) and (select upheld.current_standing()) = 'owner')
);
create policy offers_are_found_by_the_membership_keeper on upheld.ownership_offers
for select to membership_keeper using (organisation_id = (select upheld.current_organisation()));
create policy offers_are_made_by_owners on upheld.ownership_offers
for insert to membership_keeper with check (
    organisation_id = (select upheld.current_organisation()) and offered_by = (select upheld.current_person())
    and (select upheld.current_standing()) = 'owner'
);
create policy offers_are_ended_in_their_organisation on upheld.ownership_offers
for delete to membership_keeper using (organisation_id = (select upheld.current_organisation()));
grant select on upheld.ownership_offers to web;
grant select, insert (organisation_id, person_id, offered_by, steps_down, expires_at), delete
on upheld.ownership_offers to membership_keeper;
comment on table upheld.ownership_offers is 'Who was asked to own an organisation, and has not answered yet.';
call upheld.classify('upheld.ownership_offers', '{organisation_id,person_id,offered_by,steps_down,offered_at,expires_at}', 'organisation', 'member', '{hiring}', 'contract', 'invitation', true, 'row');

create policy memberships_are_looked_up_by_the_membership_keeper on upheld.members
for select to membership_keeper using (role in ('owner', 'manager', 'interviewer', 'custom'));
-- Whatever a function of its does: it adds nobody but whoever is asking.
create policy only_who_is_asking_becomes_a_member on upheld.members
for insert to membership_keeper with check (person_id = (select upheld.current_person()));
create policy roles_of_members_change_in_their_organisation on upheld.members
for update to membership_keeper using (organisation_id = (select upheld.current_organisation()))
with check (organisation_id = (select upheld.current_organisation()));
create policy members_go_from_their_organisation on upheld.members
for delete to membership_keeper using (organisation_id = (select upheld.current_organisation()));
create policy a_member_who_is_kept_out_goes_alone on upheld.members
for delete to membership_keeper using (
    organisation_id = (select upheld.closed_organisation()) and person_id = (select upheld.current_person())
);
create policy roles_are_looked_up_by_the_membership_keeper on upheld.roles
for select to membership_keeper using (length(name) > 0);
grant select, insert (organisation_id, person_id, role, custom_role_id, is_founder, invitation_id),
update (role, custom_role_id), delete on upheld.members to membership_keeper;
grant select on upheld.roles to membership_keeper;
grant execute on function
upheld.permissions_of(text), upheld.current_permissions(), upheld.may(text), upheld.asking(),
upheld.current_person(), upheld.current_organisation(), upheld.closed_organisation(), upheld.current_standing(),
upheld.current_session(), upheld.demand_fresh_proof()
to membership_keeper;

-- What a role of an organisation may do; null for one that it does not have.
create function upheld.permissions_in(organisation uuid, role text, custom_role uuid) returns text[]
language sql stable security definer set search_path = ''
return coalesce(
    (
        select r.permissions from upheld.roles as r
        where r.organisation_id = permissions_in.organisation and r.id = permissions_in.custom_role
    ), upheld.permissions_of(permissions_in.role)
);

-- Whether the person asking, in the organisation they act for, reaches a role: may give it, or touch
-- somebody who has it.
create function upheld.reaches(role text, custom_role uuid) returns boolean
language sql stable security definer set search_path = ''
return coalesce(
    upheld.permissions_in(upheld.current_organisation(), reaches.role, reaches.custom_role)
    <@ upheld.current_permissions()
    and (reaches.role <> 'owner' or upheld.current_standing() = 'owner'), false
);

-- An organisation keeps an owner, whoever asks and whatever happens at the same time: two owners who
-- leave at once wait for each other here. Only who erases their account goes whatever; what becomes
-- of the organisation then is said in `150_erasure.sql`.
create function upheld.keep_an_owner() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform pg_catalog.pg_advisory_xact_lock(4207852, pg_catalog.hashtext(old.organisation_id::text));
    if
        not exists (
            select from upheld.members as m
            where m.organisation_id = old.organisation_id and m.role = 'owner'
        )
        and exists (select from upheld.people as p where p.id = old.person_id)
        and upheld.current_standing() is distinct from 'duty:erasure'
    then
        raise exception 'An organisation keeps an owner.' using errcode = '23514', constraint = 'keeps_an_owner';
    end if;
    return null;
end
$$;
create trigger an_organisation_keeps_an_owner after delete on upheld.members
for each row when (old.role = 'owner') execute function upheld.keep_an_owner();
create trigger an_organisation_keeps_an_owner_who_stays_one after update on upheld.members
for each row when (old.role = 'owner' and new.role <> 'owner') execute function upheld.keep_an_owner();

-- The members of the organisation acted for, longest there first, with the address each is known by
-- to the others. Every member may see who else is one.
create function upheld.colleagues() returns table (
    person_id uuid, email_sealed bytea, role text, custom_role_id uuid, role_name text, permissions text[],
    joined_at timestamptz, invited_by uuid
)
language sql stable security definer set search_path = ''
begin atomic
    select
        m.person_id, p.email_sealed, m.role, m.custom_role_id, r.name as role_name,
        coalesce(r.permissions, upheld.permissions_of(m.role)) as permissions, m.joined_at, i.invited_by
    from upheld.members as m
    inner join upheld.people as p on m.person_id = p.id
    left join upheld.roles as r on m.organisation_id = r.organisation_id and m.custom_role_id = r.id
    left join upheld.invitations as i on m.invitation_id = i.id
    where
        m.organisation_id = (select upheld.current_organisation())
        and (select upheld.current_standing()) is not null
    order by m.joined_at, m.person_id;
end;

-- Gives a member of the organisation acted for another role. Ownership is not given but offered.
-- Says what came of it: 'changed', 'unknown' (no such member or role), 'beyond' (more than the person
-- asking may touch) or 'last owner'.
create function upheld.change_role(whose uuid, new_role text, new_custom_role uuid) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
    org uuid := upheld.current_organisation();
    member upheld.members;
begin
    if not upheld.may('role:grant') then
        raise exception 'Changing roles takes the permission to.' using errcode = '42501';
    end if;
    perform upheld.demand_fresh_proof();
    perform pg_catalog.pg_advisory_xact_lock(4207852, pg_catalog.hashtext(org::text));
    select m.* into member from upheld.members as m where m.organisation_id = org and m.person_id = whose for update;
    if member.person_id is null or upheld.permissions_in(org, new_role, new_custom_role) is null then
        return 'unknown';
    end if;
    if
        new_role = 'owner' or not upheld.reaches(member.role, member.custom_role_id)
        or not upheld.reaches(new_role, new_custom_role)
    then
        return 'beyond';
    end if;
    if member.role = 'owner' and upheld.is_last_owner(org, whose) then
        return 'last owner';
    end if;
    update upheld.members set role = new_role, custom_role_id = new_custom_role
    where organisation_id = org and person_id = whose;
    return 'changed';
end
$$;

-- Whether a member is the only owner of an organisation. Asked while it is locked.
create function upheld.is_last_owner(organisation uuid, whose uuid) returns boolean
language sql stable security definer set search_path = ''
return (
    select pg_catalog.array_agg(m.person_id) from upheld.members as m
    where m.organisation_id = is_last_owner.organisation and m.role = 'owner'
) = array[is_last_owner.whose];

-- Ends a membership of the organisation acted for: one's own, which everybody may, or another's,
-- which takes the permission to. With it goes the record that it was accepted. Whom it keeps out until
-- they have a factor may go as well: it is all they may do there. Says what came of it: 'gone',
-- 'unknown', 'beyond' or 'last owner'.
create function upheld.end_membership(whose uuid) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
    is_own boolean := whose is not distinct from upheld.current_person();
    org uuid := coalesce(upheld.current_organisation(), case when is_own then upheld.closed_organisation() end);
    member upheld.members;
begin
    if not is_own and not upheld.may('member:remove') then
        raise exception 'Letting members go takes the permission to.' using errcode = '42501';
    end if;
    perform upheld.demand_fresh_proof();
    perform pg_catalog.pg_advisory_xact_lock(4207852, pg_catalog.hashtext(org::text));
    select m.* into member from upheld.members as m where m.organisation_id = org and m.person_id = whose;
    if member.person_id is null then
        return 'unknown';
    end if;
    if not is_own and not upheld.reaches(member.role, member.custom_role_id) then
        return 'beyond';
    end if;
    if upheld.is_last_owner(org, whose) then
        return 'last owner';
    end if;
    -- Where it was accepted, the membership goes with the record of that.
    delete from upheld.invitations where organisation_id = org and id = member.invitation_id;
    delete from upheld.members where organisation_id = org and person_id = whose;
    return 'gone';
end
$$;

-- Asks a member to own the organisation acted for, in the place of the owner asking or beside them.
-- A newer offer to the same person takes the place of the older. False when there is no such member.
create function upheld.offer_ownership(whose uuid, steps_down boolean, lives interval) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
    org uuid := upheld.current_organisation();
begin
    if upheld.current_standing() is distinct from 'owner' then
        raise exception 'Only an owner offers ownership.' using errcode = '42501';
    end if;
    perform upheld.demand_fresh_proof();
    perform from upheld.members as m
    where m.organisation_id = org and m.person_id = whose and m.role <> 'owner';
    if not found then
        return false;
    end if;
    delete from upheld.ownership_offers where organisation_id = org and person_id = whose;
    insert into upheld.ownership_offers (organisation_id, person_id, offered_by, steps_down, expires_at)
    values (org, whose, upheld.current_person(), offer_ownership.steps_down, upheld.clock_now() + lives);
    return true;
end
$$;

-- Accepts the offer to the person asking; whoever made it has to be an owner still, and becomes a
-- manager if they said so. False when there is no offer that stands.
create function upheld.accept_ownership() returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
    org uuid := upheld.current_organisation();
    me uuid := upheld.current_person();
    offer upheld.ownership_offers;
begin
    perform upheld.demand_fresh_proof();
    perform pg_catalog.pg_advisory_xact_lock(4207852, pg_catalog.hashtext(org::text));
    select o.* into offer
    from upheld.ownership_offers as o
    inner join upheld.members as m on o.organisation_id = m.organisation_id and o.offered_by = m.person_id
    where
        o.organisation_id = org and o.person_id = me and o.expires_at > upheld.clock_now() and m.role = 'owner'
        and not upheld.is_held_back(org, m.person_id);
    if offer.person_id is null or upheld.current_standing() is null then
        return false;
    end if;
    update upheld.members set role = 'owner', custom_role_id = null where organisation_id = org and person_id = me;
    if offer.steps_down then
        update upheld.members set role = 'manager' where organisation_id = org and person_id = offer.offered_by;
    end if;
    delete from upheld.ownership_offers where organisation_id = org and person_id = me;
    return true;
end
$$;

-- Ends an offer: the one to the person asking, or, for an owner, one to somebody else. False when
-- there is none.
create function upheld.end_offer(whose uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if whose is distinct from upheld.current_person() and upheld.current_standing() is distinct from 'owner' then
        raise exception 'An offer is ended by either side of it.' using errcode = '42501';
    end if;
    delete from upheld.ownership_offers
    where organisation_id = upheld.current_organisation() and person_id = whose;
    return found;
end
$$;

grant execute on function
upheld.colleagues(), upheld.change_role(uuid, text, uuid), upheld.end_membership(uuid),
upheld.offer_ownership(uuid, boolean, interval), upheld.accept_ownership(), upheld.end_offer(uuid)
to web;
