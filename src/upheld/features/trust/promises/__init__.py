"""The promises, in our own words, each with everything that has to be checked.

A promise counts as kept only when all its checks passed. A check without a probe is not
built yet, and says which work brings it.
"""

from upheld.features.trust.model import Promise
from upheld.features.trust.promises import access, agents, edge, entry, organisation, rights, storage

PROMISES: tuple[Promise, ...] = (
    *edge.PROMISES,
    *entry.PROMISES,
    *access.PROMISES,
    *storage.PROMISES,
    *rights.PROMISES,
    *agents.PROMISES,
    *organisation.PROMISES,
)
