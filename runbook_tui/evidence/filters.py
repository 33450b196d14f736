"""One line that says which spans to show: `kind:tool tool:refund flag: >2s tokens>1000 some text`.

Terms are combined with and; `a,b` is either of two values, `=a` exactly that one, `-` before a term turns it round.
What is compared may have its colon: `took>2s` is `took:>2s`. A word that names no field is looked for in the spans'
texts; one that seems to name a field that there is not is refused, for a search would find nothing and not say why.
Everything else is answered by the table of spans alone, at any size.
"""

from __future__ import annotations

import re
import shlex
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from runbook_tui.evidence.payloads import is_pattern, search_among, search_payloads
from runbook_tui.evidence.store import Store
from runbook_tui.trace import RunbookError
from runbook_tui.trace.words import FLAGS

__all__ = [
    "COMPARED",
    "FIELDS",
    "NAMED",
    "FilterError",
    "SpanFilter",
    "duration_ms",
    "filter_spans",
    "filter_values",
    "no_such_field",
    "parse_filter",
]

FIELDS: Final = ("kind", "agent", "tool", "flag", "status", "step", "name", "text", "took", "tokens", "cost")
"""What can be asked for, as written before the colon."""

_LIKE: Final = {"agent": "agent", "tool": "tool", "name": "name"}
_FIGURES: Final = {
    "took": "(case when end_ns >= start_ns then (end_ns - start_ns) / 1e6 end)",
    "tokens": "(case when input_tokens is null and output_tokens is null then null"
    " else coalesce(input_tokens, 0) + coalesce(output_tokens, 0) end)",
    "cost": "cost_usd",
    "step": "step",
}
COMPARED: Final = re.compile(r"(?:(?P<field>[a-z]+):?(?P<how>>=|<=|>|<|=)|(?P<than>>=|<=|>|<))(?P<value>.+)")
"""A figure that is compared; without a field it is how long something took."""
NAMED: Final = re.compile(r"(?P<field>[a-z_]+):(?!//)(?P<value>.*)", re.DOTALL)
"""A field and a value; what begins like an address is a text."""
_SINGLY: Final = 10_000
"""Spans of which fewer are looked at one by one."""
_LOOKED_AT: Final = 20_000
"""Spans whose values are offered; a key press does not wait for all of a million."""
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_MS: Final = {"ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6}


class FilterError(RunbookError):
    """A term that means nothing."""


class SpanFilter(msgspec.Struct, frozen=True):
    """A filter that was understood."""

    line: str
    where: str
    """SQL over the table of spans; every value in it is bound."""
    values: dict[str, Any]
    texts: tuple[tuple[str, bool], ...]
    """Texts to be found, and whether they must be absent."""


def parse_filter(line: str) -> SpanFilter:
    """Understand a line.

    Raises:
        FilterError: a term names no field, or its value is none.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise FilterError("not a filter", line, "close the quotes") from error
    clauses: list[str] = []
    values: dict[str, Any] = {}
    texts: list[tuple[str, bool]] = []
    for word in words:
        absent = len(word) > 1 and word[0] == "-"
        term = word[1:] if absent else word
        if (text := _text_of(term)) is not None:
            texts.append((text, absent))
            continue
        clause, bound = _clause(term, len(clauses))
        clauses.append(f"not coalesce({clause}, 0)" if absent else f"({clause})")
        values.update(bound)
    return SpanFilter(line.strip(), " and ".join(clauses) or "1", values, tuple(texts))


def _text_of(term: str) -> str | None:
    """The text a term looks for; None for a term of the table."""
    if term.startswith(("text:", "text=")):
        return term[len("text:") :]
    named = NAMED.fullmatch(term)
    compared = COMPARED.fullmatch(term)
    field = named["field"] if named else compared["field"] if compared else None
    if field is None or (field not in FIELDS and " " in term):
        return term if compared is None or compared["than"] is None else None
    if field not in FIELDS:
        raise no_such_field(term, FIELDS)
    return None


def no_such_field(term: str, fields: Sequence[str]) -> FilterError:
    """That a term asks for a field that there is not, and what there is."""
    return FilterError("no such field", term, f"ask for {', '.join(fields)}, or text:{term} for the words")


def _clause(term: str, number: int) -> tuple[str, dict[str, Any]]:
    compared = COMPARED.fullmatch(term)
    if compared and (compared["how"] != "=" or compared["field"] in _FIGURES):
        how = compared["how"] or compared["than"]
        return _comparison(term, compared["field"] or "took", how, compared["value"], number)
    if compared:
        exact = "=" if compared["field"] in _LIKE else ""
        term = f"{compared['field']}:{exact}{compared['value']}"
    named = NAMED.fullmatch(term)
    assert named is not None
    field, value = named["field"], named["value"]
    if field in _FIGURES:
        return _range(term, field, value, number)
    choices = [choice for choice in value.split(",") if choice]
    keys = {f"v{number}_{at}": choice for at, choice in enumerate(choices)}
    if field == "flag":
        return _flagged(keys)
    if not choices:
        return (f"{field} is not null", {})
    if field in _LIKE and value.startswith("="):
        return (f"{field} = :v{number}", {f"v{number}": value[1:]})
    if field in _LIKE:
        bound = {key: f"%{_escaped(choice)}%" for key, choice in keys.items()}
        return (" or ".join(f"{_LIKE[field]} like :{key} escape '\\'" for key in bound), bound)
    return (f"{field} in ({', '.join(f':{key}' for key in keys)})", {k: v.lower() for k, v in keys.items()})


def _flagged(keys: dict[str, str]) -> tuple[str, dict[str, Any]]:
    any_of = " or ".join(f"flag like :{key} escape '\\'" for key in keys)
    named = f" and ({any_of})" if any_of else ""
    bound = {key: f"%{_escaped(choice)}%" for key, choice in keys.items()}
    return (f"position in (select position from flag where sid = :sid{named})", bound)


def _comparison(term: str, field: str, how: str, value: str, number: int) -> tuple[str, dict[str, Any]]:
    if field not in _FIGURES:
        fields = ", ".join(_FIGURES)
        raise FilterError("cannot be compared", term, f"compare one of {fields}, or write >2s")
    key = f"v{number}"
    return (f"{_FIGURES[field]} {how} :{key}", {key: _figure(term, field, value)})


def _range(term: str, field: str, value: str, number: int) -> tuple[str, dict[str, Any]]:
    first, _, last = value.partition("-")
    low, high = _figure(term, field, first), _figure(term, field, last or first)
    return (
        f"{_FIGURES[field]} between :v{number}a and :v{number}b",
        {f"v{number}a": low, f"v{number}b": high},
    )


def _figure(term: str, field: str, text: str) -> float:
    duration = duration_ms(text)
    if field == "took" and duration is not None:
        return duration
    try:
        number = float(text.removeprefix("$").replace("k", "000") if field != "took" else "no unit")
    except ValueError:
        took = "took>2s" if term.startswith("took") else ">2s"
        example = {"took": took, "step": "step:3-9", "tokens": "tokens>1000", "cost": "cost>0.01"}[field]
        raise FilterError("no figure", term, f"write it as {example}") from None
    return number


def duration_ms(text: str) -> float | None:
    """Milliseconds of `800ms`, `2s`, `1.5m` or `1h`; None for anything else."""
    found = _DURATION.fullmatch(text)
    return float(found[1]) * _MS[found[2]] if found else None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def filter_spans(store: Store, session_id: str, wanted: SpanFilter) -> list[int]:
    """Positions of the spans that the filter lets through, in order."""
    row = store.connection.execute("select sid from session where id = ?", (session_id,)).fetchone()
    if row is None:
        return []
    sid = int(row[0])
    found: list[int] = [
        position
        for (position,) in _quick(store.connection).execute(
            f"select position from span where sid = :sid and {wanted.where} order by position",
            {"sid": sid, **wanted.values},
        )
    ]
    for text, absent in wanted.texts:
        if not found:
            break
        # SQLite skims a stored text faster than a span is decoded, but for a regular expression each must be.
        singly = is_pattern(text) or len(found) < _SINGLY
        look = search_among(store.connection, sid, text, found) if singly else None
        has = set(search_payloads(store.connection, sid, text) if look is None else look)
        found = [position for position in found if (position in has) is not absent]
    return found


def _quick(connection: sqlite3.Connection) -> sqlite3.Cursor:
    cursor = connection.cursor()
    cursor.row_factory = None  # plain tuples: a hundred thousand positions and nothing else
    return cursor


def filter_values(store: Store, session_id: str) -> dict[str, tuple[str, ...]]:
    """What each field can be asked for, for completion: what the first spans of the session have."""
    row = store.connection.execute("select sid from session where id = ?", (session_id,)).fetchone()
    sid = row[0] if row else -1
    known = {
        field: tuple(
            str(value)
            for (value,) in _quick(store.connection).execute(
                f"select distinct {field} from (select {field} from span where sid = ? limit {_LOOKED_AT})"
                f" where {field} is not null order by 1 limit 50",
                (sid,),
            )
        )
        for field in ("kind", "agent", "tool", "status")
    }
    flags = {row[0] for row in store.connection.execute("select flag from flag where sid = ?", (sid,))}
    return {**known, "flag": tuple(flag for flag in FLAGS if flag in flags)}
