"""The file itself: private, safe to kill, and clear about what it cannot do."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runbook_tui.evidence import IncidentTable, JournalRow, Store, StoreError, default_path


def test_only_its_user_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "store.db"
    with Store(path) as opened:
        IncidentTable(opened).create("s", "p", "2026-11-20T02:14:00.000Z", "contain")
        files = list(path.parent.iterdir())
        assert {file.name for file in files} >= {"store.db", "store.db-wal"}
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_it_writes_ahead_and_survives_reopening(store: Store) -> None:
    assert store.connection.execute("pragma journal_mode").fetchone()[0] == "wal"
    incident = IncidentTable(store).create("s", "p", "2026-11-20T02:14:00.000Z", "contain")
    with Store(store.path) as again:
        row = IncidentTable(again).get(incident)
    assert row is not None
    assert (row.id, row.session_id, row.room, row.closed_at) == ("INC-0001", "s", "contain", None)


def test_programs_that_start_together_find_one_store(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.db" for number in range(5) for _ in range(8)]

    def open_it(path: Path) -> int:
        with Store(path) as opened:
            return int(opened.connection.execute("select count(*) from session").fetchone()[0])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(open_it, paths)) == [0] * len(paths)
    # connections that close at the same moment may each leave the log to the other
    names = {path.name.removesuffix("-wal").removesuffix("-shm") for path in tmp_path.iterdir()}
    assert names == {f"{number}.db" for number in range(5)}


@pytest.mark.parametrize("lines", [1, 40])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are my notes, not a database\n" * lines)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a database"):
        Store(path)
    assert path.read_bytes() == before


def test_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    Store(path).close()
    connection = sqlite3.connect(path)
    connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="newer runbook-tui"):
        Store(path)


def test_a_place_where_nothing_can_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match="choose another with --db"):
        Store(tmp_path / "file" / "store.db")
    with pytest.raises(StoreError, match="choose another with --db"):
        Store(tmp_path)


def test_the_path_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOK_TUI_DB", str(tmp_path / "mine.db"))
    assert default_path() == tmp_path / "mine.db"
    monkeypatch.delenv("RUNBOOK_TUI_DB")
    assert default_path().name == "runbook-tui.db"


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    statement = "insert into incident values ('INC-0009', 's', 'p', 't', null, 'contain', 0)"

    def write(times: int) -> None:
        with store.writing() as connection:
            for _ in range(times):
                connection.execute(statement)
            raise KeyError

    with pytest.raises(StoreError, match="cannot write the database"):
        write(times=2)
    with pytest.raises(KeyError):
        write(times=1)
    assert IncidentTable(store).all() == ()
    assert IncidentTable(store).create("s", "p", "t", "contain") == "INC-0001"


def test_the_journal_can_be_added_to_and_nothing_else(store: Store) -> None:
    table = IncidentTable(store)
    incident = table.create("s", "p", "t", "contain")
    row = JournalRow(1, "t", "me", "opened", "{}", "p", "h")
    table.append(incident, row)
    with pytest.raises(StoreError, match="append-only"), store.writing() as connection:
        connection.execute("update journal set actor = 'somebody else'")
    with pytest.raises(StoreError, match="append-only"), store.writing() as connection:
        connection.execute("delete from journal")
    assert not table.append(incident, row)
    assert table.journal(incident) == (row,)
    assert table.journal(incident, after=1) == ()


def test_incidents_are_listed_open_ones_first_and_found_by_session(store: Store) -> None:
    table = IncidentTable(store)
    for session in ("a", "b", "a"):
        table.create(session, "p", "t", "contain")
    table.set_closed("INC-0003", "later")
    table.save_place("INC-0001", "capture", 7)
    assert [row.id for row in table.all()] == ["INC-0002", "INC-0001", "INC-0003"]
    found = table.open_for("a")
    assert found is not None
    assert (found.id, found.room, found.cursor) == ("INC-0001", "capture", 7)
    assert table.open_for("nobody") is None
    assert table.get("INC-0042") is None


def test_a_second_connection_keeps_the_locks_of_the_first(tmp_path: Path) -> None:
    """Else another process that closes its connection would remove the log that the first still writes to."""
    path = tmp_path / "shared.db"
    with Store(path) as first:
        with first.writing() as connection:
            connection.execute("insert into incident values ('INC-1', 's', 'p', 'now', null, 'contain', 0)")
        Store(path).close()
        script = (
            "import sys; from pathlib import Path; from runbook_tui.evidence import Store;"
            "Store(Path(sys.argv[1])).close()"
        )
        subprocess.run([sys.executable, "-c", script, str(path)], check=True, timeout=60)
        assert path.with_name("shared.db-wal").exists()
        with first.writing() as connection:
            connection.execute("insert into incident values ('INC-2', 's', 'p', 'now', null, 'contain', 0)")
        count = (
            "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]);"
            "print(db.execute('select count(*) from incident').fetchone()[0])"
        )
        seen = subprocess.run(
            [sys.executable, "-c", count, str(path)], capture_output=True, text=True, check=True, timeout=60
        )
        assert seen.stdout.strip() == "2"


def test_a_part_that_cannot_be_read_is_a_problem_of_the_store(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    Store(path).close()
    with path.open("r+b") as file:
        file.seek(16_384)
        file.write(b"\xa5" * (path.stat().st_size - 16_384))
    with pytest.raises(StoreError, match=f"^the database is damaged: {path}: "), Store(path) as store:
        store.connection.execute("select * from incident, session, span").fetchall()
