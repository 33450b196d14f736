"""The write-ahead log stays small while a session grows under the eyes of a reader, and the reader sees it whole."""

from __future__ import annotations

from pathlib import Path

from runbook_tui.evidence import Snapshot, SpanTable, Store, store, write_session
from runbook_tui.trace import Span, build_session
from tests.factories import make_llm, make_span

NOW = "2026-11-20T02:20:00.000Z"
TEXT = "x" * 20_000


def spans(count: int) -> list[Span]:
    """A run whose root is still to come."""
    return [make_llm(number, TEXT, parent=900) for number in range(1, count + 1)]


def write(db: Store, given: list[Span]) -> None:
    with db.writing() as connection:
        write_session(connection, build_session("s", "genai", given), None, NOW)


def log_size(db: Store) -> int:
    log = db.path.with_name(f"{db.path.name}-wal")
    return log.stat().st_size if log.exists() else 0


def test_what_is_stored_as_it_is_stays_untouched(tmp_path: Path) -> None:
    with Store(tmp_path / "x.db") as db:
        write(db, spans(100))
        db.empty_log(least=0)
        before = db.connection.total_changes
        write(db, spans(101))
        # the row of the session, of the span, its content
        assert db.connection.total_changes - before <= 4
        before = db.connection.total_changes
        revision = SpanTable(db, "s").revision
        write(db, spans(101))
        assert SpanTable(db, "s").revision == revision
        assert db.connection.total_changes == before
        write(db, [make_span(900, kind="agent", start_ns=0), *spans(60)])
        table = SpanTable(db, "s")
        assert table.count == 61
        assert [row.span_id for row in table.window(0, 99)] == [
            make_span(900).span_id,
            *(span.span_id for span in spans(60)),
        ]
        assert all((found := table.payload(at)) is not None and found.span_id for at in range(61))
        assert table.payload(61) is None


def test_a_reader_that_rests_does_not_let_the_log_grow(tmp_path: Path) -> None:
    with Store(tmp_path / "x.db") as db, Store(tmp_path / "x.db") as now:
        write(db, spans(1))
        shown = Snapshot(tmp_path / "x.db", "s")
        largest = 0
        for count in range(2, 400):
            write(db, spans(count))
            assert SpanTable(shown.store, "s").count == count - 1, "it sees one state"
            before, shown = shown, Snapshot(tmp_path / "x.db", "s")
            before.close()
            assert shown.rest(now)
            largest = max(largest, log_size(db))
        assert largest < 4 * store._LOG


def test_what_is_frozen_stays_as_it_was(tmp_path: Path) -> None:
    with Store(tmp_path / "x.db") as db, Store(tmp_path / "x.db") as now:
        write(db, spans(3))
        shown = Snapshot(tmp_path / "x.db", "s")
        write(db, spans(5))
        assert shown.rest(now)
        assert SpanTable(shown.store, "s").count == 3
        shown.close()


def test_a_log_that_nobody_reads_is_emptied(tmp_path: Path) -> None:
    with Store(tmp_path / "x.db") as db:
        write(db, spans(50))
        assert log_size(db)
        db.empty_log(least=0)
        assert log_size(db) == 0
