"""Whole spans in the store, one JSON text each, and the search through them.

Nothing is indexed for search: SQLite looks through the stored texts at hundreds of megabytes a second, the first
hit is there as soon as it is reached, and any piece of a word is found.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import msgspec

from runbook_tui.trace import Span

__all__ = [
    "Payload",
    "forget_payloads",
    "is_pattern",
    "payload_key",
    "payload_of",
    "payload_range",
    "payload_size",
    "payloads_of",
    "search_among",
    "search_payloads",
    "shortened_payload",
    "stored_payloads",
    "write_payloads",
]

_UNPACK: Final = msgspec.json.Decoder(Span)
Payload = tuple[int, bytes]
"""The key of a span and the span as it is stored."""

_POSITIONS: Final = 32
"""Bits of a payload's key that are the span's position; those above are its session's row."""


def payload_key(sid: int, position: int) -> int:
    """Where a span is stored, by its session's row and its position."""
    return (sid << _POSITIONS) + position


def write_payloads(connection: sqlite3.Connection | sqlite3.Cursor, payloads: Sequence[Payload]) -> None:
    """Store spans, within the caller's transaction, in place of those of the same keys."""
    connection.executemany("insert or replace into payload values (?, ?)", payloads)


def stored_payloads(
    connection: sqlite3.Connection | sqlite3.Cursor, sid: int, first: int, last: int
) -> list[Payload]:
    """Those that are stored at these positions, both included."""
    return connection.execute(
        "select id, body from payload where id between ? and ?",
        (payload_key(sid, first), payload_key(sid, last)),
    ).fetchall()


def forget_payloads(connection: sqlite3.Connection | sqlite3.Cursor, sid: int, begin: int = 0) -> None:
    """Remove the spans of a session, from that position on."""
    connection.execute(
        "delete from payload where id between ? and ?", (payload_key(sid, begin), payload_range(sid)[1])
    )


def payload_of(connection: sqlite3.Connection, sid: int, position: int) -> Span | None:
    """One span; None when there is none at that position."""
    row = connection.execute(
        "select body from payload where id = ?", (payload_key(sid, position),)
    ).fetchone()
    return _UNPACK.decode(row[0]) if row else None


def payload_size(connection: sqlite3.Connection, sid: int, position: int) -> int:
    """Bytes of one span as it is stored; 0 where there is none."""
    row = connection.execute(
        "select length(body) from payload where id = ?", (payload_key(sid, position),)
    ).fetchone()
    return row[0] if row else 0


def shortened_payload(connection: sqlite3.Connection, sid: int, position: int, limit: int) -> Span | None:
    """One span with every text longer than `limit` characters cut there, saying how long it is.

    SQLite cuts them, and lets other threads of this process go on meanwhile, which decoding the whole would not.
    """
    key = payload_key(sid, position)
    long = connection.execute(
        "select fullkey, substr(atom, 1, ?), length(atom) from payload, json_tree(cast(body as text))"
        " where payload.id = ? and type = 'text' and length(atom) > ?",
        (limit, key, limit),
    ).fetchall()
    body = "cast(body as text)"
    values: list[str] = []
    for path, head, size in long:
        body = f"json_set({body}, ?, ?)"
        values += [path, f"{head}\n… {size:,} characters in all; v shows them"]
    row = connection.execute(f"select {body} from payload where id = ?", (*values, key)).fetchone()
    return _UNPACK.decode(row[0]) if row else None


def payloads_of(connection: sqlite3.Connection, sid: int) -> Iterator[tuple[Span, int]]:
    """The spans of a session and the bytes they take, in their order."""
    rows = connection.execute(
        "select body from payload where id between ? and ? order by id", payload_range(sid)
    )
    for (body,) in rows:
        yield _UNPACK.decode(body), len(body)


def search_payloads(connection: sqlite3.Connection, sid: int, text: str, start: int = 0) -> Iterator[int]:
    """Positions of the spans that hold the text in a name, message, argument, result or attribute, as they are found.

    Args:
        connection: to the store.
        sid: the session's row.
        text: any case; `/text/` is a regular expression.
        start: the position to begin at; those before it come last.

    Raises:
        re.error: it is no regular expression.
    """
    first, last = payload_range(sid)
    here = first + start
    for begin, end in ((here, last), (first, here - 1)):
        yield from _found(connection, text, first, begin, end)


def search_among(
    connection: sqlite3.Connection, sid: int, text: str, positions: Iterable[int]
) -> Iterator[int]:
    """`search_payloads` of the spans at these positions alone."""
    holds = _matcher(text)
    for position in positions:
        span = payload_of(connection, sid, position)
        if span is not None and holds(span):
            yield position


def _found(connection: sqlite3.Connection, text: str, first: int, begin: int, end: int) -> Iterator[int]:
    holds = _matcher(text)
    patterns = [] if is_pattern(text) else _patterns(text)
    likes = " or ".join(["cast(body as text) like ? escape '\\'"] * len(patterns))
    rows = connection.execute(
        f"select id, body from payload where id between ? and ? and ({likes or 'true'}) order by id",
        (begin, end, *patterns),
    )
    for key, body in rows:
        if holds(_UNPACK.decode(body)):
            yield key - first


def is_pattern(text: str) -> bool:
    """Whether what is searched for is a regular expression between slashes."""
    return len(text) > 2 and text.startswith("/") and text.endswith("/")


def _matcher(text: str) -> Callable[[Span], bool]:
    """Whether a span holds the text."""
    if is_pattern(text):
        pattern = re.compile(text[1:-1], re.IGNORECASE)
        return lambda span: any(pattern.search(piece) for piece in _texts(span))
    wanted = text.lower()
    return lambda span: any(wanted in piece.lower() for piece in _texts(span))


def payload_range(sid: int) -> tuple[int, int]:
    """The first and the last key that a span of a session may have."""
    return sid << _POSITIONS, ((sid + 1) << _POSITIONS) - 1


def _patterns(text: str) -> list[str]:
    """What the text looks like inside JSON. LIKE folds the case of ASCII alone, so other letters are tried in both."""
    forms = {text} if text.isascii() else {text, text.lower(), text.upper(), text.capitalize()}
    written = (msgspec.json.encode(form).decode()[1:-1] for form in sorted(forms))
    return [
        "%" + form.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%" for form in written
    ]


def _texts(span: Span) -> Iterator[str]:
    """What a reader would call the content of a span; ids and field names are not."""
    yield from (span.name, span.agent or "", span.status_message or "", span.model or "")
    if span.tool is not None:
        yield from (span.tool.name, span.tool.arguments or "", span.tool.result or "")
    for message in (*span.output_messages, *span.input_messages):
        for part in message.parts:
            yield from (part.name or "", part.text)
    for key, value in span.attributes.items():
        yield f"{key} {value}"
    for event in span.events:
        yield f"{event.name} {event.attributes}"
