"""The providers' words for a completion that was cut off."""

from __future__ import annotations

from typing import Final

from runbook_tui.trace import Span

__all__ = ["was_cut_off"]

_CUT: Final = frozenset(
    {
        *("length", "max_tokens", "max_output_tokens", "token_limit"),
        *("model_length", "model_context_window_exceeded"),
    }
)


def was_cut_off(span: Span) -> bool:
    """Whether a model call ended for want of tokens."""
    return (span.finish_reason or "").lower() in _CUT
