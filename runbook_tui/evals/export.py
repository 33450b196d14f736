"""A case in a folder that an eval tool runs: the cases, what grades them, and a file of that tool's own form.

The files of a tool are the same for all cases: nothing that a trace says becomes code.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

import msgspec

from runbook_tui.evals.case import EvalCase
from runbook_tui.evals.files import EvalCaseError, load_case, write_case
from runbook_tui.evidence import IncidentTable, Store
from runbook_tui.incident import Response, recorded_evals
from runbook_tui.playbook import Playbooks
from runbook_tui.trace import RunbookError

__all__ = ["EXPORTS", "Export", "export_case"]

Export = Literal["case", "pytest", "inspect", "pydantic-evals"]
EXPORTS: Final[dict[Export, tuple[str, str] | None]] = {
    "case": None,
    "pytest": ("pytest_cases.py", "test_eval_cases.py"),
    "inspect": ("inspect_cases.py", "eval_cases.py"),
    "pydantic-evals": ("pydantic_evals_cases.py", "eval_cases.py"),
}
"""By the name of the tool, its file here and the name that file gets; "case" is our own form alone."""
_SHARED: Final = "case_results.py"
_CASES: Final = "cases"


def export_case(store: Store, playbooks: Playbooks, name: str, form: Export, folder: Path) -> Path:
    """Write a case for a tool to run; further cases of the same folder are added to it.

    Args:
        store: where incidents recorded cases.
        playbooks: all playbooks.
        name: the id of a recorded case, or the path of one that was written.
        form: whose form.
        folder: written into; made where it is not there.

    Returns:
        The folder of the case in it.

    Raises:
        EvalCaseError: there is no such case, or it cannot be written, or is there already.
    """
    cases = folder if form == "case" else folder / _CASES
    path = Path(name)
    at = _copied(path, cases) if path.exists() else _recorded(store, playbooks, name, cases)
    own = EXPORTS[form]
    if own is not None:
        try:
            _put(((_SHARED, _SHARED), own), folder)
        except OSError as error:
            raise _failed(error, folder) from error
    return at


def _put(pairs: Iterable[tuple[str, str]], folder: Path) -> None:
    for source, target in pairs:
        text = files("runbook_tui.evals").joinpath("harness", source).read_text(encoding="utf-8")
        (folder / target).write_text(text, encoding="utf-8")


def _copied(path: Path, cases: Path) -> Path:
    case = load_case(path)
    source, target = path if path.is_dir() else path.parent, cases / case.id
    try:
        shutil.copytree(source, target)
    except FileExistsError as error:
        raise EvalCaseError("the case is there already", str(target), "choose another folder") from error
    except (OSError, shutil.Error) as error:
        raise _failed(error, target) from error
    return target


def _recorded(store: Store, playbooks: Playbooks, name: str, cases: Path) -> Path:
    found = next((pair for pair in recorded_evals(IncidentTable(store)) if pair[1].id == name), None)
    if found is None:
        raise EvalCaseError("no such case", name, "runbook-tui eval list shows them; a path works too")
    incident, record = found
    case = EvalCase.model_validate_json(msgspec.json.encode(record.case))
    return write_case(case, cases, Response(store, playbooks, incident))


def _failed(error: Exception, where: Path) -> RunbookError:
    reason = getattr(error, "strerror", None) or str(error)
    return EvalCaseError("cannot write the case", str(where), f"{reason}; choose another folder")
