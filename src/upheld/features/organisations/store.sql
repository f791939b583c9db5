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
select role, joined_at from upheld.members
where organisation_id = (select upheld.current_organisation()) and person_id = (select upheld.current_person());

-- name: change_organisation
-- Changes what everyone reads about the organisation acted for.
update upheld.organisations set name = $1, website = $2
where id = (select upheld.current_organisation());
