"""What people tried, and what they were told was done."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Act:
    """One thing that somebody tried to do.

    `acknowledged` is what the whole test is about: the answer that says "done" arrived in full.
    Without it the act may have happened or not, but never by half.
    """

    kind: str
    who: str
    what: str = ""
    """What tells this act from every other of its kind: the digest of a file, an id, a reason."""
    about: str = ""
    """What it was done to, by id."""
    digest: str = ""
    """The digest of a file that went along."""
    acknowledged: bool = False


@dataclass
class Ledger:
    """Every act of everybody, in order."""

    acts: list[Act] = field(default_factory=list[Act])

    def tried(self, kind: str, who: str, what: str = "", *, about: str = "", digest: str = "") -> Act:
        """Note an act before it is tried."""
        act = Act(kind, who, what, about, digest)
        self.acts.append(act)
        return act

    def of(self, *kinds: str) -> Iterator[Act]:
        """Yield the acts of some kinds."""
        return (act for act in self.acts if act.kind in kinds)

    def done(self, *kinds: str) -> Iterator[Act]:
        """Yield the acknowledged acts of some kinds."""
        return (act for act in self.of(*kinds) if act.acknowledged)

    def number_of(self, kind: str) -> int:
        """Return how often something was tried."""
        return sum(act.kind == kind for act in self.acts)

    def counts(self) -> Counter[str]:
        """Return how many acts of each kind were acknowledged."""
        return Counter(act.kind for act in self.acts if act.acknowledged)


def digest_of(content: bytes) -> str:
    """Return what stands for a file."""
    return hashlib.sha256(content).hexdigest()
