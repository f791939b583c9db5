-- name: found_organisation
-- Founds an organisation, with the person asking as its owner.
select upheld.found_organisation($1, $2, $3);

-- name: organisation
-- One organisation, as everyone may see it.
select id, name, website from upheld.organisations where id = $1;

-- name: may_see_candidates
-- Whether the person asking may see candidates' data in the role and organisation of this session.
select upheld.hiring_organisation() is not null;

-- name: accept_fair_use
-- Records that the person asking accepts a wording of the fair-use policy; once is enough.
insert into upheld.fair_use_acceptances (notice_id) values ($1)
on conflict do nothing;

-- name: own_acceptance
-- When the person asking accepted one of these wordings, for the organisation they act for.
select accepted_at from upheld.fair_use_acceptances
where
    notice_id = any($1)
    and organisation_id = (select upheld.current_organisation())
    and person_id = (select upheld.current_person())
order by accepted_at desc
limit 1;

-- name: own_membership
-- What the person asking is in the organisation they act for.
select m.role, r.name as role_name, m.joined_at
from upheld.members as m
left join upheld.roles as r on m.organisation_id = r.organisation_id and m.custom_role_id = r.id
where m.organisation_id = (select upheld.current_organisation()) and m.person_id = (select upheld.current_person());

-- name: change_organisation
-- Changes what everyone reads about the organisation acted for.
update upheld.organisations set name = $1, website = $2
where id = (select upheld.current_organisation());

-- name: act_for
-- Lets the session that asks act for another organisation of the person's.
update upheld.sessions set organisation_id = $1
where id = (select upheld.current_session()) and exists (
    select from upheld.members as m where m.organisation_id = $1 and m.person_id = (select upheld.current_person())
);

-- name: colleagues
-- The members of the organisation acted for.
select person_id, email_sealed, role, custom_role_id, role_name, permissions, joined_at, invited_by
from upheld.colleagues();

-- name: change_role
-- Gives a member another role; what came of it.
select upheld.change_role($1, $2, $3);

-- name: end_membership
-- Ends a membership of the organisation acted for; what came of it.
select upheld.end_membership($1);

-- name: offer_ownership
-- Asks a member to own the organisation acted for.
select upheld.offer_ownership($1, $2, $3);

-- name: accept_ownership
-- Accepts ownership that was offered to the person asking.
select upheld.accept_ownership();

-- name: end_offer
-- Ends an offer of ownership.
select upheld.end_offer($1);

-- name: ownership_offers
-- The offers of ownership in the organisation acted for that the person asking takes part in.
select person_id, offered_by, steps_down, expires_at from upheld.ownership_offers
where organisation_id = (select upheld.current_organisation()) and expires_at > upheld.clock_now()
order by offered_at, person_id;

-- name: factor_rule
-- From when on the organisation acted for asks its members for a factor.
select required_at, starts_at from upheld.factor_rules
where organisation_id = (select upheld.current_organisation());

-- name: require_factor
-- Asks the members of the organisation acted for for a factor; from when on.
select upheld.require_factor($1);

-- name: lift_factor_rule
-- Asks for it no longer.
select upheld.lift_factor_rule();

-- name: members_with_factor
-- Who of the members has a factor, for owners.
select person_id from upheld.factors_of_colleagues() where has_one;

-- name: session_organisation
-- The organisation that the session asking was set to act for, whether it may or not.
select o.id, o.name, o.website from upheld.sessions as s
inner join upheld.organisations as o on s.organisation_id = o.id
where s.id = (select upheld.current_session());

-- name: take_factor_reminder
-- Takes up an organisation whose members are to be reminded of the factor they are asked for.
select organisation_name, starts_at, people from upheld.take_factor_reminder();

-- name: custom_roles
-- The roles that the organisation acted for has made for itself.
select id, name, permissions from upheld.roles
where organisation_id = (select upheld.current_organisation())
order by lower(name), id;

-- name: add_role
-- Makes a role.
insert into upheld.roles (id, name, permissions) values ($1, $2, $3::text[]);

-- name: alter_role
-- Changes what a role is called and may do.
update upheld.roles set name = $2, permissions = $3::text[]
where id = $1 and organisation_id = (select upheld.current_organisation());

-- name: remove_role
-- Removes a role.
delete from upheld.roles
where id = $1 and organisation_id = (select upheld.current_organisation());

-- name: invite
-- Invites somebody into the organisation acted for; what came of it.
select upheld.invite($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: queue_invitation
-- Queues the mail of an invitation.
select upheld.queue_invitation($1, $2);

-- name: open_invitations
-- The invitations of the organisation acted for that have not come to a membership.
select id, email_sealed, role, role_name, state, invited_by, invited_at, expires_at from upheld.open_invitations();

-- name: renew_invitation
-- Gives a pending invitation a new link.
select upheld.renew_invitation($1, $2, $3, $4);

-- name: revoke_invitation
-- Takes an invitation back.
select upheld.revoke_invitation($1);

-- name: invitation_by_token
-- What an invitation offers, for whoever holds its link.
select
    id, organisation_id, organisation_name, role, role_name, permissions, invited_by, inviter_sealed, expires_at,
    is_mine, is_member, factor_by
from upheld.invitation_by_token($1);

-- name: accept_invitation
-- Accepts an invitation; what came of it.
select upheld.accept_invitation($1);

-- name: decline_invitation
-- Declines an invitation; which.
select upheld.decline_invitation($1, $2);

-- name: open_job_context
-- Opens the context stored with a piece of work; whose it is.
select upheld.open_job_context($1);

-- name: letter
-- An invitation that waits to be mailed.
select id, language, email_sealed, letter_sealed from upheld.invitations where id = $1;

-- name: cross_out_letter
-- Crosses out what was mailed, the link in it with it.
update upheld.invitations set letter_sealed = null where id = $1 and letter_sealed is not null;

-- name: mails_nobody
-- Whether the person asking is a probe, who mails nobody.
select is_probe from upheld.people where id = (select upheld.current_person());
