-- What somebody may do in the organisation they act for: permissions, by name. Policies and functions
-- ask for a permission and never for a role, which is only a set of them: three that every
-- organisation has, and those it makes for itself (`upheld.roles`).
--
--   analytics:view       see how hiring goes, in numbers
--   application:view     see who applied, and what they sent, once fair use is accepted
--   application:decide   move applications on, and decide about them
--   assessment:manage    write assessments, and set them
--   audit:view           read what members did with members, roles, jobs and the organisation
--   candidate:search     look for candidates who let themselves be found
--   integration:manage   connect other systems, and keep their credentials
--   job:manage           write, publish and close jobs
--   member:invite        invite, and take invitations back
--   member:remove        let members go
--   role:grant           make roles, and change who has which
--   settings:change      change what everyone reads about the organisation, and its rules

create policy roles_are_looked_up_by_the_context_keeper on upheld.roles
for select to context_keeper using (length(name) > 0);
create policy names_of_organisations_are_looked_up_by_the_context_keeper on upheld.organisations
for select to context_keeper using (length(name) > 0);
grant select on upheld.roles to context_keeper;
grant select (id, name) on upheld.organisations to context_keeper;

-- What a role that every organisation has may do; null for one that an organisation made.
create function upheld.permissions_of(role text) returns text[]
language sql immutable
return case role
    when 'owner'
        then
            array[
                'analytics:view', 'application:decide', 'application:view', 'assessment:manage', 'audit:view',
                'candidate:search', 'integration:manage', 'job:manage', 'member:invite', 'member:remove', 'role:grant',
                'settings:change'
            ]
    when 'manager'
        then
            array[
                'analytics:view', 'application:decide', 'application:view', 'assessment:manage', 'candidate:search',
                'job:manage', 'member:invite'
            ]
    when 'interviewer' then array[]::text[]
end;

-- What the person asking may do in the organisation they act for; null when they have no standing there.
create function upheld.current_permissions() returns text[]
language plpgsql stable security definer set search_path = ''
as $$
declare
    standing text := upheld.current_standing();
    who uuid[];
begin
    if standing = 'custom' then
        who := upheld.asking();
        return (
            select r.permissions
            from upheld.members as m
            inner join upheld.roles as r on m.organisation_id = r.organisation_id and m.custom_role_id = r.id
            where m.organisation_id = who[2] and m.person_id = who[1]
        );
    end if;
    return upheld.permissions_of(standing);
end
$$;

-- Whether the person asking may do something in the organisation they act for. Never null: what
-- nobody has been given, nobody may.
create function upheld.may(permission text) returns boolean
language sql stable
return coalesce(permission = any(upheld.current_permissions()), false);

-- The organisations that somebody belongs to, longest first: for the frame of their pages.
create function upheld.seats_of(whose uuid) returns jsonb
language sql stable security definer set search_path = ''
begin atomic
    select
        coalesce(
            pg_catalog.jsonb_agg(
                pg_catalog.jsonb_build_object('organisation_id', o.id, 'name', o.name) order by m.joined_at, o.id
            ), '[]'
        )
    from upheld.members as m
    inner join upheld.organisations as o on m.organisation_id = o.id
    where m.person_id = whose;
end;

grant execute on function upheld.permissions_of(text) to queue_writer;
grant execute on function upheld.current_permissions(), upheld.may(text) to web, record_reader, queue_writer;
