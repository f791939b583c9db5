-- Inviting somebody into an organisation. The link goes to an address, and to nobody's account:
-- whether there is one is not looked up. It is worth nothing until whoever has proven that address
-- accepts, signed in; then the authority of whoever invited them is looked at once more.

create policy invitations_are_seen_where_they_were_made_and_by_whom_they_are_for on upheld.invitations
for select to web using (
    accepted_by = (select upheld.current_person())
    or (organisation_id = (select upheld.current_organisation()) and (select upheld.may('member:invite')))
    or email_index = (
        select p.email_index from upheld.people as p
        where p.id = (select upheld.current_person()) and p.verified_at is not null
    )
);
grant select (
    id, organisation_id, role, custom_role_id, language, invited_by, state, invited_at, expires_at, answered_at,
    accepted_by
) on upheld.invitations to web;

create policy invitations_are_looked_up_by_the_membership_keeper on upheld.invitations
for select to membership_keeper using (id is not null);
create policy invitations_are_made_by_members_who_may_invite on upheld.invitations
for insert to membership_keeper with check (
    organisation_id = (select upheld.current_organisation()) and invited_by = (select upheld.current_person())
    and (select upheld.may('member:invite')) and state = 'pending'
);
create policy pending_invitations_are_renewed_or_answered on upheld.invitations
for update to membership_keeper using (state = 'pending') with check (
    state = 'declined' or accepted_by = (select upheld.current_person())
    or (state = 'pending' and invited_by = (select upheld.current_person()) and (select upheld.may('member:invite')))
);
create policy invitations_go_from_their_organisation on upheld.invitations
for delete to membership_keeper using (organisation_id = (select upheld.current_organisation()));
create policy an_acceptance_goes_with_a_member_who_is_kept_out on upheld.invitations
for delete to membership_keeper using (
    organisation_id = (select upheld.closed_organisation()) and accepted_by = (select upheld.current_person())
);
-- Whoever is invited knows before they answer what the organisation asks of its members: they themselves,
-- under the address that the invitation went to and that they have proven, and while it stands.
create policy factor_rules_are_known_to_whom_an_invitation_is_for on upheld.factor_rules
for select to membership_keeper using (
    exists (
        select from upheld.invitations as i
        inner join upheld.people as p on i.email_index = p.email_index
        where
            i.organisation_id = factor_rules.organisation_id and i.state = 'pending'
            and i.expires_at > upheld.clock_now()
            and p.id = (select upheld.current_person()) and p.verified_at is not null
    )
);
grant select, delete,
insert (
    id, organisation_id, role, custom_role_id, language, invited_by, email_index, email_sealed, token_hash,
    letter_sealed, expires_at
),
update (
    state, invited_by, email_index, email_sealed, token_hash, letter_sealed, invited_at, expires_at, answered_at,
    accepted_by
) on upheld.invitations to membership_keeper;

-- Invites somebody into the organisation acted for. Says what came of it: 'invited', 'beyond' (a role
-- that the person asking cannot give), 'member' or 'pending' (they belong to it, or are invited, already).
--   email_indexes: what the address may be stored under, the newest key's first
create function upheld.invite(
    new_id uuid, email_indexes bytea[], new_email_sealed bytea, new_token_hash bytea, new_letter_sealed bytea,
    as_role text, as_custom_role uuid, speaks text, lives interval
) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
    org uuid := upheld.current_organisation();
begin
    if not upheld.may('member:invite') then
        raise exception 'Inviting takes the permission to.' using errcode = '42501';
    end if;
    perform upheld.demand_fresh_proof();
    if not upheld.reaches(as_role, as_custom_role) then
        return 'beyond';
    end if;
    -- Only of the members is it asked whose address it is: they are known to whoever invites.
    if exists (
        select from upheld.members as m inner join upheld.people as p on m.person_id = p.id
        where m.organisation_id = org and p.email_index = any(email_indexes)
    ) then
        return 'member';
    end if;
    perform pg_catalog.pg_advisory_xact_lock(4207852, pg_catalog.hashtext(org::text));
    if exists (
        select from upheld.invitations as i
        where i.organisation_id = org and i.state = 'pending' and i.email_index = any(email_indexes)
    ) then
        return 'pending';
    end if;
    insert into upheld.invitations (
        id, organisation_id, role, custom_role_id, language, invited_by, email_index, email_sealed, token_hash,
        letter_sealed, expires_at
    ) values (
        new_id, org, as_role, as_custom_role, speaks, upheld.current_person(), email_indexes[1], new_email_sealed,
        new_token_hash, new_letter_sealed, upheld.clock_now() + lives
    );
    return 'invited';
