"""The postmortem of a sample incident."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from runbook_tui.incident import Response
from runbook_tui.report import postmortem_markdown
from tests.evals.conftest import Opener


@pytest.fixture(scope="module")
def invoice(opened: Opener) -> Response:
    response = opened("invoice")
    response.mark_origin(response.findings.suspects[0].span_id)
    response.classify("tool_misfire", "an approval with made-up amounts")
    return response


def front_matter(markdown: str) -> dict[str, Any]:
    head = markdown.split("---\n")[1]
    data: dict[str, Any] = yaml.safe_load(head)
    return data


def test_front_matter_is_data(invoice: Response) -> None:
    head = front_matter(postmortem_markdown(invoice))
    assert head["incident"] == invoice.id
    assert head["failure_mode"] == "tool_misfire"
    assert head["proposed_mode"] == "tool_misfire"
    assert head["fault_origin_step"] == 6
    assert head["external_actions"] == {"total": 2, "reversible": 1, "irreversible": 1, "unknown": 0}
