"""How values are written on screen: durations, counts, times, names. Plain functions, no widgets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from runbook_tui.trace.clock import parse_time
from runbook_tui.trace.words import Mode, Room

__all__ = [
    "ROOM_TITLES",
    "ago",
    "clock_time",
    "count",
    "duration",
    "elapsed",
    "mode_name",
    "money",
    "noticed_at",
    "one_line",
    "short_time",
]

ROOM_TITLES: Final[dict[Room, str]] = {
    "contain": "Contain",
    "capture": "Capture",
    "classify": "Classify",
    "trace_back": "Trace back",
    "blast_radius": "Blast radius",
    "postmortem": "Postmortem",
}


def mode_name(mode: Mode | str) -> str:
    """A mode or another name of ours in words."""
    return mode.replace("_", " ")


def duration(ms: float | None) -> str:
    """A duration in at most six characters; "" when unknown."""
    if ms is None:
        return ""
    if ms < 1000:
        return f"{ms:.0f}ms"
    seconds = ms / 1000
    if seconds < 60:
        return f"{seconds:.1f}s"
    if seconds < 3600:
        return f"{int(seconds // 60)}m{int(seconds % 60):02d}s"
    return f"{int(seconds // 3600)}h{int(seconds % 3600 // 60):02d}m"


def elapsed(start: str | None, end: datetime) -> str:
    """Time since a stamp as `+7m` or `+00:03:12` under an hour; "" when unknown."""
    begin = parse_time(start) if start else None
    if begin is None:
        return ""
    seconds = max(int((end - begin).total_seconds()), 0)
    if seconds < 3600:
        return f"+{seconds // 60:02d}:{seconds % 60:02d}"
    if seconds < 86400:
        return f"+{seconds // 3600}h{seconds % 3600 // 60:02d}m"
    return f"+{seconds // 86400}d{seconds % 86400 // 3600}h"


def ago(start: str | None, end: datetime) -> str:
    """Time since a stamp in words: `9 s ago`, `23 min ago`; "" when unknown."""
    begin = parse_time(start) if start else None
    if begin is None:
        return ""
    seconds = max(int((end - begin).total_seconds()), 0)
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {name} ago"
    return f"{seconds} s ago"


def short_time(stamp: str | None) -> str:
    """The time of day of a stamp, UTC; "" when unknown."""
    moment = parse_time(stamp) if stamp else None
    return moment.strftime("%H:%M") if moment else ""


def noticed_at(stamp: str | None, now: datetime) -> str:
    """A stamp as one writes it, to the minute, UTC: `02:14`, with its day where that is not the last 24 hours."""
    moment = parse_time(stamp) if stamp else None
    if moment is None:
        return ""
    recent = timedelta(0) <= now - moment < timedelta(hours=24)
    return moment.astimezone(UTC).strftime("%H:%M" if recent else "%Y-%m-%d %H:%M")


def clock_time(stamp: str | None) -> str:
    """Day and time of a stamp, UTC; "" when unknown."""
    moment = parse_time(stamp) if stamp else None
    return moment.astimezone(UTC).strftime("%d %b %H:%M:%S") if moment else ""


def count(number: int | None) -> str:
    """A count in at most five characters: 940, 1.2k, 81k, 3.4M; "" when unknown."""
    if number is None:
        return ""
    if number < 1000:
        return str(number)
    if number < 10_000:
        return f"{number / 1000:.1f}k"
    return f"{number // 1000}k" if number < 1_000_000 else f"{number / 1e6:.1f}M"


def money(usd: float | None) -> str:
    """US dollars in at most seven characters: $0.0014, $12.34, $1,234; "" when unknown."""
    if usd is None:
        return ""
    if usd < 1:
        return f"${usd:.4f}" if usd >= 0.0001 else "<$.0001" if usd else "$0"
    return f"${usd:.2f}" if usd < 1000 else f"${usd:,.0f}"


def one_line(text: str | None, limit: int = 200) -> str:
    """The text on one line, cut."""
    flat = " ".join((text or "").split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