end
$$;

-- The invitations of the organisation acted for that have not come to a membership, with the address
-- each went to, for those who may invite; the newest first.
create function upheld.open_invitations() returns table (
    id uuid, email_sealed bytea, role text, role_name text, state text, invited_by uuid, invited_at timestamptz,
    expires_at timestamptz
)
language sql stable security definer set search_path = ''
begin atomic
    select i.id, i.email_sealed, i.role, r.name as role_name, i.state, i.invited_by, i.invited_at, i.expires_at
    from upheld.invitations as i
    left join upheld.roles as r on i.organisation_id = r.organisation_id and i.custom_role_id = r.id
    where
        i.organisation_id = (select upheld.current_organisation()) and (select upheld.may('member:invite'))
        and i.state <> 'accepted'
    order by i.invited_at desc, i.id asc;
end;

-- Gives a pending invitation a new link, and the time to use it; the one before is worth nothing from
-- here on. Whoever sends it again vouches for it. False when there is none that they reach.
create function upheld.renew_invitation(
    wanted_id uuid, new_token_hash bytea, new_letter_sealed bytea, lives interval
) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if not upheld.may('member:invite') then
        raise exception 'Inviting takes the permission to.' using errcode = '42501';
    end if;
    update upheld.invitations as i
    set
        token_hash = new_token_hash, letter_sealed = new_letter_sealed, invited_by = upheld.current_person(),
        invited_at = upheld.clock_now(), expires_at = upheld.clock_now() + lives
    where
        i.id = wanted_id and i.organisation_id = upheld.current_organisation() and i.state = 'pending'
        and upheld.reaches(i.role, i.custom_role_id);
    return found;
end
$$;

