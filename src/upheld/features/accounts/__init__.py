"""Accounts: people, their sign-in and their sessions.

A person has one account, whatever they use Upheld for. Passwords are verified here and
sessions minted by the database role `gate`, which beside this slice only counts attempts (and
serves the probes of `upheld verify`). What a stranger is told does not depend on whether an
account exists, and neither does the work that is done.

Invariant: `web` can execute neither the minting function nor any look-up of credentials
(the grants in `src/upheld/database/schema/070_accounts.sql`; proven by *access.context.sealed*).
"""
