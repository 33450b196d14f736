"""Time as the record needs it: UTC, to the millisecond, and replaceable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

__all__ = ["Clock", "latest", "now_utc", "parse_time", "span_of", "stamp"]

Clock = Callable[[], datetime]
"""Returns the present, in UTC."""


def now_utc() -> datetime:
    """The present."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """RFC 3339 UTC with milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse_time(text: str) -> datetime | None:
    """A moment from RFC 3339 or `YYYY-MM-DD HH:MM`, UTC where no zone is given; None for anything else."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def latest(text: str, now: datetime) -> datetime | None:
    """`parse_time`, and `02:14` for the last time it was that late. A day alone names no moment: None."""
    clean = text.strip()
    if len(clean) == len("2026-11-20"):
        return None
    if (moment := parse_time(clean)) is not None:
        return moment
    try:
        of_day = time.fromisoformat(clean) if ":" in clean else None
    except ValueError:
        return None
    if of_day is None:
        return None
    today = datetime.combine(now.astimezone(UTC).date(), of_day.replace(tzinfo=of_day.tzinfo or UTC))
    return (today if today <= now else today - timedelta(days=1)).astimezone(UTC)


def span_of(start: str | None, end: str | None) -> float | None:
    """Seconds from one stamp to another; None when one is missing."""
    begin, finish = (parse_time(text) if text else None for text in (start, end))
    return (finish - begin).total_seconds() if begin and finish else None
