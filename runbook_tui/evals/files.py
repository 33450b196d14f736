"""Eval cases on disk: written beside their traces, read back strictly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from runbook_tui.evals.case import EvalCase
from runbook_tui.incident import Response, case_yaml, write_case_folder
from runbook_tui.playbook.positions import Parsed, parse
from runbook_tui.playbook.problems import Loc
from runbook_tui.trace import RunbookError

__all__ = ["CASE_FILE", "EvalCaseError", "load_case", "parse_case", "write_case"]

CASE_FILE: Final = "case.yaml"
_LARGEST: Final = 1 << 20


class EvalCaseError(RunbookError):
    """An eval case that cannot be written, read or run."""


def write_case(case: EvalCase, folder: Path, response: Response) -> Path:
    """Write `<folder>/<case id>/`: `case.yaml`, the failed trace and the corrected one where there is one.

    Raises:
        EvalCaseError: it cannot be written, or that case is there already.
    """
    data = case.model_dump(mode="json", by_alias=True)
    if parse_case(case_yaml(data), folder / case.id / CASE_FILE) != case:
        raise EvalCaseError(
            "the case cannot be written as YAML", case.id, "take out numbers of more than 18 digits"
        )
    good = response.baseline[0] if response.baseline else None
    try:
        return write_case_folder(response.store, data, response.session, good, folder)
    except FileExistsError as error:
        where = str(folder / case.id)
        raise EvalCaseError(
            "the case is there already", where, "remove it or choose another folder"
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise EvalCaseError(
            "cannot write the case", str(folder), f"{reason}; choose another folder"
        ) from error


def load_case(path: Path) -> EvalCase:
    """Read a case: its file, or the folder that holds it.

    Raises:
        EvalCaseError: the first thing that is wrong with it, with its line, and how many more there are.
    """
    file = path / CASE_FILE if path.is_dir() else path
    try:
        with file.open("rb") as source:
            raw = source.read(_LARGEST + 1)
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EvalCaseError("the eval case is not UTF-8", str(file), "save it as UTF-8") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise EvalCaseError("cannot read the eval case", str(file), f"{reason}; give a case.yaml") from error
    if len(raw) > _LARGEST:
        raise EvalCaseError("the eval case is too large", str(file), "a case is far below 1 MiB")
    return parse_case(text, file)


def parse_case(text: str, path: Path) -> EvalCase:
    """Read a case from YAML text.

    Args:
        text: the YAML.
        path: named in what is reported.

    Raises:
        EvalCaseError: as `load_case`.
    """
    parsed = parse(text)
    if parsed.flaws or not parsed.usable:
        flaw = parsed.flaws[0]
        line, column = flaw.mark
        advice = flaw.hint or "write plain YAML, as runbook-tui wrote it"
        raise EvalCaseError(f"not an eval case: {flaw.message}", f"{path}:{line}:{column}", advice)
    try:
        return EvalCase.model_validate_json(json.dumps(parsed.data))
    except ValidationError as error:
        raise _refused(error, parsed, path) from error


def _refused(error: ValidationError, parsed: Parsed, path: Path) -> EvalCaseError:
    details = error.errors(include_url=False, include_context=False)
    first = details[0]
    loc = _real(first["loc"], parsed.data)
    line, column = parsed.mark(loc)
    key = ".".join(map(str, loc)) or "the case"
    messages = {
        "extra_forbidden": f"{key}: unknown key",
        "missing": f"{key}: {first['loc'][-1] if first['loc'] else 'a key'} is missing",
    }
    said = messages.get(first["type"], f"{key}: {first['msg'].removeprefix('Value error, ')}")
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    advice = f"correct it{more}; runbook-tui eval show prints a good one"
    return EvalCaseError(f"not an eval case: {said}", f"{path}:{line}:{column}", advice)


def _real(loc: tuple[int | str, ...], data: object) -> Loc:
    """The part of a location that is written in the file: pydantic mixes type names into it."""
    real: list[str | int] = []
    for part in loc:
        try:
            data = data[part]  # type: ignore[index]
        except (TypeError, KeyError, IndexError):
            continue
        real.append(part)
    return tuple(real)
