"""JSON inside strings is read leniently and never raises."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_tui.trace.jsontext import as_text, decode, flat_values, leaf_values

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('  [1, "two"]\n', [1, "two"]),
        ('"text"', "text"),
        ("12.5", 12.5),
        ("null", None),
        ("{'a': None, 'b': (1, 2)}", {"a": None, "b": [1, 2]}),
        ("[True, False]", [True, False]),
        ('{"esc": "\\u001b[2J"}', {"esc": "␛[2J"}),
    ],
)
def test_json_and_python_literals_are_read(text: str, value: Any) -> None:
    assert decode(text) == value


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "   ",
        "plain words",
        '{"a": ',
        "{'a': open('x')}",
        "__import__('os').system('true')",
        "[" * 100 + "]" * 100,
        "[" * 500_000,
        "{1: [}",
        "(" * 59,
    ],
)
def test_what_holds_no_value_is_none(text: str | None) -> None:
    assert decode(text) is None


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    decode(text)
    decode("{" + text)
    decode("['" + text)


@given(JSON_VALUES)
def test_flattening_keeps_every_scalar_in_order(value: Any) -> None:
    assert leaf_values(value) == [leaf for _, leaf in flat_values(value)]
    assert len(leaf_values(value)) == _scalars(value)


def _scalars(value: Any) -> int:
    if isinstance(value, dict):
        return sum(_scalars(item) for item in value.values())
    return sum(map(_scalars, value)) if isinstance(value, list) else 1


def test_paths_are_dotted_and_indexed() -> None:
    found = flat_values({"customer": {"ids": [7, {"alt": "C-8"}]}, "total": 3})
    assert found == [("customer.ids[0]", 7), ("customer.ids[1].alt", "C-8"), ("total", 3)]


def test_text_stays_text_and_values_become_json() -> None:
    assert (as_text(None), as_text("as is"), as_text({"a": [1]})) == (None, "as is", '{"a":[1]}')


@pytest.mark.parametrize("code", [0x1B, 0x7F, 0x85, 0xAD, 0x200B, 0x202E, 0x2066, 0xFEFF, 0xFFFA, 0xE0041])
def test_no_escape_brings_a_control_back(code: int) -> None:
    hidden = msgspec.json.decode(b'"x"') + chr(code)
    for text in (json.dumps({"a": hidden}), json.dumps({hidden: [hidden]}).upper().replace("\\U", "\\u")):
        assert chr(code) not in str(decode(text))


def test_plain_escapes_stay_what_they_mean() -> None:
    assert decode(r'{"a": "caf\u00e9 \u2014 \ud83d\ude00\n\"ok\""}') == {"a": 'café — 😀\n"ok"'}
