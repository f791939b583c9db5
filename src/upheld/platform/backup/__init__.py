"""Backups: data and keyring apart, encrypted, verified, and held back after a restore.

A backup is a folder: a signed manifest that names nobody, and one or two sealed streams.

    data-20261122T185000Z/     manifest.json   database.sealed   objects.sealed
    keyring-20261122T185107Z/  manifest.json   database.sealed

What must stay true:

- The two kinds never lie in one folder. Whoever holds both, the key files and the root key
  can read what was erased since, until the epoch ends.
- A data backup holds every row of one instant, every encrypted file that those rows can
  name, and the register of erasures. It holds no key.
- A keyring backup is sealed under the epoch key. When that is destroyed, the backup opens
  no more, whoever kept a copy.
- The keyring's recovery point is never older than the data's: keys are made before what
  they protect, so the keyring is backed up after the data.
- Nothing is overwritten before the whole backup was opened, counted and found to be what
  its manifest says; the old database goes last.
- After a restore nothing is served until `upheld erasures replay` has been run.

`taking` makes backups, `checking` proves them, `restoring` puts them back, `readable` says
what a keyring cannot open, `hold` keeps a restored deployment from serving.
"""
