"""The nouns: promises, checks, what a check found, what became of a promise."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from upheld.features.trust.probe import CheckState, Probe
from upheld.platform.i18n import mark


class Work(StrEnum):
    """Which work brings a check: an issue that is done, or what is still to be built."""

    SPINE = "issue 2"
    BOUNDARY = "issue 3"
    TRUST = "issue 4"
    AUTH = mark("strong sign-in, roles and invitations")
    SEARCH = mark("candidate search")
    RIGHTS = mark("the workbench for requests about one's data")
    SCORING = mark("scoring")
    ASSESSMENTS = mark("assessments")
    AGENT = mark("the interview agent")
    INTEGRATIONS = mark("integrations with other systems")
    SUPPORT = mark("support for customers")
    WITNESSES = mark("the log's tree and its witnesses")
    REGISTERS = mark("registers, drills and notices")
    DUTIES = mark("the catalogue of legal duties")

    @property
    def is_done(self) -> bool:
        """Whether everything that it brings is here."""
        return self in {Work.SPINE, Work.BOUNDARY, Work.TRUST}


@dataclass(frozen=True)
class Check:
    """One thing that has to be true for a promise to be kept."""

    id: str
    shows: str
    work: Work
    probe: Probe | None = None


@dataclass(frozen=True)
class Promise:
    """What is promised, and everything that has to be checked before it counts as kept."""

    id: str
    statement: str
    checks: tuple[Check, ...]


class PromiseState(StrEnum):
    """What became of a promise. Only the first is ever shown as upheld."""

    UPHELD = "upheld"
    BROKEN = "broken"
    UNPROVEN = "unproven"
    PARTLY = "partly"
    NOT_BUILT = "not built"


class CheckResult(msgspec.Struct, frozen=True):
    """What one check found, as it stands in the evidence."""

    id: str
    state: CheckState
    evidence: dict[str, Any]
    seconds: float


class PromiseResult(msgspec.Struct, frozen=True):
    """A promise after a run. `state` is the state's name, or `partly, n of m`."""

    id: str
    state: str
    checks: list[CheckResult]


class Report(msgspec.Struct, frozen=True):
    """The evidence of one run; the signature covers the canonical bytes of all the rest."""

    promises: list[PromiseResult]
    summary: dict[str, Any]
    signature: str = ""
