"""What the tests of trace servers share: no variable of a real server reaches them, and a fetch in one call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runbook_tui.evidence import Store
from runbook_tui.incident.fetching import Fetched, Wanted, fetch, resolve
from runbook_tui.intake.servers import Limits
from runbook_tui.intake.servers.environment import VARIABLES
from runbook_tui.playbook import Playbook

Fetch = Callable[..., Fetched]
QUICK = Limits(connect=2.0, silence=0.5, request=3.0, tries=3, first_wait=0.01, longest_wait=0.2)


@pytest.fixture(autouse=True)
def _no_real_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOK_TUI_SOURCES", str(tmp_path / "sources.yaml"))
    monkeypatch.setenv("NO_PROXY", "*")
    for names in VARIABLES.values():
        for group in (names.url, names.token, names.username, names.password, names.headers, names.project):
            for name in group:
                monkeypatch.delenv(name, raising=False)


@pytest.fixture
def fetch_from(store: Store, playbook: Playbook) -> Fetch:
    """Fetch from a kind of server at an address into the test's store."""

    def call(kind: str, url: str | None, session: str | None = None, **options: Any) -> Fetched:
        wanted = Wanted(session, options.pop("latest", None), options.pop("agent", None))
        source = resolve(kind, url=url, project=options.pop("project", None))
        return fetch(store, source, wanted, playbook, **{"limits": QUICK, **options})

    return call
