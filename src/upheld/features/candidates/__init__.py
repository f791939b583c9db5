"""Candidates: the profile people write, the documents they upload, and who may find them.

A *profile* is private until its candidate says otherwise. A *document* is a PDF or Word
file, recognised by its content and opened in a process of its own; its text is read only
with consent, and what it suggests reaches the profile only field by field, each confirmed
by the candidate. A *disclosure* says which employer may see which sections, because the
candidate sent them there.

Invariants: contents lie under the candidate's own keys, and reach nobody else from here
(`tests/features/candidates`); a document's file and its row come and go together.
"""
