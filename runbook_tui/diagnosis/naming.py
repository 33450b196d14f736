"""What the name of a tool gives away, where no catalogue knows it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

__all__ = ["sounds_like_reading"]

_READS: Final = re.compile(
    r"(?i)(?:^|[^a-z])(?:get|find|search|list|query|look_?up|fetch|read|retrieve|load|show|check(?!_?out)|view|browse|scan|visit"
    r"|navigate|go_?to|download|describe|inspect"
    r"|such|abfrag|zeig|chercher|rechercher|consult|obtenir|afficher|buscar|obtener|listar|cerca|trova|zoek|hent)"
)
_IS_READ: Final = re.compile(r"(?i)(?:[^a-z]|^)(?:stats|statistics|availability|forecast|balance|status)$")
"""What is asked for by its name alone: `match_stats`, `visa_status`."""
_CHANGES: Final = re.compile(
    r"(?i)(?:^|[^a-z])(?:set|update|change|create|add|post|put|send|make|delete|remove|write|save|submit|mark|reset|file|publish|push"
    r"|export|upload|issue|close|open|register|generate|edit|modify|correct|adjust|transfer"
    r"|share|relay|mail|email|notify|broadcast|cancel|approve|reject|wipe|clear|archive|increase|reduce|decrease|raise|lower|bulk)"
    r"(?:[^a-z]|$)"
)
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


@lru_cache(maxsize=4096)  # the same few names over and over
def sounds_like_reading(name: str) -> bool:
    """Whether a tool is named as one that wants an answer: `crm_lookup`, `getOrder`, `visa_status`."""
    words = _HUMP.sub(" ", name)
    return _READS.search(words) is not None or (
        _IS_READ.search(words) is not None and _CHANGES.search(words) is None
    )
