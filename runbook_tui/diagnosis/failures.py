"""Whether a call failed, and what was said of it."""

from __future__ import annotations

import re
from typing import Any, Final

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
_MAY_TELL: Final = re.compile(
    r'"(?:error|success|ok|statusCode|status_code|http_status)"|"status"\s*:\s*"(?i:error|failure)"'
)
"""What a result that tells of a failure in its fields has; looking for it is cheaper than decoding."""
_FEW: Final = 3
"""A result of more fields than these holds data beside its `error` or `status`."""


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
    if tool is None or not tool.result:
        return None
    value = decode(tool.result) if _MAY_TELL.search(tool.result) else None
    if isinstance(value, dict) and (told := _told_in(value)) is not None:
        return told
    if says_it_failed(tool.result):
        return " ".join(tool.result.split())
    return None


def _told_in(value: dict[str, Any]) -> str | None:
    """The failure that a result's own fields tell; None where they tell none."""
    error = value.get("error")
    if isinstance(error, str) and error.strip() and len(value) <= _FEW:
        return error
    if isinstance(error, dict) and error:
        return _message(error) or str(error)
    failed = (
        any(value.get(name) is False for name in ("success", "ok"))
        or any(_is_http_error(value.get(name)) for name in ("statusCode", "status_code", "http_status"))
        or (str(value.get("status", "")).lower() in ("error", "failure") and len(value) <= _FEW)
    )
    return _message(value) if failed else None


def _message(value: dict[str, Any]) -> str | None:
    said = (value.get(name) for name in ("message", "reason", "error", "detail", "error_message", "code"))
    return next((text for text in said if isinstance(text, str) and text.strip()), None)


def _is_http_error(code: Any) -> bool:
    return isinstance(code, int | str) and re.fullmatch(r"[45]\d\d", str(code)) is not None
