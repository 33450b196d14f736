"""What a step says of a result, held against the result: counts, nothing found, success, status, and the extremes.

Only what the results at hand settle is judged; a sentence that may be about something else is left alone, so silence
means nothing. A claim is held against the results that came since the same agent spoke before, one of many results at
once (`claims_of_many`) against those of the whole session, which may be told one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final, Literal

import msgspec
from rapidfuzz import fuzz

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.claims_of_many import all_so, sum_of_all
from runbook_tui.diagnosis.emptiness import is_empty
from runbook_tui.diagnosis.known import numbers
from runbook_tui.diagnosis.result_rows import columns_of, counts_in, rows_meant, tables_of
from runbook_tui.trace import Step
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["Claim", "contradicted_claims"]

About = Literal["count", "none", "success", "status", "extreme", "latest", "all", "sum"]

_CLAUSE: Final = re.compile(r"[,;(]")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n+")
_LONGEST: Final = 20_000
_SHOWN: Final = 120
_SAME_WORD: Final = 90.0
"""rapidfuzz partial ratio (0..100) from which a noun names a table."""
_WORDS: Final = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_COUNT: Final = re.compile(
    r"(?i)\b(?:found|there (?:are|were)|returned|retrieved|lists?|shows?|got|identified|have|has)\s+"
    rf"(?:a total of |exactly |only )?(\d{{1,6}}|{'|'.join(_WORDS[1:])})\s+((?:[\w-]+\s+){{0,3}}?)([a-z]{{3,}}s)\b"
)
_ANY_ROWS: Final = frozenset(
    ["results", "records", "matches", "rows", "entries", "items", "documents", "options", "hits"]
)
_NONE: Final = re.compile(
    r"(?i)\b(?:no (?:matching |such |relevant )?(?:results?|records?|matches|rows|entries|items|documents|options|hits)"
    r"(?: (?:were|was) found)?|nothing (?:was )?found|(?:could not|couldn't|did not|didn't) find any)\b"
)
_SUCCESS: Final = re.compile(
    r"(?i)\b(?:successfully|(?:has|have) been (?:processed|completed|sent|updated|created|saved|issued|refunded|cancell?ed|"
    r"submitted|booked|approved|paid))\b"
)
_TROUBLE: Final = re.compile(
    r"(?i)\b(?:fail\w*|error\w*|unable|sorry|apolog\w+|could ?n[o']t|can(?:no|')t|not (?:been|able|yet)|however|retry|again|"
    r"issue|problem|unfortunately|if|once|when|would|should|will|to be)\b"
)
_STATUS_KEY: Final = re.compile(r"(?i)(?:^|[._])(?:\w+_)?(?:status|state)$")
_STATUS_SAID: Final = re.compile(
    r"(?i)\b(?:is|was|are|status(?: is|:)?|state(?: is|:)?|marked(?: as)?)\s+"
    r"(?:currently |already |now |still )?[\"'*`]*([a-z]+(?:[ _-][a-z]+)?)"
)
_OPPOSITES: Final = (
    ({"delivered"}, {"pending", "shipped", "processing", "in transit", "cancelled", "lost"}),
    ({"shipped"}, {"pending", "processing", "cancelled"}),
    (
        {"approved", "cleared", "passed"},
        {"rejected", "denied", "declined", "pending", "failed", "blocked", "flagged"},
    ),
    ({"active", "enabled"}, {"inactive", "disabled", "suspended", "closed", "expired"}),
    ({"paid", "settled"}, {"unpaid", "overdue", "pending", "failed", "refunded"}),
    (
        {"completed", "complete", "succeeded", "successful"},
        {"failed", "pending", "running", "cancelled", "incomplete"},
    ),
    ({"available", "in stock"}, {"unavailable", "out of stock", "sold out", "discontinued"}),
    ({"open"}, {"closed", "resolved"}),
    ({"valid"}, {"invalid", "expired", "revoked"}),
)
_LEAST: Final = re.compile(r"(?i)\b(?:cheapest|lowest|least expensive|smallest|minimum|fewest|shortest)\b")
_MOST: Final = re.compile(
    r"(?i)\b(?:most expensive|highest|largest|biggest|maximum|longest|(?:best|top)[- ]rated)\b"
)
_LATEST: Final = re.compile(r"(?i)\b(?:most recent|latest|newest)\b")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class Claim(msgspec.Struct, frozen=True):
    """A sentence that a result contradicts."""

    step: Step
    about: About
    sentence: str
    result: Step
    """The step whose result says otherwise."""
    detail: str
    """What it says, in words."""


def contradicted_claims(case: Case) -> Iterator[Claim]:
    """The first contradicted sentence of each kind in each LLM call, in causal order."""
    since: dict[str | None, list[Step]] = {}
    every: list[Step] = []
    for step in case.session.steps:
        if step.span.tool is not None:
            every.append(step)
            for results in since.values():
                results.append(step)
            since.setdefault(step.span.agent, [step])
        elif step.kind == "llm":
            at_hand = since.get(step.span.agent, [])
            if step.span.output_text and at_hand:
                yield from _judged(step, at_hand, every[-_AT_ONCE:])
            since[step.span.agent] = []


def _judged(step: Step, results: list[Step], every: list[Step]) -> Iterator[Claim]:
    told: set[About] = set()
    for sentence in _SENTENCE.split(step.span.output_text[:_LONGEST]):
        for about, judge in _JUDGES:
            if about in told or not sentence.strip():
                continue
            found = judge(sentence, every if about in _OF_MANY else results)
            if found is not None and not (about == "count" and _adds_up(sentence, found[0], every)):
                told.add(about)
                shown = " ".join(sentence.split())[:_SHOWN]
                yield Claim(step, about, shown, found[0], found[1])


def _count(sentence: str, results: list[Step]) -> tuple[Step, str] | None:
    match = _COUNT.search(sentence)
    if match is None:
        return None
    said = _number(match[1])
    noun = match[3].lower()
    told: tuple[Step, str] | None = None
    for step in results:
        for name, rows in tables_of(step):
            if noun not in _ANY_ROWS and not _alike(
                noun, name or (step.span.tool.name if step.span.tool else "")
            ):
                continue
            ends = _CLAUSE.search(sentence, match.end())
            meant = rows_meant(rows, sentence[: ends.start()] if ends else sentence)
            if len(meant) == said or not meant or Decimal(said) in counts_in(step):
                return None
            such = f" such of {len(rows)}" if len(meant) < len(rows) else ""
            told = step, f"it returned {len(meant)}{such}"
    return told


def _adds_up(sentence: str, last: Step, every: list[Step]) -> bool:
    """Whether the count is that of all pages: of the rows of every answer of the tool."""
    match, tool = _COUNT.search(sentence), last.span.tool
    if match is None or tool is None:
        return False
    pages = [step for step in every if step.span.tool is not None and step.span.tool.name == tool.name]
    rows = sum(len(rows) for step in pages for _, rows in tables_of(step))
    return len(pages) > 1 and rows == _number(match[1])


def _number(said: str) -> int:
    return int(said) if said.isdigit() else _WORDS.index(said.lower())


def _alike(noun: str, name: str) -> bool:
    return bool(name) and fuzz.partial_ratio(noun.rstrip("s"), name.lower()) >= _SAME_WORD


def _none(sentence: str, results: list[Step]) -> tuple[Step, str] | None:
    if not _NONE.search(sentence) or any(step.span.tool and is_empty(step.span.tool) for step in results):
        return None
    for step in results:
        tables = list(tables_of(step))
        if len(tables) == len(results) == 1 and step.span.status != "error":
            return step, f"it returned {len(tables[0][1])}"
    return None


def _success(sentence: str, results: list[Step]) -> tuple[Step, str] | None:
    last = results[-1]
    if not _SUCCESS.search(sentence) or _TROUBLE.search(sentence):
        return None
    reason = _failure(last)
    return (last, f"it failed: {reason}") if reason else None


def _failure(step: Step) -> str | None:
    tool = step.span.tool
    value = decode(tool.result) if tool else None
    if isinstance(value, dict):
        for key in ("success", "ok"):
            if value.get(key) is False:
                return f"{key} is false"
        if value.get("error"):
            return str(value["error"])[:_SHOWN]
    return (step.span.status_message or "error")[:_SHOWN] if step.span.status == "error" else None


def _status(sentence: str, results: list[Step]) -> tuple[Step, str] | None:
    if _TROUBLE.search(sentence) or sentence.rstrip().endswith("?"):
        return None
    found = [
        (step, path, str(value).lower().replace("_", " "))
        for step in results
        for path, value in flat_values(decode(step.span.tool.result if step.span.tool else None))
        if isinstance(value, str) and _STATUS_KEY.search(path)
    ]
    if len(found) != 1:
        return None
    step, path, value = found[0]
    for match in _STATUS_SAID.finditer(sentence):
        said = match[1].lower().replace("_", " ").replace("-", " ")
        for one, other in _OPPOSITES:
            words = {said, said.split(" ")[0]}
            if (words & one and value in other) or (value in one and words & other):
                return step, f'{path} is "{value}"'
    return None


def _extreme(sentence: str, results: list[Step]) -> tuple[Step, str] | None:
    least = bool(_LEAST.search(sentence))
    if least == bool(_MOST.search(sentence)):
        return None
    said = set(numbers(sentence))
    for step in reversed(results):
        for name, column in columns_of(step, sentence).items():
            present = said & set(column)
            edge = min(column) if least else max(column)
            if present and edge not in present and not _is_name(name):
                return step, f"its {'lowest' if least else 'highest'} {name} is {edge:f}"
    return None


def _latest(sentence: str, results: list[Step]) -> tuple[Step, str] | None:
    if not _LATEST.search(sentence):
        return None
    said = set(_DAY.findall(sentence))
    for step in reversed(results):
        by_name: dict[str, set[str]] = {}
        for _, rows in tables_of(step):
            for name, value in (pair for row in rows_meant(rows, sentence) for pair in row.items()):
                if isinstance(value, str) and (day := _DAY.match(value)):
                    by_name.setdefault(name, set()).add(day[0])
        for name, days in by_name.items():
            if said & days and max(days) not in said:
                return step, f"its latest {name} is {max(days)}"
    return None


def _is_name(field: str) -> bool:
    return bool(re.search(r"(?i)(?:^|_)(?:id|index|page|year|number|no)$", field))


_JUDGES: Final[tuple[tuple[About, Callable[[str, list[Step]], tuple[Step, str] | None]], ...]] = (
    ("count", _count),
    ("none", _none),
    ("success", _success),
    ("status", _status),
    ("extreme", _extreme),
    ("latest", _latest),
    ("all", all_so),
    ("sum", sum_of_all),
)
_OF_MANY: Final = ("all", "sum")
_AT_ONCE: Final = 200
"""Results that a claim of many is held against, the latest ones."""
