"""What all tests share: stores, playbooks, a clock that stands still until told, and no skipping in silence."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings

from runbook_tui.evidence import Store
from runbook_tui.playbook import Playbook, Playbooks, load_all, playbook_dirs

settings.register_profile("project", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("project")


class Watch:
    """A clock for incidents; it moves when a test says so."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 2, 14, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture(autouse=True)
def _private_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test can reach the database of whoever runs it."""
    monkeypatch.setenv("RUNBOOK_TUI_DB", str(tmp_path / "default.db"))
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.db") as opened:
        yield opened


@pytest.fixture(scope="session")
def playbooks() -> Playbooks:
    return load_all(playbook_dirs())


@pytest.fixture(scope="session")
def playbook(playbooks: Playbooks) -> Playbook:
    return playbooks.default


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test in a real terminal needs tmux; without it, and only then, it is skipped."""
    if item.get_closest_marker("e2e") and shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where checks run unattended, a terminal test that skips itself has not been run: it fails."""
    report = yield
    unattended = bool(os.environ.get("CI")) and shutil.which("tmux") is not None
    if item.get_closest_marker("e2e") and report.skipped and unattended and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        reason = call.excinfo.value if call.excinfo else report.longrepr
        report.longrepr = f"skipped although tmux is installed: {reason}"
    return report