-- Takes an invitation back: nothing of it stays. False when there is none that is open.
create function upheld.revoke_invitation(wanted_id uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if not upheld.may('member:invite') then
        raise exception 'Taking invitations back takes the permission to invite.' using errcode = '42501';
    end if;
    delete from upheld.invitations as i
    where i.id = wanted_id and i.organisation_id = upheld.current_organisation() and i.state <> 'accepted';
    return found;
end
$$;

-- Whether whoever made an invitation may still make it: a member with the permission to invite, who has
-- every permission of the role themselves; an owner, where it is ownership. Nobody may whom the
-- organisation keeps out until they have a factor.
create function upheld.still_stands(invitation upheld.invitations) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
declare
    inviter upheld.members;
    given text[];
begin
    select m.* into inviter from upheld.members as m
    where m.organisation_id = invitation.organisation_id and m.person_id = invitation.invited_by;
    given := upheld.permissions_in(inviter.organisation_id, inviter.role, inviter.custom_role_id);
    return coalesce(
        'member:invite' = any(given)
        and upheld.permissions_in(invitation.organisation_id, invitation.role, invitation.custom_role_id) <@ given
        and (invitation.role <> 'owner' or inviter.role = 'owner')
        and not upheld.is_held_back(inviter.organisation_id, inviter.person_id), false
    );
end
$$;

-- What an invitation offers, for whoever holds its link: which organisation, as what, from whom, and
-- until when; and, for somebody signed in, whether it is for them. Only if it is: `factor_by`, from when on the
-- organisation asks its members for a factor. No row when the link is worth nothing (any more).
create function upheld.invitation_by_token(token bytea) returns table (
    id uuid, organisation_id uuid, organisation_name text, role text, role_name text, permissions text[],
    invited_by uuid, inviter_sealed bytea, expires_at timestamptz, is_mine boolean, is_member boolean,
    factor_by timestamptz
)
language sql stable security definer set search_path = ''
begin atomic
    select
        i.id, i.organisation_id, o.name as organisation_name, i.role, r.name as role_name,
        upheld.permissions_in(i.organisation_id, i.role, i.custom_role_id) as permissions,
        i.invited_by, inviter.email_sealed as inviter_sealed, i.expires_at,
        coalesce(me.email_index = i.email_index and me.verified_at is not null, false) as is_mine,
        exists(
            select from upheld.members as m where m.organisation_id = i.organisation_id and m.person_id = me.id
        ) as is_member,
        asks.starts_at as factor_by
    from upheld.invitations as i
    inner join upheld.organisations as o on i.organisation_id = o.id
    inner join upheld.people as inviter on i.invited_by = inviter.id
    left join upheld.roles as r on i.organisation_id = r.organisation_id and i.custom_role_id = r.id
    left join upheld.people as me on me.id = upheld.current_person()
    left join upheld.factor_rules as asks
        on i.organisation_id = asks.organisation_id and i.email_index = me.email_index and me.verified_at is not null
    where
        i.token_hash = pg_catalog.sha256(invitation_by_token.token) and i.state = 'pending'
        and i.expires_at > upheld.clock_now() and upheld.still_stands(i)
        and (not o.is_probe or coalesce(me.is_probe, false));
end;

-- Accepts an invitation, as the person asking: they become a member, and their session acts for the
-- organisation from the next statement on. Says what came of it: 'accepted', 'unknown' (no link of one
-- that stands), 'not yours' (it went to another address) or 'member'.
create function upheld.accept_invitation(token bytea) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
    me record;
    invitation upheld.invitations;
begin
    select p.id, p.email_index, p.verified_at, p.is_probe into me
    from upheld.people as p where p.id = upheld.current_person() and upheld.current_session() is not null;
    if me.id is null or me.verified_at is null then
        raise exception 'Sign in to accept an invitation.' using errcode = '42501';
    end if;
    select i.* into invitation from upheld.invitations as i
    where
        i.token_hash = pg_catalog.sha256(token) and i.state = 'pending' and i.expires_at > upheld.clock_now()
    for update;
    if
        invitation.id is null or me.is_probe is distinct from (
            select o.is_probe from upheld.organisations as o where o.id = invitation.organisation_id
        )
    then
        return 'unknown';
    end if;
    if invitation.email_index <> me.email_index then
        return 'not yours';
    end if;
    -- Who invited may be losing that very right at this moment: both wait here for each other.
    perform pg_catalog.pg_advisory_xact_lock(4207852, pg_catalog.hashtext(invitation.organisation_id::text));
    if not upheld.still_stands(invitation) then
        return 'unknown';
    end if;
    if exists (
        select from upheld.members as m
        where m.organisation_id = invitation.organisation_id and m.person_id = me.id
    ) then
        return 'member';
    end if;
    -- Nobody gains rights in a session whose secret may have been copied long ago: a proof replaces it.
    perform upheld.demand_fresh_proof();
    update upheld.invitations
    set
        state = 'accepted', accepted_by = me.id, answered_at = upheld.clock_now(),
        email_index = null, email_sealed = null, token_hash = null, letter_sealed = null
    where id = invitation.id;
    insert into upheld.members (organisation_id, person_id, role, custom_role_id, invitation_id)
    values (invitation.organisation_id, me.id, invitation.role, invitation.custom_role_id, invitation.id);
    update upheld.sessions set organisation_id = invitation.organisation_id where id = upheld.current_session();
    return 'accepted';
end
$$;

-- Declines an invitation. Whoever holds the link may, with an account or without one; it is written
-- down as theirs if they are signed in, and as nobody's otherwise. The invitation, or null.
create function upheld.decline_invitation(token bytea, origin_sealed bytea) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    declined record;
begin
    update upheld.invitations as i
    set state = 'declined', answered_at = upheld.clock_now(), token_hash = null, letter_sealed = null
    where
        i.token_hash = pg_catalog.sha256(token) and i.state = 'pending' and i.expires_at > upheld.clock_now()
    returning i.id, i.organisation_id into declined;
    if declined.id is not null then
        perform upheld.append_entry(
            upheld.current_person(), declined.organisation_id, 'invitation.declined', 'invitation', declined.id,
            '{}', origin_sealed);
    end if;
    return declined.id;
end
$$;
grant execute on function upheld.append_entry(uuid, uuid, text, text, uuid, jsonb, bytea) to membership_keeper;

grant execute on function
upheld.invite(uuid, bytea[], bytea, bytea, bytea, text, uuid, text, interval), upheld.open_invitations(),
upheld.renew_invitation(uuid, bytea, bytea, interval), upheld.revoke_invitation(uuid),
upheld.invitation_by_token(bytea), upheld.accept_invitation(bytea), upheld.decline_invitation(bytea, bytea)
to web;
