"""A span, a step or a value as Markdown or JSON to paste elsewhere: safe to show, secrets masked and counted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from runbook_tui.evidence import FlagRow, SpanRow
from runbook_tui.trace import Span, rfc3339, visible, visible_tree
from runbook_tui.trace.redaction import Redactor

__all__ = ["Excerpt", "Form", "outline", "span_excerpt", "value_excerpt"]

Form = Literal["markdown", "json"]

_LONGEST: Final = 20_000
"""Characters of one text in Markdown; JSON keeps all of it."""


class Excerpt(msgspec.Struct, frozen=True):
    """What is handed on."""

    text: str
    redacted: int
    """Secrets that were masked."""


def value_excerpt(value: str) -> Excerpt:
    """One value."""
    redactor = Redactor()
    return Excerpt(redactor.text(visible(value)), redactor.count)


def span_excerpt(span: Span, step: int | None, session: str, flags: Iterable[FlagRow], form: Form) -> Excerpt:
    """A whole span, with the session and step it stands at."""
    redactor = Redactor()
    if form == "json":
        tree = visible_tree(msgspec.to_builtins(span))
        body = redactor.tree({"session": session, "step": step, **tree})
        return Excerpt(
            msgspec.json.format(msgspec.json.encode(body), indent=2).decode() + "\n", redactor.count
        )
    return Excerpt(redactor.text(visible(_markdown(span, step, session, flags))), redactor.count)


def _markdown(span: Span, step: int | None, session: str, flags: Iterable[FlagRow]) -> str:
    place = f"Step {step}: " if step is not None else ""
    lines = [f"## {place}{span.kind} {_flat(span.label)}", ""]
    lines += [f"- session `{_flat(session)}`, span `{span.span_id}`"]
    facts = (
        f"started {rfc3339(span.start_ns)}" if span.start_ns is not None else "",
        f"took {span.duration_ms:.0f} ms" if span.duration_ms is not None else "",
        f"model {span.model}" if span.model else "",
        f"status {span.status}" if span.status != "unset" else "",
    )
    if any(facts):
        lines.append(f"- {', '.join(filter(None, facts))}")
    lines += [f"- {flag.flag}: {_flat(flag.detail)} ({flag.source})" for flag in flags]
    if span.tool is not None:
        lines += _block("Arguments", span.tool.arguments) + _block("Result", span.tool.result)
    for name, messages in (("Given", span.input_messages), ("Said", span.output_messages)):
        for message in messages:
            text = "\n".join(
                filter(None, (f"{part.name or ''} {part.text}".strip() for part in message.parts))
            )
            lines += _block(f"{name}, {message.role}", text)
    return "\n".join(lines) + "\n"


def _block(title: str, text: str | None) -> list[str]:
    if not text:
        return []
    cut = text[:_LONGEST]
    fence = "```"
    while fence in cut:
        fence += "`"
    more = [f"({len(text):,} characters in all)"] if len(text) > _LONGEST else []
    return ["", f"**{title}**", "", fence, cut, fence, *more]


def outline(rows: Iterable[SpanRow], flags: dict[int, list[str]], form: Form) -> Excerpt:
    """Rows of the browser as a Markdown outline or a JSON list."""
    redactor = Redactor()
    if form == "json":
        listed = [{**msgspec.structs.asdict(row), "flags": flags.get(row.position, [])} for row in rows]
        body = msgspec.json.encode(redactor.tree(visible_tree(listed)))
        return Excerpt(msgspec.json.format(body, indent=2).decode() + "\n", redactor.count)
    lines = []
    for row in rows:
        number = f"{row.step} " if row.step is not None else ""
        named = "".join(f" **{flag}**" for flag in flags.get(row.position, []))
        took = f" ({row.duration_ms:.0f} ms)" if row.duration_ms is not None else ""
        lines.append(f"{'  ' * row.depth}- {number}{row.kind} {_flat(row.label)}{took}{named}")
    return Excerpt(redactor.text(visible("\n".join(lines) + "\n")), redactor.count)


def _flat(text: str) -> str:
    """On one line, with nothing in it that Markdown would obey."""
    return "".join(f"\\{char}" if char in "\\`*_[]<>#|" else char for char in " ".join(text.split()))
