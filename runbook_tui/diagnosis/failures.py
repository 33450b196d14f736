"""Whether a call failed, and what was said of it."""

from __future__ import annotations

import re
from typing import Any, Final

from runbook_tui.diagnosis.naming import sounds_like_reading
from runbook_tui.trace import Span, ToolCall
from runbook_tui.trace.jsontext import decode, leaf_values

__all__ = ["NO_MESSAGE", "error_text", "is_refusal", "says_it_failed"]

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
_SHORT_TEXT: Final = re.compile(
    r"(?ix)\s*(?:[^\w{\[\"]{0,3}(?:fatal\ )?(?:error|fatal|exception|failure|fehler)\b[^:\n]{0,20}:\ ?\S"
    r"|\[error\]|failed(?:\ to\b|:)|[\w.-]+:\ (?:fatal|error):|(?:access|permission)\ denied\b|request\ timed\ out\b"
    r"|(?:http(?:/\d\S*)?\ )?[45]\d\d\ [a-z]{3}|traceback\ \(most\ recent|(?:ba)?sh:.{1,80}not\ found"
    r"|(?:\w+\ ){0,3}failed(?:\.|:|$)|(?:could\ not|couldn't|unable\ to|cannot)\ \w+|(?:unauthorized|forbidden)\b|err_\w+"
    r"|(?:service|server)\ (?:is\ )?(?:temporarily\ )?unavailable"
    r"|(?:connection|request)\ (?:refused|reset|timed\ out|aborted)"
    r"|timed\ out\b|rate\ limit\b|something\ went\ wrong|[a-z]+\ declined:|internal\ server\ error|bad\ gateway"
    r"|curl:\ \(\d+\)|<(?:\w+:)?(?:error|fault)\b|<(?:\w+:)?envelope\b[\s\S]{0,600}?<(?:\w+:)?fault\b"
    r"|(?:\w+\ ){0,4}(?:abgebrochen|fehlgeschlagen)(?:[.:!]\ *(?![\d\ ])|$)"
    r"|[^\n]{0,200}\b(?:fehlercode|fehler-?nr|error\ code|code\ d'erreur|c[oó]digo\ de\ error)\b[:\ ]{1,2}[A-Z0-9-]*[1-9]"
    r"|(?:erreur|échec)\b[^:\n\d]{0,40}:\ *[^\s\d]"
    r"|<(?:!doctype\ html[^>]*>\s*<)?html\b.{0,200}<title>\s*[45]\d\d\b)"
)
"""How programs and servers say it, where that is all they say: a log that is read has such lines too."""
_LINES: Final = 4
_LENGTH: Final = 600
_MAY_TELL: Final = re.compile(
    r'"(?:err|success"|ok"|status|http|exception"|fault|exit|return|code"|__type|state"|result"|detail"|message"|is_?[eE]rror|erfolg"'
    r'|title"|outcome"|verdict"|reason")'
)
"""Beginnings of fields by which a result may tell of a failure; looking for them is cheaper than decoding."""
_FEW: Final = 4
"""A result of more fields than these, which names what was asked for, is a record of something that failed."""
_FAILED_WORDS: Final = frozenset({"error", "failure", "failed", "fail", "exception"})
_REFUSED: Final = re.compile(
    r"(?i)\b(?:internal server error|not authenticated|unauthorized|forbidden|too many requests|rate limit"
    r"|service unavailable|bad gateway|timed? ?out|access denied|permission denied)\b"
)
_REFUSED_PART: Final = _FAILED_WORDS | {
    *(
        "rejected",
        "refused",
        "invalid",
        "declined",
        "denied",
        "rej",
        "nok",
        "nak",
        "err",
        "ko",
        "abgelehnt",
        "fehlgeschlagen",
    ),
}
_REFUSED_TEXT: Final = re.compile(
    r"(?i)\bERROR: [\s\S]{1,400}\bROLLBACK\b|\b(?:could not be|cannot be|can't be|was not|were not|has not been"
    r"|have not been|not possible|not permitted"
    r"|not allowed|locked by|wurden? abgelehnt|konnten? (?:\w+ ){0,3}nicht|(?:leider|wurden?) nicht|nicht möglich|n'a pas pu"
    r"|ne peut pas|ne peut être|impossible d|no se pudo|no se ha podido|non è stato possibile|kon niet|kunne ikke)\b"
)
"""How a service writes that it did not do what it was told."""
_NAME: Final = 3
_LETTER: Final = 800
"""Characters of such an answer at most."""
_REASONS: Final = ("reason", "message", "msg", "detail", "error")
_DECIDES: Final = re.compile(
    r"(?i)reject|refus|declin|den[yi]|decid|decision|review|assess|evaluat|validat|score|screen|verif|approv|apply|applic|test|lint"
)
"""Names of what may rightly answer that something is refused."""
_MOST_ROWS: Final = 2_000
_GRAPHQL: Final = frozenset({"data", "errors", "extensions"})
_EXIT_CODES: Final = ("exit_code", "exitCode", "returncode", "return_code")
_HTTP_CODES: Final = ("statusCode", "status_code", "http_status", "httpStatus", "httpCode")


