"""Download everything: one archive that opens offline, complete by the classification of columns.

`parts` reads, `archive` packs, `withheld` says what is not included and why.
"""
