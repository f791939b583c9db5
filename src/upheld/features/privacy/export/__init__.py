"""Download everything: one archive that opens offline, complete by the classification of columns.

`parts` reads, `archive` packs, `reading` tells it to people with the words of `labels`,
`withheld` says what is not included and why.
"""
