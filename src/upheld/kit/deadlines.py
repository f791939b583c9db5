"""Deadlines: when something must be done or gone, from rules that name their source.

Rules live in versioned packs, never as numbers in the domain code. Months are calendar
months: they end on the day of the same number, or on the last day of a shorter month
(Regulation (EEC, Euratom) 1182/71, Art. 3(2)(c)).
"""

import calendar
import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """How long something is kept after an event, and on what authority."""

    name: str
    months: int
    trigger: str
    source: str
    status: str
    valid_from: dt.date


APPLICATION_RECORD = Rule(
    name="application record",
    months=12,
    trigger="the application is closed",
    source="the platform's published retention schedule; GDPR Art. 5(1)(e), storage limitation",
    status="in force",
    valid_from=dt.date(2026, 11, 22),
)

ORIGIN_LOG = Rule(
    name="log month",
    months=12,
    trigger="the month ends",
    source="the platform's published retention schedule; GDPR Art. 5(1)(e), storage limitation",
    status="in force",
    valid_from=dt.date(2026, 11, 22),
)
"""Addresses and browsers in the audit log: whole months, whose keys are destroyed together."""


def months_after(day: dt.date, months: int) -> dt.date:
    """Return the day of the same number `months` later, or that month's last day.

    >>> months_after(dt.date(2028, 1, 31), 1)
    datetime.date(2028, 2, 29)
    """
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def kept_until(rule: Rule, event_at: dt.datetime) -> dt.date:
    """Return the last day on which something under `rule` may be kept."""
    return months_after(event_at.astimezone(dt.UTC).date(), rule.months)
