-- What a person may read of their own, beyond what the other pages show, so that
-- `download everything` is complete. Column by column: never a hash of a secret.
create policy a_person_sees_when_their_password_changed on upheld.credentials
for select to web using (person_id = (select upheld.current_person()));
grant select (person_id, changed_at) on upheld.credentials to web;

create policy a_person_sees_their_pending_links on upheld.email_verifications
for select to web using (person_id = (select upheld.current_person()));
grant select (person_id, expires_at) on upheld.email_verifications to web;

create policy a_person_sees_what_work_may_act_for_them on upheld.job_secrets
for select to web using (person_id = (select upheld.current_person()));
grant select (person_id, duty, takes_up, expires_at) on upheld.job_secrets to web;

create policy a_person_sees_the_mails_that_wait_for_them on upheld.messages
for select to web using (person_id = (select upheld.current_person()));
grant select on upheld.messages to web;

create policy acceptances_are_seen_by_their_person on upheld.fair_use_acceptances
for select to web using (person_id = (select upheld.current_person()));
