"""XML that a tool returned, as the tree its JSON would be."""

from __future__ import annotations

import re
from typing import Any, Final
from xml.etree import ElementTree

__all__ = ["tree_of"]

_LONGEST: Final = 200_000
_DECLARES: Final = re.compile(r"<!(?:DOCTYPE|ENTITY)")
"""What could make a short text long."""
_NAMESPACE: Final = re.compile(r"\{[^}]*\}")
_DEEPEST: Final = 60


def tree_of(text: str | None) -> dict[str, Any] | None:
    """The root by its name; attributes and elements are fields, repeated elements a list. None for no XML, or too much."""
    if not text or len(text) > _LONGEST or not text.lstrip().startswith("<") or _DECLARES.search(text):
        return None
    try:
        root = ElementTree.fromstring(text.strip())  # noqa: S314 - no declarations, no entities
    except (ElementTree.ParseError, ValueError):
        return None
    return {_name(root.tag): _tree(root, _DEEPEST)}


def _tree(element: ElementTree.Element, levels: int) -> Any:
    text = (element.text or "").strip()
    fields: dict[str, Any] = {_name(name): value for name, value in element.attrib.items()}
    for child in element if levels else ():
        name, value = _name(child.tag), _tree(child, levels - 1)
        if name in fields:
            before = fields[name]
            fields[name] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            fields[name] = value
    if not fields:
        return text
    return {**fields, "text": text} if text else fields


def _name(tag: str) -> str:
    return _NAMESPACE.sub("", tag)
