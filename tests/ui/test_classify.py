"""What is proposed stands first, where the cursor begins."""

from __future__ import annotations

import msgspec

from runbook_tui.incident import Response, prepare
from runbook_tui.ui.rooms.classify import classify_rows


def test_of_modes_that_score_alike_the_proposed_one_is_first(response: Response) -> None:
    ready = prepare(response.store, response.playbooks, response.id, wait=True)
    (first, *_) = ready.findings.classification
    alike = tuple(
        msgspec.structs.replace(first, mode=mode, score=0.8) for mode in ("cost_runaway", "tool_misfire")
    )
    findings = msgspec.structs.replace(ready.findings, classification=alike)
    response.take_in(msgspec.structs.replace(ready, findings=findings))
    choices = [
        row
        for row in classify_rows(
            response,
        )
        if row.id is not None and row.id[0] == "mode"
    ]
    assert [(row.text.partition(" ·")[0], row.right[:13]) for row in choices[:2]] == [
        ("cost runaway", "proposed 0.80"),
        ("tool misfire", "also 0.80, ru"),
    ]
