"""Providers: signing in through another site, and the other sites an account is opened with.

An *identity* is who somebody is at another site: issuer and subject, nothing else. A *departure*
is a browser that left for such a site and is expected back, once. A *proof* is what it came back
with, after `platform/openid` has judged it.

Invariants. An identity opens the account it was linked to, and no address leads to an account:
no function of the database takes one here. It is linked by whoever has just proven in a session that
the account is theirs, or by the registration that it began, once the address is proven, in the
browser that began. Nothing about a newcomer is stored before they have agreed. What a
provider's answer proved travels in a sealed cookie of that browser until then. Nobody is left
without a way in (`src/upheld/database/schema/072_identities.sql`).
"""
