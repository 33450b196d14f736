"""Fetching stops anywhere and goes on from there; the store never holds a part."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runbook_tui.evidence import Store
from runbook_tui.incident.fetching import (
    FetchCancelledError,
    FetchProgress,
    ServerError,
    Wanted,
    resolve,
    spool_folder,
)
from runbook_tui.incident.spool import Spool
from runbook_tui.intake.servers import Limits, Marker
from tests.intake import samples
from tests.servers.conftest import Fetch
from tests.servers.loopback import Loopback, Reply, Request
from tests.servers.phoenix import PAGES, Phoenix
from tests.servers.same_run import assert_sample, stored


def _breaks_after(pages: int, how: Any) -> Any:
    def before(phoenix: Phoenix, request: Request) -> Any:
        return how if phoenix.pages >= pages and request.query.get("limit") == "200" else None

    return before


def _sessions(store: Store) -> int:
    (count,) = store.connection.execute("select count(*) from session").fetchone()
    return int(count)


def test_it_goes_on_after_a_failure(store: Store, fetch_from: Fetch) -> None:
    phoenix = Phoenix()
    phoenix.before = _breaks_after(3, Reply(400, b'{"message":"out of order"}'))
    with Loopback(phoenix) as server:
        with pytest.raises(ServerError, match="out of order"):
            fetch_from("phoenix", server.url, samples.SESSION)
        assert _sessions(store) == 0
        phoenix.before, asked = None, len(server.requests)
        found = fetch_from("phoenix", server.url, samples.SESSION)
        assert len(server.requests) - asked == 1, "only the page that was missing"
        assert found.resumed
        assert found.pages == PAGES
        again = fetch_from("phoenix", server.url, samples.SESSION)
    assert again.added.new_spans == 0
    assert again.added.sha256 == found.added.sha256, "resumed or not, the same bytes are kept"
    assert_sample(stored(store, samples.SESSION), runs=2)
    assert not spool_folder(store.path).exists()


def test_progress_counts_traces_then_bytes(fetch_from: Fetch) -> None:
    told: list[FetchProgress] = []
    with Loopback(Phoenix()) as server:
        fetch_from("phoenix", server.url, samples.SESSION, progress=told.append)
    assert [item.stage for item in told][:2] == ["asking", "fetching"]
    fetching = [(item.done, item.total) for item in told if item.stage == "fetching"]
    assert fetching == [(0, 2), (1, 2), (1, 2), (2, 2)]
    sizes = [item.size for item in told]
    assert sizes == sorted(sizes)
    assert told[-1].stage == "storing"


def test_cancelling_ends_a_silent_connection_at_once(store: Store, fetch_from: Fetch) -> None:
    phoenix = Phoenix()
    phoenix.before = _breaks_after(1, Reply(200, b"{}", wait=60))
    stop = threading.Event()
    with Loopback(phoenix) as server:
        threading.Timer(0.5, stop.set).start()
        began = time.monotonic()
        with pytest.raises(FetchCancelledError):
            fetch_from("phoenix", server.url, samples.SESSION, cancelled=stop.is_set, limits=Limits())
        assert time.monotonic() - began < 5
        assert _sessions(store) == 0
        phoenix.before = None
        assert fetch_from("phoenix", server.url, samples.SESSION).resumed
    assert_sample(stored(store, samples.SESSION), runs=2)


def _spool(tmp_path: Path, at: datetime, *, fresh: bool = False) -> Spool:
    source = resolve("phoenix", url="http://127.0.0.1:1")
    return Spool(tmp_path / "spool", source, Wanted("s"), lambda: at, fresh=fresh)


def test_what_a_kill_cut_in_half_is_left_out(tmp_path: Path) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    with _spool(tmp_path, now) as spool:
        spool.append(b'{"page":1}', Marker(["t"], 0, "1", 1))
        with spool.path.open("ab") as file:
            file.write(b'{"page":2')
    assert spool.path.stat().st_mode & 0o777 == 0o600
    with _spool(tmp_path, now) as again:
        assert again.marker == Marker(["t"], 0, "1", 1)
        again.append(b'{"page":2}', Marker(["t"], 1, None, 2))
        assert again.path.read_bytes() == b'{"page":1}\n{"page":2}\n'


def test_what_is_old_damaged_or_not_wanted_begins_anew(tmp_path: Path) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)

    def fetched(at: datetime, *, fresh: bool = False) -> Marker | None:
        with _spool(tmp_path, at, fresh=fresh) as spool:
            found = spool.marker
            spool.append(b"{}", Marker(["t"]))
            return found

    assert fetched(now) is None
    assert fetched(now) is not None
    assert fetched(now, fresh=True) is None
    assert fetched(now + timedelta(days=2)) is None
    (state,) = (tmp_path / "spool").glob("*.json")
    state.write_bytes(b"{")
    assert fetched(now + timedelta(days=2)) is None
    (pages,) = (tmp_path / "spool").glob("*/*.jsonl")
    pages.write_bytes(b"")
    assert fetched(now + timedelta(days=2)) is None


def test_two_at_once_do_not_mix(tmp_path: Path) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    with _spool(tmp_path, now), pytest.raises(ServerError, match="being fetched already"):
        _spool(tmp_path, now)


def _command(url: str, db: Path, *more: str) -> list[str]:
    main = [sys.executable, "-m", "runbook_tui", "--db", str(db)]
    return [*main, "capture", "phoenix", samples.SESSION, "--url", url, *more]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_command_goes_on(tmp_path: Path, how: signal.Signals) -> None:
    phoenix, db = Phoenix(), tmp_path / "rb.db"
    phoenix.before = _breaks_after(3, Reply(200, b"{}", wait=60))
    environment = {**os.environ, "NO_COLOR": "1"}
    with Loopback(phoenix) as server:
        process = subprocess.Popen(
            _command(server.url, db),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(200):
            if len([path for path in server.paths if path.endswith("/spans")]) > 3:
                break
            time.sleep(0.05)
        process.send_signal(how)
        _, said = process.communicate(timeout=10)
        assert "Traceback" not in said
        if how is signal.SIGINT:
            assert process.returncode == 130
            assert "stopped: phoenix s-1: nothing was stored; the same command goes on from here" in said
        with Store(db) as store:
            assert _sessions(store) == 0
        phoenix.before = None
        done = subprocess.run(
            _command(server.url, db, "--json"), env=environment, capture_output=True, text=True, check=True
        )
    found = json.loads(done.stdout)
    assert found["resumed"] is True
    assert found["added"]["sessions"] == [samples.SESSION]
    with Store(db) as store:
        assert_sample(stored(store, samples.SESSION), runs=2)
    assert not spool_folder(db).exists()
