-- Mailing an invitation. Whoever is invited may have no account, so the work acts for the member who
-- invites, on a duty of its own: it sees that member's pending invitations, and nothing else of anybody's.
create policy pending_invitations_are_mailed_for_whoever_made_them on upheld.invitations
for select to worker using (
    invited_by = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:invitation'
    and state = 'pending'
);
create policy letters_are_crossed_out_when_they_are_mailed on upheld.invitations
for update to worker using (
    invited_by = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:invitation'
    and state = 'pending'
) with check (letter_sealed is null);
grant select (id, language, invited_by, state, email_sealed, letter_sealed, expires_at), update (letter_sealed)
on upheld.invitations to worker;
create policy own_invitations_are_known_to_the_queue_writer on upheld.invitations
for select to queue_writer using (invited_by = (select upheld.current_person()));
grant select (id, invited_by, letter_sealed) on upheld.invitations to queue_writer;

-- Queues the mail of an invitation that the person asking has just made, or is sending again.
create function upheld.queue_invitation(wanted_id uuid, secret bytea) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform from upheld.invitations as i
    where i.id = wanted_id and i.invited_by = upheld.current_person() and i.letter_sealed is not null;
    if not found then
        raise exception 'There is no such invitation to mail.' using errcode = '42501';
    end if;
    perform upheld.enqueue(
        'invitation', upheld.current_person(), wanted_id, secret, upheld.clock_now(), interval '7 days');
end
$$;
grant execute on function upheld.queue_invitation(uuid, bytea) to web;
