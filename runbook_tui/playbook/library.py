"""A set of playbook files that may build on one another, and how one of them becomes a playbook."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from runbook_tui.playbook.documents import Document
from runbook_tui.playbook.inheritance import OWN_KEYS, Merged, merge
from runbook_tui.playbook.models import Playbook, SourceFile
from runbook_tui.playbook.problems import Finding, Problem, did_you_mean, shown
from runbook_tui.playbook.references import findings_in
from runbook_tui.playbook.wording import MISSING, findings_of


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file."""

    merged: Merged
    playbook: Playbook | None
    """None if there are problems."""
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Parent:
    """What `extends` leads to, and what is wrong with that."""

    result: Result | None = None
    finding: Finding | None = None


class Library:
    """Documents in layers. A file is checked once, however many others extend it."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = sorted(documents, key=lambda document: -document.layer)
        self._ids = frozenset(filter(None, (document.text("id") for document in documents)))
        self._results: dict[Document, Result] = {}
        self._loading: list[Document] = []

    def clashes(self, documents: Iterable[Document]) -> list[Problem]:
        """Files of one folder that claim the same id; the first by path keeps it."""
        problems: list[Problem] = []
        first: dict[tuple[Path, str], Document] = {}
        for document in documents:
            name = document.text("id")
            if name is None:
                continue
            holder = first.setdefault((document.path.parent, name), document)
            if holder is not document:
                finding = Finding(("id",), f"{holder.path} has the id {shown(name)} too", "ids are unique")
                problems.append(document.problem(finding))
        return problems

    def load(self, document: Document) -> Result:
        """Check a document with all it inherits, and make it a playbook if nothing is wrong."""
        if document not in self._results:
            self._loading.append(document)
            try:
                self._results[document] = self._load(document)
            finally:
                self._loading.pop()
        return self._results[document]

    def _load(self, document: Document) -> Result:
        if not document.usable:
            return Result(Merged(sources=(document,)), None, tuple(document.problems))
        parent = self._parent(document)
        merged = merge(document, parent.result.merged if parent.result else None)
        playbook, findings = _validate(merged.data)
        findings.extend(findings_in(merged.data, self._ids))
        problems = list(document.problems)
        if parent.finding is not None:
            problems.append(document.problem(parent.finding))
        if document.text("extends") is not None and (parent.result is None or parent.result.playbook is None):
            findings = [finding for finding in findings if not _may_be_inherited(finding)]
        problems.extend(_placed(findings, merged, document, parent.result))
        if problems or playbook is None:
            return Result(merged, None, tuple(sorted(set(problems), key=_by_place(document))))
        return Result(merged, _signed(playbook, merged.sources), ())

    def _parent(self, document: Document) -> _Parent:
        """Find what a document extends: of the last folder that has it in working order.

        A document that extends its own id means the one it replaces, in an earlier folder.
        """
        wanted = document.text("extends")
        if wanted is None:
            return _Parent()
        own = wanted == document.text("id")
        candidates = [
            other
            for other in self._documents
            if other is not document
            and other.text("id") == wanted
            and (other.layer < document.layer or not own)
        ]
        if not candidates:
            said = "a playbook cannot extend itself" if own else f"no playbook has the id {shown(wanted)}"
            return _Parent(finding=Finding(("extends",), said, did_you_mean(wanted, self._ids - {wanted})))
        circle = [other for other in candidates if other in self._loading]
        results = [self.load(other) for other in candidates if other not in circle]
        working = [result for result in results if result.playbook is not None]
        if working or results:
            broken = Finding(("extends",), f"{shown(wanted)} has problems of its own", "put them right first")
            return _Parent(working[0]) if working else _Parent(results[0], broken)
        way = " -> ".join(str(other.text("id")) for other in [*self._loading, circle[0]])
        return _Parent(finding=Finding(("extends",), f"playbooks extend each other in a circle: {way}"))


def _validate(data: dict[str, object]) -> tuple[Playbook | None, list[Finding]]:
    """Check types and keys. JSON is the strictest door pydantic has that still knows tuples."""
    try:
        return Playbook.model_validate_json(json.dumps(data)), []
    except ValidationError as error:
        return None, findings_of(error, data)


def _by_place(document: Document) -> Callable[[Problem], tuple[bool, Problem]]:
    """The order of reading: the file itself from top to bottom, then the files it inherits from."""
    return lambda problem: (problem.path != document.path, problem)


def _may_be_inherited(finding: Finding) -> bool:
    """Whether a key is missing only because the parent is."""
    return finding.message == MISSING and len(finding.loc) <= 2 and finding.loc[0] not in OWN_KEYS


def _placed(
    findings: Iterable[Finding], merged: Merged, document: Document, parent: Result | None
) -> list[Problem]:
    """Say in which file each finding is.

    What is wrong in an inherited part is the parent's to report. If the parent is right by itself, the
    two do not fit each other, and that is said where the child extends it.
    """
    problems = list(parent.problems) if parent is not None else []
    for finding in findings:
        if merged.owner(finding.loc) is document:
            problems.append(document.problem(finding))
        elif parent is not None and parent.playbook is not None:
            said = document.problem(finding)
            line, column = document.parsed.mark(("extends",))
            message = f"inherited from {document.text('extends')}, does not fit here: {finding.message}"
            problems.append(Problem(said.path, line, column, said.where, message, finding.hint))
    return problems


def _signed(playbook: Playbook, sources: Sequence[Document]) -> Playbook:
    files = tuple(SourceFile(source.path, source.sha256) for source in sources)
    digest = files[0].sha256
    if len(files) > 1:
        digest = hashlib.sha256("".join(f"{file.sha256}\n" for file in files).encode()).hexdigest()
    return playbook.with_sources(files, digest)
