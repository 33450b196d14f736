"""Whether a call failed, and what was said of it."""

from __future__ import annotations

import re
from typing import Final

from runbook_tui.trace import Span
from runbook_tui.trace.jsontext import decode

__all__ = ["NO_MESSAGE", "error_text", "says_it_failed"]

NO_MESSAGE: Final = "no message recorded"
_SAYS_SO: Final = re.compile(
    r"\s*(?:An error occurred while running the tool"
    r"|Failed to (?:invoke|execute|call|run) (?:[Tt]ool|[Ff]unction)\b"
    r"|(?:Tool )?Error(?: (?:executing|invoking|calling|running)\b[^:]{0,80})?: \S"
    r"|Error (?:executing|invoking|calling|running) (?:the )?(?:tool|function)\b"
    r"|(?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception): \S"
    r"|(?:Unknown|No such|Invalid) (?:tool|function)(?: name)?\b"
    r"|(?:Tool|Function) \S{1,80} (?:was )?(?:not found|does not exist|is not (?:a valid tool|available))\b)"
)
"""How frameworks, and loops written by hand, tell a model that its call failed."""


def says_it_failed(text: str) -> bool:
    """Whether a tool's result is the message of a failure."""
    return _SAYS_SO.match(text) is not None


def error_text(span: Span) -> str | None:
    """Why a tool call failed; None when it did not."""
    tool = span.tool
    if span.status == "error" or (tool is not None and tool.status == "error"):
        for event in span.events:
            message = event.attributes.get("exception.message") or event.attributes.get("exception.type")
            if message:
                return " ".join(str(message).split())
        said = span.status_message or (tool.result if tool else None) or NO_MESSAGE
        return " ".join(said.split())
    value = decode(tool.result) if tool and tool.result and "error" in tool.result else None
    if (
        isinstance(value, dict)
        and isinstance(value.get("error"), str)
        and value["error"].strip()
        and len(value) <= 3
    ):
        return str(value["error"])
    if tool and tool.result and says_it_failed(tool.result):
        return " ".join(tool.result.split())
    return None
