"""The traits of what a step says: new values and addresses, figures, hedges, a plan given up, and how little it is."""

from __future__ import annotations

import re
from typing import Final

from runbook_tui.trace.counted import counted

__all__ = ["without_list_numbers", "wording"]

_HEDGING: Final = re.compile(
    r"(?i)\b(assum\w+|presum\w+|hypothetical\w*|simulat\w+|cannot (?:access|verify)|unable to|placeholder|likely|"
    r"approximat\w+|for (?:the sake|demonstration)|let'?s say|estimate\w*|not able to|without access)\b"
    r"|(?<![@./-])\bexample\b(?!\.\w)"
)
_HEDGES_BEGIN: Final = (
    *("assum", "presum", "hypothetic", "simulat", "cannot", "unable", "placeholder", "likely", "approximat"),
    *("for the", "for demo", "let's", "lets", "estimate", "not able", "without access", "example"),
)
"""Beginnings that every hedge has one of; looking for them is cheaper than matching."""
_REPLANNING: Final = re.compile(r"(?i)\b(?:stalled|re-?plan\w*|(?:new|revised|updated) plan)\b")
_OPENING: Final = 300
"""A step says that it plans anew in its first lines; further on the words are about something else."""
_FIGURE: Final = re.compile(r"\d")
_WITH_DIGITS: Final = re.compile(r"[^\s\"'`(){}\[\]]*\d[^\s\"'`(){}\[\]]*")
"""The word a figure is part of: 554 alone tells nobody that CT-554-B is meant."""
_LIST_MARKER: Final = re.compile(r"(?im)^[ \t#*-]*(?:step[ \t]+)?\d{1,2}[.):](?=[ \t*])")
"""`3.` or `### Step 3:` before an item of a list."""
_SHORT_BELOW: Final = 40
_SHOWN: Final = 80


def wording(text: str, new: set[str], new_address: str | None) -> dict[str, str]:
    """The traits of a text by name, each with what was seen.

    Args:
        text: what the step says and hands to tools.
        new: the values in it that nothing before it had.
        new_address: the first web address in it that nothing before it had.
    """
    found: dict[str, str] = {}
    if new:
        shown = ", ".join(_as_written(value, text) for value in sorted(new)[:3])
        found["new"] = f"brings in {counted(len(new), 'value')} seen nowhere before: {shown}"
    if new_address:
        found["address"] = f"brings in an address seen nowhere before: {new_address[:_SHOWN]}"
    if figure := _FIGURE.search(text):
        found["figure"] = "" if new else f"states {_whole_word(text, figure.start())}"
    folded = text.lower()
    if any(stem in folded for stem in _HEDGES_BEGIN) and (hedge := _HEDGING.search(text)):
        found["hedges"] = f'hedges: "{hedge[0]}"'
    if plan := _REPLANNING.search(text[:_OPENING]):
        found["replans"] = f'gives up the plan for another: "{plan[0]}"'
    if len(text.strip()) < _SHORT_BELOW:
        found["short"] = ""
    return found


def without_list_numbers(text: str) -> str:
    """A text without the numbers of its lists: they count the items and state nothing."""
    return _LIST_MARKER.sub(" ", text)


def _as_written(value: str, text: str) -> str:
    """A value as the text has it: values are looked up in lower case and one notation."""
    at = text.lower().find(value)
    return text[at : at + len(value)] if at >= 0 else value


def _whole_word(text: str, at: int) -> str:
    start = max(at - _SHOWN, 0)
    word = next(
        (match for match in _WITH_DIGITS.finditer(text, start, at + _SHOWN) if match.end() > at), None
    )
    return (word[0] if word else text[at]).strip(".,:;!?*")[:_SHOWN]
