"""A gate's report as JUnit XML, which CI servers show beside the change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as Xml

from runbook_tui.evals.gate import CaseResult, GateReport
from runbook_tui.trace import RunbookError
from runbook_tui.trace.visible import visible

__all__ = ["write_junit"]

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold (section 2.2); words of a trace can be anything."""


def write_junit(report: GateReport, path: Path) -> None:
    """Write a report: a case that blocks is a failure, one that was let through is skipped with its reason.

    Raises:
        RunbookError: it cannot be written.
    """
    suite = Xml.Element(
        "testsuite",
        name="runbook-tui eval gate",
        tests=str(len(report.cases)),
        failures=str(sum(item.blocks for item in report.cases)),
        skipped=str(sum(_is_let_through(item) for item in report.cases)),
    )
    for item in report.cases:
        _add(suite, item)
    try:
        path.write_bytes(Xml.tostring(suite, encoding="utf-8", xml_declaration=True))
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunbookError("cannot write the report", str(path), f"{reason}; choose another file") from error


def _is_let_through(item: CaseResult) -> bool:
    return item.verdict != "passed" and not item.blocks


def _add(suite: Xml.Element, item: CaseResult) -> None:
    case = Xml.SubElement(suite, "testcase", classname=item.severity, name=item.case)
    if item.blocks:
        Xml.SubElement(case, "failure", message=item.verdict.replace("_", " ")).text = _said(item)
    elif _is_let_through(item):
        Xml.SubElement(case, "skipped", message=_clean(item.override or _why(item)))
        Xml.SubElement(case, "system-out").text = _said(item)


def _why(item: CaseResult) -> str:
    if item.verdict == "not_exercised" and item.severity != "P2":
        return "not exercised, nor by its corrected run"
    return f"{item.severity} does not block"


def _said(item: CaseResult) -> str:
    lines = [f"{run.file}: {result.assertion}: {result.said}" for run in item.runs for result in run.failures]
    lines += [
        f"{run.file}: not exercised: {result.assertion}: {result.said}"
        for run in item.runs
        for result in run.not_exercised
    ]
    return _clean("\n".join(lines) or item.verdict.replace("_", " "))


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", visible(text))
