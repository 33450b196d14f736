"""What a server answered, and what is wrong with it in words."""

from __future__ import annotations

import email.utils
import http
import time
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from runbook_tui.intake.servers.environment import VARIABLES
from runbook_tui.intake.servers.source import ServerError, Source

__all__ = ["Answer", "as_line", "asked_to_wait", "decoded", "refusal", "said", "too_large"]

_UNKNOWN: Final = (404, 410)
_FORBIDDEN: Final = (401, 403, 407)
_NOT_ITS_OWN: Final = (http.HTTPStatus.METHOD_NOT_ALLOWED, http.HTTPStatus.NOT_IMPLEMENTED)
"""Of paths that each of these servers has: something else is there."""
_BUSY: Final = 429
_MEGABYTE: Final = 1 << 20
_LONGEST: Final = 160
_MESSAGES: Final = ("message", "detail", "error", "msg")


class Answer(msgspec.Struct, frozen=True):
    """Status, body and headers."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    """Names in lower case."""
    path: str

    @property
    def unknown(self) -> bool:
        """Whether the server says there is no such thing."""
        return self.status in _UNKNOWN


def refusal(source: Source, answer: Answer) -> ServerError | None:
    """The problem an answer is; None for one that says yes, and for one that says "no such thing"."""
    if answer.status < http.HTTPStatus.BAD_REQUEST or answer.unknown:
        return None
    kind, where = source.kind, source.url
    if answer.status in _FORBIDDEN:
        names = VARIABLES[kind].secret
        if source.credentials:
            advice = f"the credentials that were sent do not open it: check {names} and what they may read"
            return ServerError(f"{kind} forbids it ({answer.status})", where, advice)
        advice = f"set {names}, or name it in sources.yaml"
        return ServerError(f"{kind} wants credentials ({answer.status})", where, advice)
    reason = said(source, answer)
    if answer.status == _BUSY:
        wait = asked_to_wait(answer)
        advice = f"wait {wait:.0f} seconds" if wait else "wait a minute"
        return ServerError(
            f"{kind} says too many requests ({answer.status})",
            where,
            f"{advice}; it goes on where it stopped",
        )
    if answer.status in _NOT_ITS_OWN:
        advice = "is that the server's own address? another service may answer there"
        return ServerError(f"not what {kind} answers ({answer.status})", where, advice)
    if answer.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerError(
            f"{kind} failed ({answer.status})", where, f"{reason or 'no reason given'}; try again"
        )
    return ServerError(
        f"{kind} refuses the request ({answer.status})", where, reason or "is that the server's own address?"
    )


def decoded(source: Source, answer: Answer) -> Any:
    """The JSON value of an answer.

    Raises:
        ServerError: it is a web page, or no JSON.
    """
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        pass
    start = answer.body[:256].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")) or "html" in answer.headers.get(
        "content-type", ""
    ):
        advice = "is that the server's own address? a login or another service answers there"
        raise ServerError(f"a web page, not {source.kind}, answers", f"{source.url}{answer.path}", advice)
    raise ServerError(
        f"{source.kind} answers with invalid JSON",
        f"{source.url}{answer.path}",
        "the answer was cut off or is of another service; try again",
    )


def as_line(document: bytes) -> bytes:
    """A JSON document on one line; a line end can only stand between its tokens, never in a string."""
    return document.replace(b"\r", b" ").replace(b"\n", b" ").strip()


def said(source: Source, answer: Answer) -> str:
    """What the server says went wrong: one short line, without any credential."""
    text = answer.body[:4096].decode("utf-8", "replace")
    try:
        value = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        value = None
    while isinstance(value, dict):
        value = next((value[name] for name in _MESSAGES if value.get(name)), None)
        text = value if isinstance(value, str) else ""
    if text.lstrip().startswith("<"):
        return ""
    line = " ".join(source.hidden(text).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."


def asked_to_wait(answer: Answer) -> float | None:
    """Seconds the server asks to wait, from a number or a date; None where it asks nothing."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text[:9])
    try:
        return max(email.utils.parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError):
        return None


def too_large(source: Source, most: int) -> ServerError:
    """An answer that is not read to its end."""
    return ServerError(
        f"{source.kind} answers with more than {most // _MEGABYTE} MB at once",
        source.url,
        "export it to files on the server, and import them",
    )
