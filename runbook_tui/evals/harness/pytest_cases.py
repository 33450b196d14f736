"""One test a case: RUNBOOK_TUI_RUNS=FOLDER pytest test_eval_cases.py"""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from case_results import case_results, said


@pytest.mark.parametrize("result", case_results(), ids=lambda result: str(result["case"]))
def test_case(result: dict[str, Any]) -> None:
    """A case that blocks fails; one that was let through warns."""
    if result["blocks"]:
        pytest.fail(f"{result['severity']} {result['case']}: {said(result)}", pytrace=False)
    if result["verdict"] != "passed":
        warnings.warn(f"{result['severity']} {result['case']}: {said(result)}", stacklevel=1)
