"""An exported case is run by the tool it was exported for: it ends well on good runs and badly on the failure."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runbook_tui.evals import EvalCaseError, Export, export_case, propose_case, record_case
from runbook_tui.playbook import Playbooks
from tests.evals.conftest import SAMPLES, Opener

VARIABLE = "RUNBOOK_TUI_TEST_EVALS"
COMMANDS: dict[Export, list[str]] = {
    "pytest": ["-m", "pytest", "-q", "-p", "no:cacheprovider", "test_eval_cases.py"],
    "inspect": ["eval_cases.py"],
    "pydantic-evals": ["eval_cases.py"],
}


def _python(form: Export) -> str:
    """The interpreter the tool is installed for; without one the test is skipped, where checks run it fails."""
    if form == "pytest":
        return sys.executable
    folder = os.environ.get(VARIABLE)
    if not folder:
        pytest.skip(f"{VARIABLE} names no environment with the real eval tools: run make test-evals")
    return str(Path(folder).absolute() / "bin" / "python")


def _run(
    form: Export, folder: Path, runs: Path | None, overrides: str = ""
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    kept |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
        "PYTHONPATH": "",
        "NO_COLOR": "1",
        "RUNBOOK_TUI_OVERRIDES": overrides,
        **({"RUNBOOK_TUI_RUNS": str(runs)} if runs else {}),
    }
    command = [_python(form), *COMMANDS[form]]
    return subprocess.run(
        command, cwd=folder, env=kept, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture
def exported(tmp_path: Path, opened: Opener, playbooks: Playbooks) -> Path:
    """Folders by tool, each with the cases of two incidents; and the runs, good ones and the failures again."""
    for form in COMMANDS:
        _python(form)
    for name in ("invoice", "pricing"):
        response = opened(name)
        case = propose_case(response).model_copy(update={"id": f"PROD-{name.upper()}", "severity": "P1"})
        record_case(response, case)
        for form in COMMANDS:
            export_case(response.store, playbooks, case.id, form, tmp_path / form)
        for kind, ending in (("good", "-clean"), ("bad", "")):
            (tmp_path / kind).mkdir(exist_ok=True)
            shutil.copy(SAMPLES / f"{name}{ending}.jsonl", tmp_path / kind / f"{case.id}.jsonl")
    return tmp_path


def test_the_tools_tell_good_runs_from_the_failure(exported: Path) -> None:
    for form in COMMANDS:
        good = _run(form, exported / form, exported / "good")
        assert good.returncode == 0, f"{form}: {good.stdout}{good.stderr}"
        bad = _run(form, exported / form, exported / "bad")
        assert bad.returncode == 1, f"{form}: {bad.stdout}{bad.stderr}"
        overridden = "PROD-INVOICE=known, mended on Monday\nPROD-PRICING=known"
        let_through = _run(form, exported / form, exported / "bad", overridden)
        assert let_through.returncode == 0, f"{form}: {let_through.stdout}{let_through.stderr}"
        assert _run(form, exported / form, None).returncode != 0, "no runs are no good runs"
        shutil.rmtree(exported / form / "cases")
        assert _run(form, exported / form, exported / "good").returncode != 0, "no cases hold nothing"


def test_the_reason_is_told(exported: Path) -> None:
    said = _run("pytest", exported / "pytest", exported / "bad").stdout
    assert "P1 PROD-INVOICE" in said
    assert "approve_invoice" in said


def test_a_case_is_exported_once_and_from_a_folder_too(
    exported: Path, opened: Opener, playbooks: Playbooks
) -> None:
    store = opened("invoice").store
    written = exported / "pytest" / "cases" / "PROD-INVOICE"
    at = export_case(store, playbooks, str(written), "case", exported / "again")
    assert sorted(item.name for item in at.iterdir()) == sorted(item.name for item in written.iterdir())
    with pytest.raises(EvalCaseError, match="there already"):
        export_case(store, playbooks, str(written / "case.yaml"), "case", exported / "again")
    with pytest.raises(EvalCaseError, match="no such case"):
        export_case(store, playbooks, "PROD-NONE", "pytest", exported / "again")
