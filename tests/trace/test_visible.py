"""Text from a trace is safe to show once it went through `visible`."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_tui.trace import visible, visible_tree

ANY_TEXT = st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=200)
HOSTILE = st.text(
    alphabet=st.sampled_from([*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u202e", "\ud800", "a"])
)
INVISIBLE = frozenset(
    "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff\ufff9\ufffa\ufffb\U000e0001\U000e0041"
)


@given(ANY_TEXT | HOSTILE)
def test_nothing_a_terminal_acts_on_or_hides_survives(text: str) -> None:
    shown = visible(text)
    left = {char for char in shown if unicodedata.category(char) in ("Cc", "Cs") or char in INVISIBLE}
    assert left <= {"\t", "\n"}
    shown.encode("utf-8")


@given(ANY_TEXT | HOSTILE)
def test_one_character_for_one_character(text: str) -> None:
    if "\r\n" in text:
        text = text.replace("\r\n", "")
    assert len(visible(text)) == len(text.replace("\r\n", "\n"))


@given(ANY_TEXT | HOSTILE)
def test_showing_twice_is_showing_once(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b]52;c;cm0gLXJm\x07", "␛]52;c;cm0gLXJm␇"),
        ("\x9b31m", "\ufffd31m"),
        ("invoice\u202efdp.exe", "invoice\ufffdfdp.exe"),
        ("pay\u200bpal", "pay\ufffdpal"),
        ("one\r\ntwo", "one\ntwo"),
        ("progress\roverwritten", "progress␍overwritten"),
        ("del\x7f", "del␡"),
        ("half \ud83d pair", "half \ufffd pair"),
    ],
)
def test_known_attacks_become_symbols(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


@pytest.mark.parametrize("text", ["plain", "tab\tand\nnewline", "Ünïcödé 漢字 🙂", "[bold]not markup[/]", ""])
def test_harmless_text_is_the_very_same(text: str) -> None:
    assert visible(text) is text


def test_a_tree_is_shown_in_keys_and_values_alike() -> None:
    tree: Any = {"\x1bkey": ["\x07", {"deep": "\u202e"}, 3, None, True], 4: ("\x00",)}
    assert visible_tree(tree) == {"␛key": ["␇", {"deep": "\ufffd"}, 3, None, True], "4": ["␀"]}
