"""What the name of a tool gives away, where no catalogue knows it."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["sounds_like_reading"]

_READS: Final = re.compile(
    r"(?i)(?:^|[^a-z])(?:get|find|search|list|query|look_?up|fetch|read|retrieve|load|show|check|view|browse|scan|visit"
    r"|navigate|go_?to|download|describe|inspect"
    r"|such|abfrag|zeig|chercher|rechercher|consult|obtenir|afficher|buscar|obtener|listar|cerca|trova|zoek|hent)"
    r"|(?:[^a-z]|^)(?:stats|statistics|history|details|info|availability|forecast|balance)$"
)
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def sounds_like_reading(name: str) -> bool:
    """Whether a tool is named as one that wants an answer: `crm_lookup`, `getOrder`."""
    return _READS.search(_HUMP.sub(" ", name)) is not None
