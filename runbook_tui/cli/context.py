"""What every command is given: the database and the playbooks the global options name."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from runbook_tui.cli.output import complain
from runbook_tui.evidence import Store, default_path, inbox_path

if TYPE_CHECKING:
    from runbook_tui.playbook import Playbooks

__all__ = ["Context"]


class Context:
    """The global options, resolved once."""

    def __init__(self, db: Path | None, playbooks: tuple[Path, ...]) -> None:
        self.db = db or default_path()
        self.playbook_folders = playbooks
        """Those of --playbooks; the shipped ones are always there."""

    @cached_property
    def playbooks(self) -> Playbooks:
        """The playbooks; problems of files that do not load are said, the others are used."""
        loaded = self.load_playbooks()
        for problem in loaded.problems:
            complain(f"playbook left out: {problem}")
        return loaded

    def load_playbooks(self) -> Playbooks:
        """The playbooks, in silence: a screen is on."""
        from runbook_tui.playbook import load_all, playbook_dirs

        return load_all(playbook_dirs(self.playbook_folders))

    def store(self) -> Store:
        """A store of the calling thread. What a killed receiver left beside it is brought in first."""
        if inbox_path(self.db).exists():
            from runbook_tui.incident.receiving import fold_leftovers

            fold_leftovers(self.db, self.load_playbooks().default)
        return Store(self.db)

    def reading(self) -> Store:
        """A store to look something up in. One that is not there is not made: its name may be mistyped."""
        nowhere = any(folder.is_file() for folder in self.db.parents)  # the store says so
        if nowhere or self.db.exists() or inbox_path(self.db).exists():
            return self.store()
        return Store(Path(self._nothing.name) / "nothing.db")

    @cached_property
    def _nothing(self) -> TemporaryDirectory[str]:
        """Where an empty store is for as long as the command runs."""
        return TemporaryDirectory(prefix="runbook-tui-")
