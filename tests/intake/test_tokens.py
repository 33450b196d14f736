"""Counts are estimated with a real vocabulary, without a network, in bounded time."""

import socket
import time

import pytest

from runbook_tui.intake import tokens, vocabularies
from runbook_tui.intake.tokens import estimate_tokens


@pytest.fixture
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    tokens._encoding.cache_clear()


@pytest.mark.usefixtures("_offline")
def test_vocabularies_ship() -> None:
    assert vocabularies() == ("o200k_base", "cl100k_base")


@pytest.mark.parametrize(
    ("model", "text", "count"),
    [  # counted with tiktoken 0.14.0 over vocabularies it had downloaded
        ("gpt-4o", "The refund of €1,234.50 was approved.", 12),
        ("gpt-4", "The refund of €1,234.50 was approved.", 12),
        ("gpt-4o", "订单已退款", 3),
        ("gpt-4", "订单已退款", 4),
        ("some-other-model", "订单已退款", 3),
        (None, "", 0),
    ],
)
def test_the_model_decides_which(model: str | None, text: str, count: int) -> None:
    assert estimate_tokens(text, model) == count


def test_a_text_without_a_break_takes_no_time() -> None:
    start = time.process_time()
    count = estimate_tokens("a" * 20_000_000)
    assert count == pytest.approx(2_500_000, rel=0.2)
    assert time.process_time() - start < 20  # the square of its length would take hours


def test_a_long_text_is_counted_in_proportion() -> None:
    page = "The supplier confirmed the shipment, and the invoice followed on Monday.\n"
    part = estimate_tokens(page * 1000)
    assert estimate_tokens(page * 20_000) == pytest.approx(20 * part, rel=0.02)


def test_without_vocabulary_by_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_encoding", lambda _: None)
    assert estimate_tokens("four" * 10) == 10
    assert estimate_tokens("订单已退款") == 5
    assert vocabularies() == ()
