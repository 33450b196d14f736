"""`extends`: what a playbook says together with what it inherits, and which file says which part.

The rule is one sentence: a top-level mapping (`rooms`, `vars`, `thresholds`, ...) is merged key by
key, one level deep; anything else a file states replaces what it inherits. What names a playbook
(`OWN_KEYS`) is never inherited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from runbook_tui.playbook.documents import Document
from runbook_tui.playbook.problems import Loc

OWN_KEYS: Final = frozenset({"schema", "id", "title", "version", "extends", "mode"})
"""Keys that say which playbook this is."""


@dataclass(slots=True)
class Merged:
    """A playbook as plain data, inherited parts included."""

    data: dict[str, object] = field(default_factory=dict)
    owners: dict[Loc, Document] = field(default_factory=dict)
    """The file that states each top-level key, and each key one level below."""
    sources: tuple[Document, ...] = ()
    """The file itself, then the files it inherits from, nearest first."""

    def owner(self, loc: Loc) -> Document:
        """The file to blame for what is wrong at a place."""
        for length in (2, 1):
            if loc[:length] in self.owners:
                return self.owners[loc[:length]]
        return self.sources[0]


def merge(document: Document, parent: Merged | None) -> Merged:
    """Lay a document over what it inherits."""
    merged = Merged(sources=(document,))
    if parent is not None:
        merged.sources = (document, *parent.sources)
        merged.data = {key: value for key, value in parent.data.items() if key not in OWN_KEYS}
        merged.owners = {loc: owner for loc, owner in parent.owners.items() if loc[0] not in OWN_KEYS}
    for key, value in document.data.items():
        inherited = merged.data.get(key)
        if isinstance(value, Mapping) and isinstance(inherited, Mapping):
            merged.data[key] = {**inherited, **value}
        else:
            if key in merged.data:
                merged.owners = {loc: owner for loc, owner in merged.owners.items() if loc[0] != key}
            merged.data[key] = value
        merged.owners[key,] = document
        if isinstance(value, Mapping):
            merged.owners.update({(key, inner): document for inner in value})
    return merged
