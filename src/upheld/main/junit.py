"""JUnit XML of a run: what build servers read. A promise is a suite, a check a case."""

import re
from xml.etree.ElementTree import Element, SubElement, tostring

from upheld.features.trust.model import CheckResult, Report
from upheld.features.trust.probe import CheckState

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SAID_AS = {CheckState.FAILED: "failure", CheckState.UNPROVEN: "error", CheckState.NOT_BUILT: "skipped"}
"""What cannot be looked at is an error: a build server must not take it for a pass."""


def junit(report: Report) -> bytes:
    """Return a report as JUnit XML."""
    root = Element("testsuites", name="upheld verify")
    for promise in report.promises:
        counts = {word: sum(check.state is state for check in promise.checks) for state, word in _SAID_AS.items()}
        suite = SubElement(
            root,
            "testsuite",
            name=promise.id,
            tests=str(len(promise.checks)),
            failures=str(counts["failure"]),
            errors=str(counts["error"]),
            skipped=str(counts["skipped"]),
            time=f"{sum(check.seconds for check in promise.checks):.3f}",
            timestamp=str(report.summary["at"]),
        )
        for check in promise.checks:
            _add(suite, promise.id, check)
    return tostring(root, encoding="utf-8", xml_declaration=True)


def _add(suite: Element, promise: str, check: CheckResult) -> None:
    case = SubElement(suite, "testcase", classname=promise, name=check.id, time=f"{check.seconds:.3f}")
    word = _SAID_AS.get(check.state)
    if word is None:
        return
    found = (
        check.evidence.get("faults") or check.evidence.get("not_looked_at") or [check.evidence.get("could_not_look")]
    )
    reasons = [_NOT_XML.sub("?", str(reason)) for reason in found if reason]
    SubElement(case, word, message=reasons[0] if reasons else str(check.state), type=word).text = "\n".join(reasons)