def says_it_failed(text: str) -> bool:
    """Whether a tool's result is the message of a failure."""
    if _SAYS_SO.match(text) is not None:
        return True
    is_short = len(text) <= _LENGTH and text.strip().count("\n") < _LINES
    return (is_short or text.lstrip()[:9] == "Traceback") and _SHORT_TEXT.match(text) is not None


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
    if (
        not sounds_like_reading(tool.name)
        and (refused := _refused(tool.name, value, tool.result, tool.arguments or "")) is not None
    ):
        return refused
    if isinstance(value, dict) and (told := _told_in(value, tool.arguments)) is not None:
        return " ".join(told.split())
    if says_it_failed(tool.result):
        return " ".join(tool.result.split())
    return None


def is_refusal(tool: ToolCall) -> bool:
    """Whether a tool that acts answered that it did not, or not wholly, in words or fields of its own."""
    if not tool.result or sounds_like_reading(tool.name):
        return False
    value = decode(tool.result) if _MAY_TELL.search(tool.result) else None
    return _refused(tool.name, value, tool.result, tool.arguments or "") is not None


def _told_in(value: dict[str, Any], arguments: str | None) -> str | None:
    """The failure that a result's own fields tell; None where they tell none."""
    named = _names_what_was_asked(value, arguments)
    if _is_refused(value) or (_is_http_failure(value) and not named):
        said = _message(value)
        return said or (None if named else next(f"{name}: {item}" for name, item in value.items()))
    if len(value) > _FEW and named:
        return None
    error = value.get("error")
    if isinstance(error, str) and error.strip() and len(value) < _FEW:
        return error
    if error and not isinstance(error, str):
        return _message(value) or str(error)
    worded = any(str(value.get(name, "")).lower() in _FAILED_WORDS for name in ("status", "state", "result"))
    coded = any(_is_code(value.get(name)) for name in ("code", "errcode", "error_code")) and not (
        value.get("data") or any(value.get(name) is True for name in ("ok", "success"))
    )
    says_why = any(isinstance(value.get(name), str) for name in _REASONS)
    if (worded or (coded and (says_why or not named))) and len(value) <= _FEW:
        return _message(value)
    if set(value) <= {"message", "detail", "title", "requestId", "request_id"}:
        said = _message(value)
        return said if said and _REFUSED.search(said) else None
    return None


def _refused(tool: str, value: Any, result: str, arguments: str) -> str | None:
    """Why an act was refused, wholly or in part. That an application was declined is what deciding on it returns."""
    if isinstance(value, str | None) and result and len(result) <= _LETTER and not _DECIDES.search(tool):
        return " ".join(result.split()) if _REFUSED_TEXT.search(result) else None
    if isinstance(value, dict) and len(value) <= _FEW and not _DECIDES.search(tool):
        why = next((value[name] for name in _REASONS if isinstance(value.get(name), str)), None)
        if why and str(value.get("status") or value.get("state")).lower() in _REFUSED_PART:
            return " ".join(why.split())
    return None if _DECIDES.search(tool) else _refused_among(value, arguments)


