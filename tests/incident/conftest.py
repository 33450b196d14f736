"""An incident of the invoice that was paid ten times over, in a store of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runbook_tui.evidence import Store
from runbook_tui.incident import Response, add_capture, open_incident
from runbook_tui.playbook import Playbooks
from tests.conftest import Watch
from tests.factories import SAMPLES

Opener = Callable[..., Response]


@pytest.fixture
def open_sample(store: Store, playbooks: Playbooks, watch: Watch) -> Opener:
    """Opens the incident of a sample session, or resumes it."""

    def opener(name: str = "invoice", baseline: tuple[str, ...] = ()) -> Response:
        added = add_capture(store, SAMPLES / f"{name}.jsonl", playbooks.default)
        return open_incident(store, playbooks, added.sessions[0], baseline=baseline, clock=watch)

    return opener


@pytest.fixture
def response(open_sample: Opener) -> Response:
    return open_sample()
