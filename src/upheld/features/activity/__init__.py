"""Activity: what was done with an organisation's members, roles, jobs and settings, for whoever may read it.

The entries are those of the audit log that *concern* the organisation: the database names the acts, one
by one, and shows them to members with `audit:view`, in the organisation that they act for. What members do
with their own account or with candidates is not among them, nor is any address (ADR 0025).

Invariant: nothing is shown of which it is not written down that somebody looked
(`entries_of_an_organisation_are_seen_by_who_has_looked`).
"""
