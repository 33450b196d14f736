"""What counts as an answer to a playbook question, and what is said of that before one is given."""

from __future__ import annotations

import math

from runbook_tui.playbook import Step

__all__ = ["answer_hint", "answer_problem"]


def answer_hint(step: Step) -> str:
    """What to know before answering: the question's help, and the least length where it has one."""
    least = step.min_length if step.kind == "ask" and step.type == "text" else 1
    asked = f"{least} characters or more" if least > 1 else ""
    return " ".join(filter(None, (step.help, f"({asked})" if step.help and asked else asked)))


def answer_problem(step: Step, value: str) -> str | None:
    """Why a value is no answer to a playbook question; None when it is one."""
    text = value.strip()
    if step.kind != "ask":
        return None if text else "write something"
    if step.type == "choice" and text not in step.options:
        return f"choose one of: {', '.join(step.options)}"
    if step.type == "yes_no" and text not in ("yes", "no"):
        return "answer yes or no"
    if step.type == "number":
        try:
            if not math.isfinite(float(text.replace(",", ""))):
                return "write a number"
        except ValueError:
            return "write a number"
    if step.type == "text" and len(text) < step.min_length:
        return f"write at least {step.min_length} characters"
    return None