def _refused_among(value: Any, arguments: str) -> str | None:
    """What the refused ones among the parts of a batch say, where others went through; None where none was refused.

    The parts are those that the call handed over: rows that it did not name are what was asked for.
    """
    lists = value.values() if isinstance(value, dict) else (value,)
    for rows in lists:
        if not isinstance(rows, list) or not 1 < len(rows) <= _MOST_ROWS:
            continue
        told = [_row_told(row) for row in rows if isinstance(row, dict)]
        refused = [said for row, said in zip(rows, told, strict=False) if said and _is_named(row, arguments)]
        if len(told) == len(rows) and 0 < len(refused) < len(rows):
            return f"{len(refused)} of {len(rows)} refused: {' '.join(refused[0].split())}"
    return None


def _is_named(row: dict[str, Any], arguments: str) -> bool:
    return any(
        len(str(item)) >= _NAME and str(item) in arguments
        for item in row.values()
        if isinstance(item, str | int) and not isinstance(item, bool)
    )


def _row_told(row: dict[str, Any]) -> str | None:
    """Why one part of a batch was refused."""
    for part in (row, *(item for item in row.values() if isinstance(item, dict))):
        fails = any(part.get(name) is False for name in ("success", "ok")) or any(
            str(part.get(name, "")).lower() in _REFUSED_PART
            for name in ("status", "state", "result", "outcome")
        )
        why = next((part[name] for name in ("error", "errors") if part.get(name)), None)
        coded = _is_code(part.get("code")) and any(part.get(name) for name in ("msg", "message", "reason"))
        coded = coded or any(_is_http_error(part.get(name)) for name in ("status", *_HTTP_CODES))
        if fails or why is not None or coded:
            return _message(part) or (str(why) if why is not None else "no reason given")
    return None


def _is_refused(value: dict[str, Any]) -> bool:
    """Whether a field says outright that the call failed, whatever else there is."""
    exits = next((value[name] for name in _EXIT_CODES if isinstance(value.get(name), int)), 0)
    return (
        any(value.get(name) is False for name in ("success", "ok", "erfolg"))
        or any(value.get(name) is True for name in ("isError", "is_error"))
        or any(_is_http_error(value.get(name)) for name in _HTTP_CODES)
        or (
            _is_http_error(value.get("status"))
            and any(name in value for name in ("title", "detail", "message"))
        )
        or (_is_told(value.get("errors")) and (not value.get("data") or set(value) <= _GRAPHQL))
        or (exits != 0 and bool(value.get("stderr")) and not value.get("stdout"))
        or str(value.get("__type", "")).endswith(("Exception", "Error"))
        or any(isinstance(value.get(name), dict | str) and value.get(name) for name in ("fault", "exception"))
    )


def _is_http_failure(value: dict[str, Any]) -> bool:
    says_why = any(name in value for name in ("title", "detail", "message"))
    return any(_is_http_error(value.get(name)) for name in _HTTP_CODES) or (
        says_why and _is_http_error(value.get("status"))
    )


def _is_told(errors: Any) -> bool:
    return isinstance(errors, list) and bool(errors)


def _names_what_was_asked(value: dict[str, Any], arguments: str | None) -> bool:
    asked = {str(leaf) for leaf in leaf_values(decode(arguments)) if isinstance(leaf, str | int)}
    return any(str(item) in asked for item in value.values() if isinstance(item, str | int))


def _message(value: dict[str, Any]) -> str | None:
    """What a result says of its failure."""
    names = (
        "message",
        "msg",
        "reason",
        "error",
        "errors",
        "detail",
        "error_message",
        "errmsg",
        "fehler",
        "title",
        "stderr",
    )
    for name in (*names, "fault", "exception", "faultstring", "code", "content"):
        item = value.get(name)
        item = item[0] if isinstance(item, list) and item else item
        if isinstance(item, dict):
            item = _message(item) or item.get("text")
        if isinstance(item, str) and item.strip():
            return item
    return None


def _is_http_error(code: Any) -> bool:
    return isinstance(code, int | str) and re.fullmatch(r"[45]\d\d", str(code)) is not None


def _is_code(code: Any) -> bool:
    return (
        isinstance(code, int | str)
        and not isinstance(code, bool)
        and str(code) not in ("0", "200", "201", "204", "")
    )
