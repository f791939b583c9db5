"""Jobs: positions that organisations hire for, and their public pages.

A job is a draft, then open, then closed; there is no way back. Its *text* is what the
employer says: title, description, place, pay, closing day. Everyone sees open jobs; drafts
and closed ones are seen by their organisation only. An open job past its closing day stays
readable under its address, takes no more applications and leaves the list.

Invariant: jobs are written by owners and managers of their own organisation
(`jobs_are_changed_by_their_owners_and_managers`).
"""
