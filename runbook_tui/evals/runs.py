"""Runs on disk: the failed one that a case holds, the corrected one beside it, and new ones to grade."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Final

from runbook_tui.evals.files import EvalCaseError, load_case
from runbook_tui.evals.grading import Grade, grade
from runbook_tui.intake import complete, read_capture
from runbook_tui.playbook import Playbook, Playbooks, load_all, playbook_dirs
from runbook_tui.trace import SessionTrace, build_session

__all__ = ["KeptCase", "run_case", "sessions_in"]

_CORRECTED: Final = "corrected*.jsonl*"


class KeptCase:
    """A case on disk and what lies beside it.

    Args:
        path: the case, or its folder.
        playbooks: where its playbook is looked up; the shipped ones unless given.

    Raises:
        EvalCaseError: the case cannot be read, or its playbook is not there.
    """

    def __init__(self, path: Path, playbooks: Playbooks | None = None) -> None:
        self.case = load_case(path)
        self.path = path
        self.folder = path if path.is_dir() else path.parent
        self.playbook = _playbook(self.case.playbook, playbooks, path)

    @cached_property
    def corrected(self) -> tuple[SessionTrace, ...]:
        """The corrected run, which flags are judged against; empty where there is none."""
        found = sorted(self.folder.glob(_CORRECTED))[:1]
        return tuple(_one(sessions_in([file]), None, file) for file in found)

    def captured(self) -> SessionTrace:
        """The failed run as captured.

        Raises:
            EvalCaseError: it is not what was captured, or it is not clear which of several sessions is meant.
            CaptureError: it cannot be read.
        """
        files = [self.folder / item.file for item in self.case.trace]
        for item, file in zip(self.case.trace, files, strict=True):
            if file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() != item.sha256:
                raise EvalCaseError(
                    "the captured trace was changed", str(file), "restore it from the incident"
                )
        return _one(sessions_in(files), self.case.session_id, files[0])

    def grade(self, run: SessionTrace) -> Grade:
        """What the case says of a run."""
        return grade(self.case, run, self.playbook, self.corrected)


def run_case(
    path: Path,
    trace: Path | None = None,
    *,
    session: str | None = None,
    playbooks: Playbooks | None = None,
) -> Grade:
    """Grade a run in a file.

    The corrected trace beside the case, where there is one, is what flags are judged against.

    Args:
        path: the case, or its folder.
        trace: a capture of the run; the captured failure itself unless given.
        session: which session of it; needed where it holds several and none has the case's session id.
        playbooks: where the case's playbook is looked up; the shipped ones unless given.

    Raises:
        EvalCaseError: the case or the playbook cannot be used, or the session is not clear.
        CaptureError: the trace cannot be read.
    """
    kept = KeptCase(path, playbooks)
    if trace is None and session is None:
        return kept.grade(kept.captured())
    files = [trace] if trace is not None else [kept.folder / item.file for item in kept.case.trace]
    wanted = session or kept.case.session_id
    return kept.grade(_one(sessions_in(files), wanted, files[0], must=session is not None))


def sessions_in(files: Iterable[Path]) -> tuple[SessionTrace, ...]:
    """The sessions of these files, the parts of each joined.

    Raises:
        CaptureError: one of them cannot be read.
    """
    found: dict[str, SessionTrace] = {}
    for file in files:
        for item in read_capture(file).sessions:
            known = found.get(item.id)
            together = complete((*known.spans, *item.spans)) if known else ()
            found[item.id] = build_session(item.id, known.format, together) if known else item
    return tuple(found.values())


def _one(
    sessions: tuple[SessionTrace, ...], wanted: str | None, file: Path, *, must: bool = False
) -> SessionTrace:
    """The wanted one, else the only one there is."""
    chosen = next((item for item in sessions if item.id == wanted), None)
    if chosen is not None:
        return chosen
    if must or len(sessions) != 1:
        # the first of several could be any of them: a gate must not pass on the wrong run
        listed = ", ".join(item.id for item in sessions[:5])
        raise EvalCaseError("which session is meant?", str(file), f"choose one of: {listed}")
    return sessions[0]


def _playbook(name: str, playbooks: Playbooks | None, path: Path) -> Playbook:
    found = (playbooks or load_all(playbook_dirs())).get(name)
    if found is None:
        raise EvalCaseError(
            f"no playbook {name}", str(path), "add its folder with --playbooks, or change the case"
        )
    return found
