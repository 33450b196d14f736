"""Claude Code's session files: a line a record, one answer of the model on several lines.

The lines of one answer share a message id and repeat its usage, which counts once. A subagent's lines are marked
as a side chain, in the same file or one of their own; they hang below the call that started it where the
record tells which that was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from runbook_tui.intake.draft import as_int
from runbook_tui.intake.forms.building import (
    Elsewhere,
    Record,
    given,
    mapping,
    native_id,
    native_span,
    objects,
    text,
)
from runbook_tui.intake.raw import RawSpan
from runbook_tui.trace.jsontext import as_text

__all__ = ["elsewhere", "read", "recognises"]

_KINDS: Final = (
    "user",
    "assistant",
    "system",
    "summary",
    "progress",
    "file-history-snapshot",
    "queue-operation",
)
_INPUT: Final = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
_MAIN: Final = "main"
_NAME: Final = re.compile(r"[\w-]{1,100}")


def recognises(record: Record) -> bool:
    """Whether it is a line of a session file."""
    if record.get("type") in ("user", "assistant"):
        return "sessionId" in record and isinstance(record.get("message"), dict)
    return record.get("type") in _KINDS and (
        "sessionId" in record or "leafUuid" in record or "messageId" in record
    )


def read(records: list[Record]) -> Iterator[RawSpan]:
    """The spans of sessions, each a trace."""
    sessions: dict[str, list[Record]] = {}
    for record in records:
        session_id = native_id(record.get("sessionId"))
        if session_id is not None and isinstance(record.get("message"), dict):
            sessions.setdefault(session_id, []).append(record)
    for session_id, lines in sessions.items():
        yield from _Session(session_id, lines).spans()


def elsewhere(records: list[Record]) -> Elsewhere | None:
    """Subagents write files of their own: in a folder of their session's name, in older versions beside it."""
    sessions = {str(record["sessionId"]) for record in records if _is_main(record)}
    if not sessions:
        return None
    folders = [f"{name}/subagents/agent-*.jsonl" for name in sorted(sessions) if _NAME.fullmatch(name)]
    return Elsewhere(
        ("agent-*.jsonl", *folders),
        lambda record: record.get("sessionId") in sessions and not _is_main(record),
    )


def _is_main(record: Record) -> bool:
    """Whether it is the main agent's line."""
    return "sessionId" in record and not record.get("agentId") and record.get("isSidechain") is not True


