"""An incident of a sample session, beside its good run, in a store of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runbook_tui.evidence import Store
from runbook_tui.incident import Response, add_capture, open_incident
from runbook_tui.playbook import Playbooks, load_all, playbook_dirs

SAMPLES = Path(__file__).resolve().parents[2] / "sample_sessions"
Opener = Callable[..., Response]


@pytest.fixture(scope="session")
def playbooks() -> Playbooks:
    return load_all(playbook_dirs())


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, playbooks: Playbooks) -> Iterator[Opener]:
    """Opens the incident of a sample; importing one takes time, so each is imported once a module."""
    stores: list[Store] = []

    def _open(name: str, *, good: bool = True) -> Response:
        store = Store(tmp_path_factory.mktemp(name) / "runbook.db")
        stores.append(store)
        bad = add_capture(store, SAMPLES / f"{name}.jsonl", playbooks.default)
        clean: list[str] = []
        if good:
            clean = list(add_capture(store, SAMPLES / f"{name}-clean.jsonl", playbooks.default).sessions[:1])
        return open_incident(store, playbooks, bad.sessions[0], baseline=clean)

    yield _open
    for store in stores:
        store.close()
