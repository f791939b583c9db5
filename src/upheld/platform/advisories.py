"""Known weaknesses of what this is made of: asked of OSV, and written down with what was asked.

A scan that could not ask proves nothing, and says so; it never counts as clean.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from upheld.kit.errors import UpheldError
from upheld.platform.outbound import Outbound
from upheld.platform.private import write_private

SOURCE = "https://api.osv.dev/v1/querybatch"
KNOWN_TO_IT = ("pkg:pypi/", "pkg:npm/")
_AT_ONCE = 500


class Scan(msgspec.Struct, frozen=True):
    """What a scan found: weaknesses by package, or why it could not ask."""

    at: dt.datetime
    digest: str
    packages: int
    found: dict[str, list[str]] = {}
    could_not_ask: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether it asked, and nothing is known."""
        return not self.found and not self.could_not_ask


class Scans(msgspec.Struct, frozen=True):
    """The last scan, and the last one that was clean."""

    last: Scan
    clean: Scan | None = None


class _Weakness(msgspec.Struct):
    id: str


class _Answer(msgspec.Struct):
    vulns: list[_Weakness] = []


class _Answers(msgspec.Struct):
    results: list[_Answer]


async def scan(outbound: Outbound, purls: Sequence[str], now: dt.datetime) -> Scan:
    """Ask what is known about packages, by their package URLs."""
    asked = [purl for purl in purls if purl.startswith(KNOWN_TO_IT)]
    found: dict[str, list[str]] = {}
    try:
        for start in range(0, len(asked), _AT_ONCE):
            found |= await _ask(outbound, asked[start : start + _AT_ONCE])
    except (UpheldError, msgspec.MsgspecError) as error:
        return Scan(now, digest_of(purls), len(asked), could_not_ask=f"{SOURCE}: {_reason(error)}")
    return Scan(now, digest_of(purls), len(asked), found)


def digest_of(purls: Sequence[str]) -> str:
    """Return what tells one set of packages from another."""
    return hashlib.sha256("\n".join(sorted(purls)).encode()).hexdigest()


def note(var: Path, done: Scan) -> None:
    """Write a scan down; the last clean one stays until the next."""
    before = last_scans(var)
    clean = done if done.is_clean else before.clean if before else None
    path = _file(var)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(path, msgspec.json.encode(Scans(done, clean)), replace=True)


def last_scans(var: Path) -> Scans | None:
    """Return the last scan and the last clean one; None when there was none."""
    try:
        return msgspec.json.decode(_file(var).read_bytes(), type=Scans)
    except (OSError, msgspec.DecodeError):
        return None


async def _ask(outbound: Outbound, purls: Sequence[str]) -> dict[str, list[str]]:
    question = {"queries": [{"package": {"purl": purl}} for purl in purls]}
    answer = await outbound.post(SOURCE, msgspec.json.encode(question), "application/json")
    if answer.status != 200:  # noqa: PLR2004 - anything else is no answer
        msg = f"it answers {answer.status}"
        raise msgspec.ValidationError(msg)
    results = msgspec.json.decode(answer.body, type=_Answers).results
    if len(results) != len(purls):
        msg = f"{len(results)} answers to {len(purls)} questions"
        raise msgspec.ValidationError(msg)
    return {purl: [one.id for one in said.vulns] for purl, said in zip(purls, results, strict=True) if said.vulns}


def _reason(error: Exception) -> str:
    return error.message if isinstance(error, UpheldError) else str(error)


def _file(var: Path) -> Path:
    return var / "scans" / "advisories.json"
