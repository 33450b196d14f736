"""A real MLflow, sent spans by a real exporter and by its own library."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook_tui.evidence import Store
from runbook_tui.incident import add_capture
from runbook_tui.intake.servers import ServerError, SessionLackingError
from runbook_tui.playbook import Playbook
from tests.intake import samples
from tests.servers.conftest import Fetch
from tests.servers.real.exporting import AGENT, recorded, send, write
from tests.servers.real.servers import free_port, installed, running
from tests.servers.same_run import assert_sample, outline, stored

pytestmark = pytest.mark.xdist_group("mlflow")
_OWN = Path(__file__).with_name("mlflow_agent.py")
_EXPERIMENT = {"x-mlflow-experiment-id": "0"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = installed("mlflow")
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    command: list[str | Path] = [
        program,
        "server",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    command += [
        "--backend-store-uri",
        f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination",
        str(folder / "art"),
    ]
    environment = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "GIT_PYTHON_REFRESH": "quiet"}
    with running(command, port, "/health", folder, environment) as found:
        yield found


@pytest.mark.parametrize("openinference", [False, True], ids=["genai", "openinference"])
def test_a_session_is_the_same_as_from_a_file(
    url: str, store: Store, tmp_path: Path, playbook: Playbook, fetch_from: Fetch, openinference: bool
) -> None:
    name = f"mlflow-{openinference}"
    spans = recorded(name, openinference=openinference)
    send(spans, url, _EXPERIMENT)
    assert fetch_from("mlflow", url, name).traces == 2
    fetched = stored(store, name)
    assert_sample(fetched, runs=2)
    with Store(tmp_path / "file.db") as other:
        add_capture(other, write(spans, tmp_path / "spans.pb"), playbook)
        assert outline(fetched) == outline(stored(other, name))


def test_its_own_library(url: str, store: Store, fetch_from: Fetch, tmp_path: Path) -> None:
    answers = [
        {"role": "assistant", "tool_calls": [samples.ASKING]},
        {"role": "assistant", "content": "On its way."},
    ]
    chats = [[samples.FIRST, answers[0], [7, 2]], [samples.SECOND, answers[1], [10, 3]]]
    run = {"task": samples.TASK, "arguments": samples.ARGUMENTS, "result": samples.RESULT, "chats": chats}
    subprocess.run(
        [installed("python"), str(_OWN), url, "own-session", json.dumps(run)],
        check=True,
        cwd=tmp_path,
        timeout=120,
        capture_output=True,
    )
    assert fetch_from("mlflow", url, "own-session", project="agents").added.sessions == ("own-session",)
    assert_sample(stored(store, "own-session"))


def test_a_trace_and_the_latest_of_an_agent(url: str, store: Store, fetch_from: Fetch) -> None:
    spans = recorded("mlflow-latest", runs=1)
    send(spans, url, _EXPERIMENT)
    context = spans[0].get_span_context()
    assert context is not None
    trace_id = f"{context.trace_id:032x}"
    for wanted in (trace_id, f"tr-{trace_id}"):
        assert fetch_from("mlflow", url, wanted).added.sessions == ("mlflow-latest",)
    latest = fetch_from("mlflow", url, latest=50, agent=AGENT)
    assert "mlflow-latest" in latest.added.sessions
    assert_sample(stored(store, "mlflow-latest"))


def test_what_is_not_there(url: str, fetch_from: Fetch) -> None:
    for wanted in ("nothing", "it's", 'a "quoted" one', "0" * 32):
        with pytest.raises(SessionLackingError):
            fetch_from("mlflow", url, wanted)
    with pytest.raises(ServerError, match="no such experiment"):
        fetch_from("mlflow", url, "nothing", project="nowhere")
