"""What the gate says of each case: the captures of the new runs are where RUNBOOK_TUI_RUNS points.

Overrides of P1 cases come from RUNBOOK_TUI_OVERRIDES, one CASE=REASON a line. The program itself is asked, so that it
need not be installed beside the tool that this runs under.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CASES = Path(__file__).resolve().parent / "cases"


def case_results() -> list[dict[str, Any]]:
    """One entry a case, as `runbook-tui eval gate --json` tells them."""
    runs = os.environ.get("RUNBOOK_TUI_RUNS")
    if not runs:
        raise RuntimeError("set RUNBOOK_TUI_RUNS to the captures of the new runs, a file or a folder")
    overrides = filter(None, os.environ.get("RUNBOOK_TUI_OVERRIDES", "").splitlines())
    command = [*_program(), "eval", "gate", str(CASES), "--runs", runs, "--json"]
    command += [word for line in overrides for word in ("--override", line)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr.strip() or "runbook-tui eval gate failed")
    found: list[dict[str, Any]] = json.loads(done.stdout)["cases"]
    return found


def _program() -> list[str]:
    if found := shutil.which("runbook-tui"):
        return [found]
    if find_spec("runbook_tui") is not None:
        return [sys.executable, "-m", "runbook_tui"]
    raise RuntimeError("runbook-tui is not on PATH; it may be in an environment of its own")


def said(result: dict[str, Any]) -> str:
    """Why a case does not hold, a line each."""
    lines = [
        f"{run['file']}: {failure['assertion']}: {failure['said']}"
        for run in result["runs"]
        for failure in run["failures"]
    ]
    lines += [
        f"{run['file']}: not exercised: {idle['assertion']}: {idle['said']}"
        for run in result["runs"]
        for idle in run["not_exercised"]
    ]
    return "\n".join(lines) or result["verdict"].replace("_", " ")
