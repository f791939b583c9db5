"""Applications: a candidate asks for a job, an employer answers, both see where it stands.

What is sent is a *snapshot*: the profile, letter and résumé as they were on that day, sealed
under a key of this person with this employer. It is the employer's own record, with a rule
of its own, and outlives an account that is erased.

A *stage* is where an application stands; the last three close it. Each change is an *event*
that the candidate follows to the end, with the reason of a decision in full.

Invariants:
- Whatever an employer reads of a snapshot comes through the database's functions that write
  the candidate's journal in the same transaction (`tests/features/applications`).
- A page that shows a candidate's data is never an error page: an error undoes its
  transaction, and with it the journal entry.
- A closed application says until when it is kept, and does not change any more.
"""
