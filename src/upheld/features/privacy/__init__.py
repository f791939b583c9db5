"""Privacy: what is held about a person, who saw it, how to take it along, how to leave for good.

Nouns: *journal* (who saw which part, when), *export* (everything, in one archive), *erasure*
(a request to leave, followed by its *receipt* to a signed *certificate*), *mismatch*
(somebody in the register of erasures who is here again, as after a restore).

The export reads the tables themselves, column by column, and not what other slices choose
to show: it has to be complete.

Invariants:
- every column classified as exported is in the export, and what is held back is listed
  (`tests/features/privacy/test_export.py`);
- an erasure that has begun ends, at whatever step it is killed
  (`tests/features/privacy/test_erasure.py`);
- nobody in the register of erasures is served (`check_register`).
"""
