"""Cases on disk: what is written is what is read, and what cannot be read says why and where."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from runbook_tui.evals import (
    EvalCase,
    EvalCaseError,
    MaxSteps,
    ToolArgs,
    load_case,
    propose_case,
    record_case,
    run_case,
    write_case,
)
from runbook_tui.incident import RefusedError, Response
from tests.cli.test_commands import run
from tests.evals.conftest import SAMPLES, Opener


@pytest.fixture(scope="module")
def response(opened: Opener) -> Response:
    return opened("invoice")


@pytest.fixture(scope="module")
def case(response: Response) -> EvalCase:
    return propose_case(response)


def test_what_is_written_is_what_is_read(response: Response, case: EvalCase, tmp_path: Path) -> None:
    odd = ToolArgs(tool="no", path="12:30", not_equals={"yes": ["2024-01-01", None, 1.5, "{{ x }}", "`|<b>"]})
    case = case.model_copy(update={"assertions": (*case.assertions, odd)})
    folder = write_case(case, tmp_path, response)
    assert load_case(folder) == load_case(folder / "case.yaml") == case
    for item in case.trace:
        assert hashlib.sha256((folder / item.file).read_bytes()).hexdigest() == item.sha256
    assert (folder / "corrected.jsonl").read_bytes() == (SAMPLES / "invoice-clean.jsonl").read_bytes()
    with pytest.raises(EvalCaseError, match="there already"):
        write_case(case, tmp_path, response)


def test_run_on_files(response: Response, case: EvalCase, tmp_path: Path) -> None:
    folder = write_case(case, tmp_path, response)
    assert not run_case(folder).passed
    assert run_case(folder, folder / "corrected.jsonl").passed
    assert run_case(folder / "case.yaml", SAMPLES / "invoice-clean.jsonl").passed
    with pytest.raises(EvalCaseError, match="which session is meant"):
        run_case(folder, SAMPLES / "pricing.jsonl", session="not there")


def test_a_case_that_would_guard_nothing_is_refused(response: Response, case: EvalCase) -> None:
    idle = case.model_copy(update={"assertions": (MaxSteps(limit=10_000),), "expected_signals": {}})
    with pytest.raises(RefusedError, match="does not fail on this trace"):
        record_case(response, idle)
    assert response.state.evaluation is None


def test_the_next_case_has_the_next_number(opened: Opener) -> None:
    response = opened("invoice")
    first = propose_case(response)
    record_case(response, first)
    response.undo()
    assert first.id == f"PROD-{response.id}-1"
    assert propose_case(response).id == f"PROD-{response.id}-2"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("severity: P1", "severity: P9", r"case\.yaml:6:1.*: severity|severity"),
        ("severity:", "severities:", "severities: unknown key|severity is missing"),
        ("id: PROD", "id: prod", "id"),
        ("assertions:", "assertions: [", "not an eval case"),
        ("severity: ", "severity: P0\nseverity: ", "not an eval case"),
        ("type: no_flag", "type: no_flags", "assertions"),
    ],
)
def test_bad_files_say_where(
    response: Response, case: EvalCase, tmp_path: Path, old: str, new: str, said: str
) -> None:
    file = write_case(case, tmp_path, response) / "case.yaml"
    text = file.read_text()
    text = text.replace("severity: P0", "severity: P1")
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(EvalCaseError, match=said) as caught:
        load_case(file)
    assert str(file) in caught.value.where
    assert "\n" not in str(caught.value)


def test_no_case_there(tmp_path: Path) -> None:
    with pytest.raises(EvalCaseError, match="cannot read the eval case"):
        load_case(tmp_path / "case.yaml")
    (tmp_path / "case.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(EvalCaseError, match="not UTF-8"):
        load_case(tmp_path)


def test_a_kept_case_runs_by_its_id_and_its_first_line_by_its_file(opened: Opener, tmp_path: Path) -> None:
    response = opened("invoice")
    case = propose_case(response)
    record_case(response, case)
    db = response.store.path
    for named in (case.id, write_case(case, tmp_path / "evals", response) / "case.yaml"):
        told = run("eval", "run", named, db=db, status=1).stdout
        assert "fails" in told
    file = tmp_path / "evals" / case.id / "case.yaml"
    assert "runbook-tui eval run case.yaml --trace" in file.read_text().splitlines()[0]
    nothing = run("eval", "run", "PROD-NOTHING", db=db, status=2).stderr
    assert "no such case: PROD-NOTHING: runbook-tui eval list shows them" in nothing
