"""Whether a tool's result holds data."""

from __future__ import annotations

import re
from typing import Any, Final

from runbook_tui.trace import ToolCall
from runbook_tui.trace.jsontext import decode, leaf_values

__all__ = ["has_empty_list", "is_empty"]

_UNWANTED: Final = re.compile(
    r"(?i)(error|warning|conflict|violation|duplicate|failure|problem|overlap|breach|recall|defect|sanction|lien"
    r"|blocker)s?$"
)
"""Names of what is best absent; a list of it that is empty is good news."""
_ABOUT: Final = re.compile(
    r"(?i)^(status|state|code|status_?code|ok|success|message|note|query|q|took.*|.*_ms|elapsed.*|duration.*|page.*|per_page"
    r"|limit|offset|cursor|next.*|has_more|size|version|(?:request|trace|query|search|correlation)_?id|latency.*|timestamp|time|date|.*_at|as_?of|timed_?out"
    r"|columns|fields|headers?|schema|facets|filters?|params|parameters|meta\w*)$"
)
"""Names of what is said about an answer, not in it."""
_COUNTS: Final = re.compile(
    r"(?i)^(?:total\w*|count|found|hits|matches|num\w*|\w+_(?:count|total)|total_\w+|value)$"
)
"""Names of how much there is."""
_COLUMNS: Final = re.compile(
    r"(?i)^(?:columns|fields|headers?|schema|facets|filters?|params|parameters|meta\w*)$"
)
"""Names of what describes an answer."""
_EMPTY_LIST: Final = re.compile(r"\[\s*\]")
_MAY_BE_VOID: Final = re.compile(r"\[\s*[\]{\[]|\{\s*\}|null|\"\"|:\s*(?:0\b|false)")
"""What no answer without data lacks; looking for it is cheaper than decoding."""
_DIGIT: Final = re.compile(r"\d")
_WORD: Final = 24
"""A longer word says something."""
_SENTENCE: Final = 200
"""A longer line says more than that there is nothing."""
_LONGEST: Final = 1000
"""An answer without data is short."""
_NOTHING: Final = re.compile(
    r"(?is)(?:.{0,300}\n)?\s*\(?\b(?:0|no) (?:more |matching )?(?:rows?|results?|hits?|match(?:es)?|records?|items?"
    r"|documents?|entries|data)\b(?: (?:were |was )?(?:found|returned|matched))?"
    r"(?: (?:for\b|in\b|matching\b|\").{0,80})?[\s).!]*"
    r"|(?:nothing|none) (?:was )?found[\s.!]*|not found[\s.!]*|n/?a|empty set\b.{0,40}"
    r"|[^\n]{0,150}\((?:0|zero|no|aucun|kein|sin|nessun|geen|ning[uú]n)e? ?"
    r"(?:r[eé]sul\w*|ergebnisse?|treffer|hits?|matches|risultat\w*)\)[\s.!]*"
    r"|(?:keine?|es wurden? keine?|aucune?|ning[uú]na?|nessuna?|geen|nenhuma?) "
    r"(?!\w*(?:fehler|einw|problem|konflikt|warnung|beanstand|erreur|conflit|error|conflict))"
    r"[^\n.:;,]{1,120}[.!]?"
    r"|(?:there (?:is|are) no|no|found (?:0|no)|0) [\w -]{1,40}?(?: (?:found|recorded|available|exists?|on file|returned))?"
    r"(?: (?:for|in|on|at|matching|with)\b.{0,60})?[\s.!]*|(?:query|search) returned (?:no|0) \w+[\s.!]*"
)
"""How programs say in words that there is nothing."""
_NO_ROWS: Final = re.compile(r"(?i)\b(?:0|no) (?:rows?|documents?|records?|hits?|matches)\b")
_BARE_TAG: Final = re.compile(r"(?s)(?:<\?xml[^>]*\?>)?\s*<([\w:.-]+)[^<>]*(?:/>|>\s*</\1>)")
_CSV_HEADER: Final = re.compile(
    r"[A-Za-z_][\w ]{0,30}(?:([,;\t])[A-Za-z_][\w ]{0,30})(?:\1[A-Za-z_][\w ]{0,30}){1,20}\s*\n?"
)
_HEADER_ALONE: Final = re.compile(r"\|[^\n]+\|\s*\n\|[\s:|-]+\|\s*")


