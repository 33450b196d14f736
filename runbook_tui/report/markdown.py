"""Text into Markdown that stays text: no table is broken, no link, mention, image or tag is made by it."""

from __future__ import annotations

import re
from typing import Any, Final

from runbook_tui.trace import visible

__all__ = ["Markdown", "fenced", "inline"]

_SPECIAL: Final = re.compile(r"[\\`*\[\]|~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_MENTION: Final = re.compile(r"(?<!\w)@(?=\w)")
_ENTITY: Final = re.compile(r"&(?=#?\w{1,32};)")
_LINK: Final = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20}):(?=//)|\bwww\.(?=\w)")
_OPENING: Final = re.compile(r"^(#{1,6}(?=\s|$)|[-+=](?=[\s=+-]|$)|\d{1,9}[.)](?=\s|$))")
_SHOUT: Final = re.compile(r"(?i)@(?=(?:here|channel|everyone|all)\b)")
_HTTP: Final = ("http", "https")


class Markdown(str):
    """Text that is Markdown already, made here or in the template."""

    __slots__ = ()


def inline(value: Any, *, links: bool = False) -> Markdown:
    """One line of Markdown that reads as the text it was given; None reads as `unknown`.

    Args:
        value: the text.
        links: keep `http` and `https` addresses clickable; for what an engineer wrote, never for a trace.
    """
    if isinstance(value, Markdown):
        return value
    text = " ".join(visible("unknown" if value is None else str(value)).split())
    text = _ENTITY.sub("&amp;", text)
    text = _SPECIAL.sub(lambda match: "\\" + match[0], text)
    text = text.replace("<", "&lt;")
    text = _MENTION.sub("&#64;", text)
    text = _LINK.sub(lambda match: _link(match, links=links), text)
    return Markdown(
        _OPENING.sub(
            lambda match: (
                "\\" + match[0] if not match[0][0].isdigit() else match[0][:-1] + "\\" + match[0][-1]
            ),
            text,
        )
    )


def _link(match: re.Match[str], *, links: bool) -> str:
    scheme = match[1]
    if scheme is None:
        return "www&#46;"
    return match[0] if links and scheme.lower() in _HTTP else f"{scheme}&#58;"


def fenced(value: Any, most: int = 4000) -> Markdown:
    """A block of text behind a fence longer than any run of backticks in it, cut where it is too long."""
    text = visible("" if value is None else str(value)).strip("\n")
    if len(text) > most:
        text = f"{text[:most]}\n... ({len(text) - most:,} more characters in the evidence)"
    text = _SHOUT.sub("@ ", text)
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markdown(f"{fence}text\n{text}\n{fence}")
