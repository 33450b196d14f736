"""An incident on the loan session, and the app on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runbook_tui.evidence import Store
from runbook_tui.incident import Response, add_capture, open_incident
from runbook_tui.incident.samples import load_story
from runbook_tui.playbook import Playbooks, load_all, playbook_dirs
from runbook_tui.ui import RunbookApp, Start


def frozen_clock() -> datetime:
    return datetime(2026, 11, 20, 2, 20, tzinfo=UTC)


@pytest.fixture(scope="session")
def playbooks() -> Playbooks:
    return load_all(playbook_dirs())


@pytest.fixture(scope="session")
def loan_db(tmp_path_factory: pytest.TempPathFactory, playbooks: Playbooks) -> Path:
    """A store with the loan agent's failed and clean run in it; copied by each test."""
    path = tmp_path_factory.mktemp("loan") / "loan.db"
    story = load_story("loan")
    with Store(path) as store:
        add_capture(store, story.path, playbooks.default)
        add_capture(store, story.clean_path, playbooks.default)
        store.connection.execute("pragma wal_checkpoint(truncate)")
    return path


@pytest.fixture
def db(tmp_path: Path, loan_db: Path) -> Path:
    copy = tmp_path / "copy.db"
    copy.write_bytes(loan_db.read_bytes())
    return copy


@pytest.fixture
def app(db: Path, playbooks: Playbooks) -> RunbookApp:
    story = load_story("loan")
    start = Start("session", story.session, (story.clean_session,), story.detected_at, rehearsal=True)
    return RunbookApp(db, lambda: playbooks, start, frozen_clock)


@pytest.fixture
def live_app(db: Path, playbooks: Playbooks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunbookApp:
    """One that runs commands, with nothing on its path but a kubectl of the test."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    story = load_story("loan")
    start = Start("session", story.session, (story.clean_session,), story.detected_at)
    return RunbookApp(db, lambda: playbooks, start, frozen_clock)


@pytest.fixture
def response(db: Path, playbooks: Playbooks) -> Iterator[Response]:
    story = load_story("loan")
    with Store(db) as store:
        yield open_incident(
            store,
            playbooks,
            story.session,
            baseline=(story.clean_session,),
            detected_at=story.detected_at,
            clock=frozen_clock,
        )