def has_empty_list(tool: ToolCall) -> bool:
    """Whether a result has an empty list somewhere, is a table of a header alone or an element without any inside."""
    result = tool.result or ""
    return (
        _EMPTY_LIST.search(result) is not None
        or _is_header(result)
        or (len(result) <= _LONGEST and _BARE_TAG.fullmatch(result.strip()) is not None)
        or (len(result) <= _LONGEST and _NO_ROWS.search(result) is not None)
    )


def is_empty(tool: ToolCall) -> bool:
    """Whether a result was recorded and holds no data: nothing, an envelope around nothing, or words that say so."""
    if tool.status == "empty":
        return True
    if tool.result is None or _UNWANTED.search(tool.name):
        return False
    text = tool.result.strip()
    if text[:1] == '"' and len(text) <= _LONGEST and isinstance(quoted := decode(text), str):
        text = quoted.strip()
    if text.strip("\"'") in ("", "null", "None", "[]", "{}", "()"):
        return True
    if len(text) > _LONGEST:
        return False
    if text[0] in "[{":
        asked = (
            {str(leaf) for leaf in leaf_values(decode(tool.arguments))} if _MAY_BE_VOID.search(text) else None
        )
        return asked is not None and _Envelope(asked, counts="count" not in tool.name.lower()).is_void(
            decode(text)
        )
    if len(text) > _SENTENCE and "\n" not in text:
        return False
    return any(form.fullmatch(text) for form in (_NOTHING, _BARE_TAG)) or _is_header(tool.result)


def _is_header(result: str) -> bool:
    """Whether a text is the header of a table that has no row; of CSV only the end of its line tells."""
    if len(result) > _LONGEST:
        return False
    text = result.strip()
    return _HEADER_ALONE.fullmatch(text) is not None or (
        result.endswith("\n") and _CSV_HEADER.fullmatch(text) is not None
    )


class _Envelope:
    """What stands around nothing.

    Args:
        asked: the values of the call's arguments, which answers repeat.
        counts: whether a count of 0 means that there is nothing, and is not what was asked for.
    """

    def __init__(self, asked: set[str], *, counts: bool) -> None:
        self._asked = asked
        self._counts = counts
        self._has_empty_list = False
        self._has_nothing = False
        self._has_word = False

    def is_void(self, value: Any) -> bool:
        """Whether a result has no data, and a place where there would be some."""
        if not isinstance(value, dict | list) or self._has_data("", value, beside=False):
            return False
        return self._has_empty_list or (self._has_nothing and not self._has_word)

    def _has_data(self, name: str, value: Any, *, beside: bool) -> bool:
        """Whether a value is data; numbers in an object `beside` the lists are counts."""
        if isinstance(value, dict) and value:
            told = ((key, item) for key, item in value.items() if not _ABOUT.match(key))
            return any(
                self._has_data(key, item, beside=bool(name) or isinstance(item, dict)) for key, item in told
            )
        if isinstance(value, list) and value:
            return any(self._has_data("", item, beside=False) for item in value)
        if isinstance(value, list | dict):
            self._has_empty_list |= not _UNWANTED.search(name)
            return False
        if isinstance(value, str) and value:
            self._has_word |= value not in self._asked
            return value not in self._asked and (
                " " in value or len(value) > _WORD or _DIGIT.search(value) is not None
            )
        if value in (None, ""):
            self._has_nothing |= not (_UNWANTED.search(name) or name.startswith(("next", "max")))
            return False
        if value is False or value == 0:
            self._has_nothing |= self._counts and _COUNTS.match(name) is not None
            return not (beside or _COUNTS.match(name)) or not self._counts
        return not beside and str(value) not in self._asked