class _Session:
    """One session while its spans are made."""

    def __init__(self, session_id: str, lines: list[Record]) -> None:
        self.id = session_id
        self.chains: dict[str, list[Record]] = {}
        chain_of: dict[str, str] = {}
        for line in lines:
            chain = self._chain(line, chain_of)
            chain_of[str(line.get("uuid"))] = chain
            self.chains.setdefault(chain, []).append(line)
        self.results: dict[str, tuple[Record, Record]] = {}
        for line in lines:
            for block in _blocks(line):
                if block.get("type") == "tool_result" and block.get("tool_use_id"):
                    self.results.setdefault(str(block["tool_use_id"]), (block, line))

    def _chain(self, line: Record, chain_of: dict[str, str]) -> str:
        """Whose line it is: the main agent's, or that of a subagent, known by its id or by its first line."""
        if line.get("agentId"):
            return str(line["agentId"])
        if line.get("isSidechain") is True:
            parent = chain_of.get(str(line.get("parentUuid")))
            return parent if parent not in (None, _MAIN) else str(line.get("uuid"))
        return _MAIN

    def spans(self) -> Iterator[RawSpan]:
        """The agents, and below each its user's messages, model calls and tool calls."""
        for chain, lines in self.chains.items():
            root = self.id if chain == _MAIN else f"{self.id}.{chain}"
            start, end = lines[0].get("timestamp"), lines[-1].get("timestamp")
            name = "claude-code" if chain == _MAIN else self._subagent(chain, lines)[1]
            parent = None if chain == _MAIN else self._subagent(chain, lines)[0] or self._main()
            about = given(
                gen_ai__operation__name="invoke_agent",
                gen_ai__agent__name=name,
                claude_code__cwd=text(lines[0], "cwd"),
                claude_code__version=text(lines[0], "version"),
                claude_code__git_branch=text(lines[0], "gitBranch"),
            )
            yield self._span(root, parent, f"invoke_agent {name}", about, start, end)
            yield from self._users(root, lines)
            yield from self._answers(root, lines)

    def _main(self) -> str | None:
        return self.id if _MAIN in self.chains else None

    def _subagent(self, chain: str, lines: list[Record]) -> tuple[str | None, str]:
        """(the call that started it, its name): by the agent id in the call's result, else by its prompt."""
        first = _words(lines[0])
        for line in (line for own in self.chains.values() for line in own):
            for block in _blocks(line):
                asked = mapping(block, "input")
                if block.get("type") != "tool_use" or "prompt" not in asked:
                    continue
                answer = self.results.get(str(block.get("id")), ({}, {}))[1]
                started = mapping(answer, "toolUseResult").get("agentId")
                if started == chain or (started is None and asked["prompt"] == first):
                    return str(block.get("id")), text(asked, "subagent_type", "name") or "subagent"
        return None, "subagent"

    def _users(self, root: str, lines: list[Record]) -> Iterator[RawSpan]:
        for line in lines:
            words = _words(line)
            if line.get("type") == "user" and words and line.get("isMeta") is not True:
                said = [{"role": "user", "parts": [{"type": "text", "content": words}]}]
                about: Record = {"gen_ai.input.messages": said}
                time = line.get("timestamp")
                yield self._span(native_id(line.get("uuid")), root, "user", about, time, time)

    def _answers(self, root: str, lines: list[Record]) -> Iterator[RawSpan]:
        answers: dict[str, list[Record]] = {}
        asked: dict[str, list[Record]] = {}
        since: list[Record] = []
        for line in lines:
            if line.get("type") == "user":
                since.append(line)
            elif line.get("type") == "assistant":
                answer_id = text(mapping(line, "message"), "id") or text(line, "uuid") or ""
                if answer_id not in answers:
                    asked[answer_id], since = since, []
                answers.setdefault(answer_id, []).append(line)
        for answer_id, parts in answers.items():
            yield self._answer(root, answer_id, parts, asked[answer_id])
            for line in parts:
                for block in _blocks(line):
                    if block.get("type") == "tool_use":
                        yield self._tool(root, block, line)

    def _answer(self, root: str, answer_id: str, parts: list[Record], asked: list[Record]) -> RawSpan:
        messages = [mapping(line, "message") for line in parts]
        usage = [mapping(message, "usage") for message in messages]
        start = asked[-1].get("timestamp") if asked else parts[0].get("timestamp")
        about = given(
            gen_ai__operation__name="chat",
            gen_ai__provider__name="anthropic",
            gen_ai__response__model=text(messages[0], "model"),
            gen_ai__response__id=answer_id,
            gen_ai__response__finish_reasons=[m["stop_reason"] for m in messages if m.get("stop_reason")][
                -1:
            ],
            gen_ai__usage__input_tokens=_most(usage, _INPUT),
            gen_ai__usage__output_tokens=_most(usage, ("output_tokens",)),
            gen_ai__input__messages=[mapping(line, "message") for line in asked],
            gen_ai__output__messages=[
                {"role": "assistant", "content": [block for line in parts for block in _blocks(line)]}
            ],
        )
        failed = any(line.get("isApiErrorMessage") is True for line in parts)
        words = _words(parts[-1]) or "failed"
        return self._span(
            native_id(parts[0].get("uuid")) or answer_id,
            root,
            f"chat {text(messages[0], 'model') or ''}".strip(),
            about,
            start,
            parts[-1].get("timestamp"),
            words if failed else None,
        )

    def _tool(self, root: str, block: Record, line: Record) -> RawSpan:
        call_id = native_id(block.get("id")) or native_id(line.get("uuid"))
        name = text(block, "name") or "tool"
        answer, answered = self.results.get(str(block.get("id")), ({}, {}))
        result = _result(answer.get("content"))
        about = given(
            gen_ai__operation__name="execute_tool",
            gen_ai__tool__name=name,
            gen_ai__tool__call__id=call_id,
            gen_ai__tool__call__arguments=block.get("input"),
        )
        if answer:
            about["gen_ai.tool.call.result"] = result or ""
        error = (result or "failed") if answer.get("is_error") is True else None
        times = (line.get("timestamp"), answered.get("timestamp"))
        return self._span(call_id, root, f"execute_tool {name}", about, *times, error)

    def _span(
        self,
        span_id: str | None,
        parent: str | None,
        name: str,
        attributes: Record,
        start: Any,
        end: Any,
        error: str | None = None,
    ) -> RawSpan:
        attributes["session.id"] = self.id
        return native_span(
            self.id, span_id, parent, name, attributes, start=start, end=end, error=error, scope="claude-code"
        )


def _blocks(line: Record) -> Iterator[Record]:
    return objects(mapping(line, "message"), "content")


def _words(line: Record) -> str:
    content = mapping(line, "message").get("content")
    if isinstance(content, str):
        return content
    return "\n".join(str(block.get("text", "")) for block in _blocks(line) if block.get("type") == "text")


def _result(content: Any) -> str | None:
    if isinstance(content, list) and all(isinstance(item, dict) and "text" in item for item in content):
        return "\n".join(str(item["text"]) for item in content)
    return as_text(content)


def _most(usage: list[Record], names: tuple[str, ...]) -> int | None:
    """The usage of one answer: its lines repeat it, and a streamed one counts up."""
    totals = []
    for record in usage:
        counts = [count for name in names if (count := as_int(record.get(name))) is not None]
        if counts:
            totals.append(sum(counts))
    return max(totals, default=None)
