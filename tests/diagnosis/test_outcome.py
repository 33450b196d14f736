"""How a session ended, where nothing says so."""

from __future__ import annotations

from runbook_tui.diagnosis import diagnose
from runbook_tui.playbook import Playbooks
from tests.factories import make_llm, make_session, make_span


def test_an_error_that_only_speaks_of_a_limit_is_no_cut(playbooks: Playbooks) -> None:
    refused = make_llm(1, status="error", status_message="max_tokens is too large")
    assert [flag.flag for flag in diagnose(make_session(refused), playbooks.default).flags] == ["LLM_ERROR"]


def test_a_run_whose_last_call_failed_did_not_complete(playbooks: Playbooks) -> None:
    asked = make_llm(1, "Looking.", task="Where is it?")
    failed = make_llm(2, status="error", status_message="500 upstream exploded")
    answered = make_llm(3, "It is on its way.")
    broken, mended = make_session(asked, failed), make_session(asked, failed, answered)
    assert diagnose(broken, playbooks.default).session.outcome == "tool_error"
    assert diagnose(mended, playbooks.default).session.outcome == "completed"


def test_a_run_that_a_guardrail_ended_did_not_complete(playbooks: Playbooks) -> None:
    asked = make_llm(1, "Here is her account number.", task="Who owns it?")
    guard = make_span(2, kind="guardrail", name="no_pii", attributes={"guardrail.triggered": True})
    refused = make_llm(3, "I cannot tell that.")
    assert diagnose(make_session(asked, guard), playbooks.default).session.outcome == "bad_output"
    assert diagnose(make_session(asked, guard, refused), playbooks.default).session.outcome == "completed"
