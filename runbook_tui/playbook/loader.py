"""The door of the package: files -> playbooks, or every problem with its file, line and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from runbook_tui.playbook.documents import Document, files_in, read_document
from runbook_tui.playbook.library import Library
from runbook_tui.playbook.models import Playbook
from runbook_tui.playbook.problems import PlaybookError, Problem
from runbook_tui.playbook.shipped import shipped_dir
from runbook_tui.trace.words import Mode

DEFAULT_ID: Final = "agent-incident"
"""The playbook used until the mode is known, and for a mode that has none of its own."""

_FORMAT_MARK: Final = b"runbook_tui/playbook/"
"""Files beside a playbook that do not have this in them are somebody else's."""


class Playbooks(Mapping[str, Playbook]):
    """The playbooks at hand, by id, and what is wrong with the files that could not be loaded."""

    def __init__(self, chosen: Mapping[str, tuple[Playbook, int]], problems: Sequence[Problem]) -> None:
        """Keep each playbook with the layer it comes from; a higher layer outranks a lower one."""
        self._chosen = dict(sorted(chosen.items()))
        self.problems: tuple[Problem, ...] = tuple(problems)

    def __getitem__(self, playbook_id: str) -> Playbook:
        return self._chosen[playbook_id][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._chosen)

    def __len__(self) -> int:
        return len(self._chosen)

    @property
    def default(self) -> Playbook:
        """The playbook to start with: `agent-incident`, else the first that serves any mode.

        Raises:
            PlaybookError: No playbook could be loaded at all.
        """
        if not self._chosen:
            raise PlaybookError(self.problems)
        if DEFAULT_ID in self._chosen:
            return self[DEFAULT_ID]
        return min(self.values(), key=lambda playbook: playbook.mode is not None)

    def for_mode(self, mode: Mode) -> Playbook:
        """The playbook for a mode: of the last folder that has one, the one the default names.

        Falls back to the default playbook.

        Raises:
            PlaybookError: No playbook could be loaded at all.
        """
        named = self.default.classification.first_actions.get(mode)
        preferred = named.playbook if named is not None else None
        serving = [
            (layer, playbook.id == preferred, playbook)
            for playbook, layer in self._chosen.values()
            if playbook.mode == mode
        ]
        if serving:
            return max(serving, key=lambda candidate: candidate[:2])[2]
        return self[preferred] if preferred in self._chosen else self.default

    def succeeding(self, chosen: Playbook, mode: Mode) -> Playbook:
        """The playbook that goes on once the mode is decided: the mode's own, or the chosen one where that builds on it.

        Args:
            chosen: what the incident was opened with.
            mode: as decided.
        """
        successor = self.for_mode(mode)
        builds = chosen.mode is None and successor.id in self._lineage(chosen)
        return chosen if chosen.mode == mode or builds else successor

    def _lineage(self, playbook: Playbook) -> set[str]:
        """The ids of what a playbook extends, and of what those extend."""
        found: set[str] = set()
        above = playbook.extends
        while above is not None and above not in found:
            found.add(above)
            above = self[above].extends if above in self else None
        return found


def load_playbook(path: Path) -> Playbook:
    """Load one file. What it extends is looked for beside it, then among the shipped playbooks.

    Raises:
        PlaybookError: Every problem of the file, and of those it inherits from.
    """
    documents = {path.resolve(): read_document(path, layer=1)}
    result = Library(_with_surroundings(documents)).load(next(iter(documents.values())))
    if result.playbook is None:
        raise PlaybookError(result.problems)
    return result.playbook


def check_playbooks(paths: Sequence[Path]) -> list[Problem]:
    """Find everything that is wrong with some files, or with all YAML files of some folders."""
    documents: dict[Path, Document] = {}
    problems: list[Problem] = []
    for path in paths:
        files, refused = _files_at(path)
        problems.extend(refused)
        for file in files:
            documents.setdefault(file.resolve(), read_document(file, layer=1))
    given = list(documents.values())
    library = Library(_with_surroundings(documents))
    problems.extend(library.clashes(given))
    for document in given:
        problems.extend(library.load(document).problems)
    return list(dict.fromkeys(problems))


def load_all(dirs: Sequence[Path]) -> Playbooks:
    """Load every playbook of some folders. A later folder replaces playbooks of an earlier one by id.

    A file that cannot be used stops no other: an earlier one of the same id stays in use, and what is
    wrong is in `problems`. `playbook_dirs` gives the usual folders.
    """
    documents: list[Document] = []
    problems: list[Problem] = []
    for layer, folder in enumerate(dirs):
        files, refused = _files_at(folder)
        problems.extend(refused)
        documents.extend(read_document(file, layer) for file in files)
    library = Library(documents)
    problems.extend(library.clashes(documents))
    chosen: dict[str, tuple[Playbook, int]] = {}
    for document in documents:
        result = library.load(document)
        problems.extend(result.problems)
        playbook = result.playbook
        if playbook is None:
            continue
        if playbook.id not in chosen or chosen[playbook.id][1] < document.layer:
            chosen[playbook.id] = (playbook, document.layer)
    return Playbooks(chosen, list(dict.fromkeys(problems)))


def _files_at(path: Path) -> tuple[list[Path], list[Problem]]:
    """A file as it is; a folder as its YAML files, or the reason why it cannot be read."""
    if path.is_file():
        return [path], []
    try:
        return files_in(path), []
    except NotADirectoryError:
        return [path], []  # a pipe or a device: reading it says so
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        return [], [Problem(path, 1, 1, "", f"cannot be read: {reason}")]


def _with_surroundings(documents: Mapping[Path, Document]) -> list[Document]:
    """The documents, those beside them and the shipped ones: what they may extend or refer to."""
    found = dict(documents)
    shipped = shipped_dir().resolve()
    for folder in dict.fromkeys([*(document.path.parent for document in documents.values()), shipped]):
        try:
            files = files_in(folder)
        except OSError:
            continue  # whoever refers to a playbook in there is told that it does not exist
        for file in files:
            if file.resolve() not in found and _may_be_playbook(file):
                found[file.resolve()] = read_document(file)
    for path, document in found.items():
        document.layer = 0 if path.parent == shipped else 1
    return list(found.values())


def _may_be_playbook(file: Path) -> bool:
    try:
        return file.is_file() and _FORMAT_MARK in file.read_bytes()[:65536]
    except OSError:
        return False
