"""A real Phoenix, sent spans by a real exporter: what is captured is what was sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook_tui.evidence import Store
from runbook_tui.incident import add_capture
from runbook_tui.incident.fetching import Fetched
from runbook_tui.intake.servers import SessionLackingError, phoenix
from runbook_tui.playbook import Playbook
from tests.servers.conftest import Fetch
from tests.servers.real.exporting import AGENT, recorded, send, write
from tests.servers.real.servers import free_port, installed, running
from tests.servers.same_run import assert_sample, outline, stored

pytestmark = pytest.mark.xdist_group("phoenix")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = installed("phoenix")
    folder, port = tmp_path_factory.mktemp("phoenix"), free_port()
    environment = {
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(free_port()),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    with running([program, "serve"], port, "/healthz", folder, environment) as found:
        yield found


@pytest.mark.parametrize("openinference", [False, True], ids=["genai", "openinference"])
def test_a_session_is_the_same_as_from_a_file(
    url: str,
    store: Store,
    tmp_path: Path,
    playbook: Playbook,
    fetch_from: Fetch,
    monkeypatch: pytest.MonkeyPatch,
    openinference: bool,
) -> None:
    name = f"phoenix-{openinference}"
    spans = recorded(name, openinference=openinference)
    send(spans, url)
    monkeypatch.setattr(phoenix, "_PAGE", 3)
    found = _eventually(fetch_from, url, name)
    assert (found.traces, found.pages) == (2, 4), "a page holds three of a trace's four spans"
    fetched = stored(store, name)
    assert_sample(fetched, runs=2)
    with Store(tmp_path / "file.db") as other:
        add_capture(other, write(spans, tmp_path / "spans.pb"), playbook)
        assert outline(fetched) == outline(stored(other, name))


def test_a_trace_and_the_latest_of_an_agent(url: str, store: Store, fetch_from: Fetch) -> None:
    spans = recorded("phoenix-latest", runs=1)
    send(spans, url)
    _eventually(fetch_from, url, "phoenix-latest")
    context = spans[0].get_span_context()
    assert context is not None
    by_trace = fetch_from("phoenix", url, f"{context.trace_id:032x}", project="default")
    assert by_trace.added.sessions == ("phoenix-latest",)
    latest = fetch_from("phoenix", url, latest=50, agent=AGENT)
    assert "phoenix-latest" in latest.added.sessions
    with pytest.raises(SessionLackingError):
        fetch_from("phoenix", url, latest=1, agent="nobody")
    assert_sample(stored(store, "phoenix-latest"))


def test_late_spans_complete_a_session(url: str, store: Store, fetch_from: Fetch) -> None:
    spans = recorded("phoenix-late", runs=1)
    send(spans[:2], url)
    assert _eventually(fetch_from, url, "phoenix-late").added.new_spans == 2
    send(spans[2:], url)
    for _ in range(100):
        if fetch_from("phoenix", url, "phoenix-late").added.new_spans:
            break
        time.sleep(0.1)
    assert_sample(stored(store, "phoenix-late"))


def _eventually(fetch_from: Fetch, url: str, session: str) -> Fetched:
    """The first answer: Phoenix acknowledges spans before it has stored them."""
    for _ in range(100):
        try:
            return fetch_from("phoenix", url, session)
        except SessionLackingError:
            time.sleep(0.1)
    pytest.fail("the spans did not arrive")
