"""Organisations: employers and agencies, their members, and the rule they accept first.

An organisation's name is public: it stands beside its jobs. Whoever founds one is its
owner. A person acts for one organisation, which their session carries; the database, not
this slice, decides what that session may see. Before a member sees anything of a candidate
they accept the fair-use policy, word for word, in their own name.

Invariant: no organisation is ever without an owner at its founding; the organisation and
its first member are made in one step, which is the only way in (`found_organisation`).
"""
