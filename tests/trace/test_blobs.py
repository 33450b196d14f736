"""Bytes in texts are told, not shown."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_tui.trace.blobs import without_blobs

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8).decode()


def test_type_and_size() -> None:
    assert without_blobs(f"see data:image/png;base64,{PNG} there") == "see [image/png, 2.1 kB] there"
    assert without_blobs(f'{{"file": "{PNG}"}}') == '{"file": "[image/png, 2.1 kB]"}'


@pytest.mark.parametrize("text", ["-" * 400, "a" * 400, "some words " * 60, "/".join(["path"] * 90)])
def test_what_is_no_blob_stays(text: str) -> None:
    assert without_blobs(text) == text


@given(st.text(max_size=300))
def test_short_texts_stay(text: str) -> None:
    assert len(text) >= 256 or without_blobs(text) == text
