"""A run that never came to what a case is about shows nothing: it is no pass, and that is said."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from runbook_tui.evals import (
    Assertion,
    EvalCase,
    FinalNotContains,
    ForbiddenTool,
    MaxRepeat,
    MaxSteps,
    RequiredTool,
    ToolArgs,
    ToolOutputFields,
    judge_cases,
    propose_case,
    prove,
    run_case,
    write_case,
    write_junit,
)
from runbook_tui.evals.trial import Trial
from runbook_tui.incident import case_yaml
from runbook_tui.incident.samples import story_names
from runbook_tui.playbook import Playbook
from runbook_tui.trace import build_session
from tests.cli.test_commands import run
from tests.evals.conftest import Opener
from tests.factories import make_tool, request, wire_span, write_lines

TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "decline_application"}


@pytest.fixture
def declining(tmp_path: Path) -> Path:
    """A new run that looks nothing up and declines twice."""
    return write_lines(tmp_path / "PROD-LOAN.jsonl", request(wire_span(1, TOOL), wire_span(2, TOOL)))


@pytest.fixture
def case(opened: Opener, tmp_path: Path) -> tuple[EvalCase, Path]:
    response = opened("loan")
    found = propose_case(response).model_copy(update={"id": "PROD-LOAN", "expected_signals": {}})
    return found, write_case(found, tmp_path / "evals", response)


@pytest.mark.parametrize(
    ("assertion", "exercised"),
    [
        (ForbiddenTool(tools=("pay",), after="TOOL_SCHEMA_DRIFT"), False),
        (ForbiddenTool(tools=("pay",)), True),
        (ToolOutputFields(tool="lookup", fields=("income",)), False),
        (ToolOutputFields(tool="note", fields=("income",)), False),
        (ToolArgs(tool="lookup", path="id", equals=1), False),
        (ToolArgs(tool="lookup", path="id", not_equals=1), True),
        (MaxRepeat(tool="lookup", times=2), False),
        (MaxRepeat(tool="note", times=2), True),
        (FinalNotContains(texts=("approved",)), False),
        (MaxSteps(limit=5), True),
        (RequiredTool(tools=("note",)), True),
    ],
)
def test_what_a_run_does_not_come_to_is_not_exercised(
    assertion: Assertion, exercised: bool, playbook: Playbook
) -> None:
    session = build_session("s", "otlp", [make_tool(1, "note", {"text": "hello"}, "done")])
    verdict = assertion.check(Trial(session, playbook))
    assert (verdict.passed, verdict.exercised) == (True, exercised)


def test_a_run_that_comes_to_nothing_is_no_pass(case: tuple[EvalCase, Path], declining: Path) -> None:
    grade = run_case(case[1], declining)
    assert not grade.failures
    assert (grade.passed, grade.exercised) == (False, False)


def test_the_gate_stays_shut_and_says_so(
    case: tuple[EvalCase, Path], declining: Path, tmp_path: Path
) -> None:
    report = judge_cases([case[1]], [declining])
    (found,) = report.cases
    assert (found.verdict, found.blocks) == ("not_exercised", True)
    assert [item.said for item in found.runs[0].not_exercised] == [
        "income_verification not called",
        "TOOL_SCHEMA_DRIFT is not there",
    ]
    write_junit(report, tmp_path / "report.xml")
    failure = Xml.parse(tmp_path / "report.xml").getroot().find("testcase/failure")
    assert failure is not None
    assert (failure.get("message"), "income_verification not called" in (failure.text or "")) == (
        "not exercised",
        True,
    )
    told = run("eval", "gate", case[1], "--runs", declining, db=tmp_path / "rb.db", status=1).stdout
    assert "came to nothing of what the case is about" in told
    assert "not exercised: " in told
    told = run("eval", "run", case[1], "--trace", declining, db=tmp_path / "rb.db", status=1).stdout
    assert told.count("not exercised  ") == 2
    assert told.endswith("Not a pass: the run came to nothing of what the case is about.\n")


@pytest.mark.parametrize("name", story_names())
def test_the_good_run_of_a_proposed_case_opens_the_gate(name: str, opened: Opener, tmp_path: Path) -> None:
    """Also where it does not come to what went wrong: no lookup of the good run comes back empty."""
    response = opened(name)
    found = propose_case(response)
    folder = write_case(found, tmp_path / "evals", response)
    assert prove(response, found).guards
    (corrected,) = folder.glob("corrected*")
    new = tmp_path / f"{found.id}.jsonl"
    new.write_bytes(corrected.read_bytes())
    report = judge_cases([folder], [new])
    assert report.passed
    assert report.cases[0].verdict == ("not_exercised" if name == "legacy-empty" else "passed")


def test_a_pass_says_what_it_did_not_come_to(case: tuple[EvalCase, Path], tmp_path: Path) -> None:
    found, folder = case
    more = found.model_copy(update={"assertions": (*found.assertions, MaxRepeat(tool="send_email", times=1))})
    (folder / "case.yaml").write_text(case_yaml(more.model_dump(mode="json", by_alias=True)))
    (corrected,) = folder.glob("corrected*")
    new = tmp_path / f"{found.id}.jsonl"
    new.write_bytes(corrected.read_bytes())
    told = run("eval", "gate", folder, "--runs", new, db=tmp_path / "rb.db").stdout.splitlines()
    assert told[0].endswith("as far as it came; the rest of the case was not exercised")
    assert "not exercised: " in told[1]
