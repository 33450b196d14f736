"""Web addresses, and which were named before."""

from __future__ import annotations

from runbook_tui.diagnosis.addresses import Addresses, addresses


def test_an_address_ends_where_the_sentence_goes_on() -> None:
    text = "See https://example.org/a/. Or (https://example.org/b), or 'http://example.org/c?d=1'."
    assert addresses(text) == ["https://example.org/a", "https://example.org/b", "http://example.org/c?d=1"]
    assert addresses("No http here.") == []


def test_an_address_is_new_once() -> None:
    named = Addresses(["The page is https://example.org/a, as you know."])
    assert named.first_named_in(["https://example.org/a"]) is None
    assert named.first_named_in(["https://example.org/a", "https://example.org/b"]) == "https://example.org/b"
    assert named.first_named_in(["https://example.org/b"]) is None
