"""Stopping the agent from the contain room, with a program of the test in the place of kubectl."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from textual.pilot import Pilot

from runbook_tui.evidence import StoreError
from runbook_tui.incident import RefusedError
from runbook_tui.playbook import Playbooks
from runbook_tui.ui import RunbookApp
from runbook_tui.ui.rooms.values import check_values
from tests.ui.driver import press, response_of, screen_text, settle, type_text

KUBECTL = """#!{python}
import sys, time
from pathlib import Path
here = Path(__file__).parent
with (here / "calls").open("a") as calls:
    print(*sys.argv[1:], file=calls)
if "scale" in sys.argv:
{scale}
else:
{get}
"""


@pytest.fixture
def kubectl(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin" / "kubectl"


def _write(kubectl: Path, scale: str = "print('scaled')", get: str = "print('0')") -> None:
    body = {"scale": f"    {scale}", "get": f"    {get}"}
    kubectl.write_text(KUBECTL.format(python=sys.executable, **body))
    kubectl.chmod(0o700)


def _calls(kubectl: Path) -> list[str]:
    return (kubectl.parent / "calls").read_text().splitlines()


async def _choose(pilot: Pilot[None], *keys: str) -> None:
    """To the ways of carrying the Kubernetes stop out, and on with these keys."""
    await settle(pilot)
    await press(pilot, "g", "j", "enter", "ctrl+s")
    await pilot.pause(0.5)
    await press(pilot, *keys)


async def _until(pilot: Pilot[None], text: str) -> str:
    for _ in range(100):
        if text in screen_text(pilot.app):
            break
        await pilot.pause(0.1)
    assert text in screen_text(pilot.app)
    return screen_text(pilot.app)


async def test_a_stop_is_run_and_its_check_starts_the_contained_clock(
    live_app: RunbookApp, kubectl: Path
) -> None:
    _write(kubectl)
    async with live_app.run_test(size=(80, 24), notifications=True) as pilot:
        await _choose(pilot)
        assert "Run it here" in screen_text(live_app)
        await press(pilot, "enter")
        await _until(pilot, "Contained at")
        state = response_of(live_app).state
    assert _calls(kubectl)[0] == "-n agents scale deployment/loan-eligibility --replicas=0"
    assert [run.purpose for run in state.commands] == ["stop", "check"]
    assert "said: 0" in (state.contained_how or "")


async def test_what_does_not_work_is_read_before_one_goes_on(live_app: RunbookApp, kubectl: Path) -> None:
    _write(kubectl, scale="sys.exit('forbidden: agents')")
    async with live_app.run_test(size=(80, 24), notifications=True) as pilot:
        await _choose(pilot, "enter")
        shown = await _until(pilot, "It did not work: exit status 1")
        assert "forbidden: agents" in shown
        await press(pilot, "enter")
        shown = await _until(pilot, "exit status 1 after")
        assert "Not contained yet." in shown
        assert response_of(live_app).state.stops == ()


async def test_escape_ends_a_command(live_app: RunbookApp, kubectl: Path) -> None:
    _write(kubectl, scale="print('waiting', flush=True); time.sleep(60)")
    async with live_app.run_test(size=(80, 24), notifications=True) as pilot:
        await _choose(pilot, "enter")
        await _until(pilot, "waiting")
        await press(pilot, "escape")
        await _until(pilot, "It did not work: ended by you")
        await press(pilot, "enter")
        await settle(pilot)
        (run,) = response_of(live_app).state.commands
        assert (run.status, run.output) == ("cancelled", "waiting\n")


async def test_a_check_that_shows_something_else_is_left_to_the_engineer(
    live_app: RunbookApp, kubectl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runbook_tui.incident.execution.WAITED_S", 0.5)
    _write(kubectl, get="print('2')")
    async with live_app.run_test(size=(80, 24), notifications=True) as pilot:
        await _choose(pilot, "enter")
        shown = await _until(pilot, "Is it really stopped?")
        assert "No replica is ready" in shown
        assert "The check did not settle it: exit status 0" in shown
        assert "It said, last:" in shown
        assert response_of(live_app).state.contained_at is None


async def test_a_stop_is_taken_back(live_app: RunbookApp, kubectl: Path) -> None:
    _write(kubectl)
    async with live_app.run_test(size=(80, 30), notifications=True) as pilot:
        await _choose(pilot, "enter")
        await _until(pilot, "Contained at")
        await _choose(pilot, "t", "enter")
        shown = await _until(pilot, "How many replicas ran before the stop")
        await press(pilot, "enter")
        shown = await _until(pilot, '"--replicas=1"')
        assert "Run it here" in shown
        await pilot.pause(0.5)
        await press(pilot, "enter")
        await _until(pilot, "Not contained yet.")
    assert _calls(kubectl)[-1] == "-n agents scale deployment/loan-eligibility --replicas=1"


async def test_a_command_is_copied_as_one_line(app: RunbookApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is pasted into a shell is what is shown, each argument quoted."""
    monkeypatch.setenv("TERM", "xterm-256color")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await _choose(pilot)
        shown = screen_text(app)
        assert "Run it here" not in shown, "this is a rehearsal"
        await press(pilot, "c", "enter")
        arguments = shlex.split(app.clipboard)
        assert arguments[0] == "kubectl"
        assert all(f'"{argument}"' in shown for argument in arguments)
        assert "Copied the command." in screen_text(app)


async def test_without_a_record_nothing_runs(live_app: RunbookApp, kubectl: Path) -> None:
    """Another terminal wrote to the journal meanwhile; or the disk is full."""
    _write(kubectl)
    async with live_app.run_test(size=(80, 24), notifications=True) as pilot:
        await _choose(pilot)
        response = response_of(live_app)

        def full(*_: object, **__: object) -> None:
            raise StoreError("the database cannot be written", "x.db", "free some space")

        response.journal.append = full  # type: ignore[method-assign,assignment]
        await press(pilot, "enter")
        await settle(pilot)
        assert "the database cannot be written" in screen_text(live_app)
        assert not (kubectl.parent / "calls").exists()


async def test_a_value_that_is_refused_is_called_as_it_was_asked_for(app: RunbookApp) -> None:
    async with app.run_test(size=(80, 30), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "enter")
        await settle(pilot)
        await type_text(pilot, "no way")
        await press(pilot, "ctrl+s")
        await settle(pilot)
        await press(pilot, "down")
        await type_text(pilot, "tasks")
        await press(pilot, "ctrl+s")
        await settle(pilot)
        text = screen_text(app)
        assert "Celery application cannot be used: write it like agents.worker" in text
        assert "celery_app" not in text


def test_without_an_example_the_pattern_is_said(playbooks: Playbooks) -> None:
    variables = playbooks.default.vars
    with pytest.raises(RefusedError) as refused:
        check_values(variables, {"namespace": "no way"})
    assert refused.value.what == f"{variables['namespace'].prompt} cannot be used"
    assert refused.value.advice == f"must match {variables['namespace'].pattern}"
    with pytest.raises(RefusedError) as refused:
        check_values(variables, {"celery_app": "-A"})
    assert "hyphen" in refused.value.advice
