"""Hold every recording to what its story says, and every clean twin to being clean."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

KEYS = (
    "id", "title", "agent", "session", "clean_session", "file", "clean_file", "detected_at", "how_detected",
    "story", "look_for", "origin_step", "mode", "pattern", "first_bad_action_step", "actions_after_origin", "flags",
)  # fmt: skip
FINAL = (
    "send_*",
    "decline_*",
    "approve_*",
    "schedule_payment",
    "release_*",
    "close_*",
    "terminate_*",
    "file_*",
)
UNDOABLE = ("update_*", "issue_*")
FACT = re.compile(r"(?<![\w.-])(?=[\w-]*\d)[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+)*")


@dataclass(frozen=True)
class Step:
    """One LLM or tool call, under the number the tool shows."""

    number: int
    tool: str
    span: dict[str, Any]
    attributes: dict[str, Any]

    @property
    def acts(self) -> bool:
        return any(fnmatch(self.tool, glob) for glob in FINAL + UNDOABLE)


@dataclass(frozen=True)
class Recording:
    """A recording read back."""

    path: Path
    spans: list[dict[str, Any]]
    steps: list[Step]

    @property
    def sessions(self) -> set[str]:
        return {step.attributes["gen_ai.conversation.id"] for step in self.steps}

    @property
    def flags(self) -> dict[str, int]:
        """Recorded flags and the step of each."""
        marked = (step for step in self.steps if "agent.anomaly" in step.attributes)
        return {step.attributes["agent.anomaly"]: step.number for step in marked}

    def ungrounded(self) -> list[str]:
        """Ids and numbers the model wrote that no instruction, prompt or tool result had shown it."""
        seen: set[str] = set()
        found: list[str] = []
        for step in self.steps:
            if step.tool:
                continue
            shown = [
                m for m in json.loads(step.attributes["gen_ai.input.messages"]) if m["role"] != "assistant"
            ]
            text = json.dumps(shown).replace("\\n", " ") + step.attributes["gen_ai.system_instructions"]
            seen.update(FACT.findall(text))
            for message in json.loads(step.attributes["gen_ai.output.messages"]):
                for part in message["parts"]:
                    written = part.get("content") or json.dumps(
                        json.loads(part["arguments"]), ensure_ascii=False
                    )
                    found += [f"{fact}@{step.number}" for fact in FACT.findall(written) if fact not in seen]
        return list(dict.fromkeys(found))


def read(path: Path) -> Recording:
    """Read a recording; its tree must hold together."""
    requests = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    groups = [scope for request in requests for r in request["resourceSpans"] for scope in r["scopeSpans"]]
    spans = sorted(
        (span for scope in groups for span in scope["spans"]), key=lambda s: int(s["startTimeUnixNano"])
    )
    known = {(span["traceId"], span["spanId"]) for span in spans}
    assert len(known) == len(spans), f"{path.name}: a span id occurs twice"
    steps: list[Step] = []
    for span in spans:
        assert "parentSpanId" not in span or (span["traceId"], span["parentSpanId"]) in known, path.name
        assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]), path.name
        attributes: dict[str, Any] = {a["key"]: next(iter(a["value"].values())) for a in span["attributes"]}
        if attributes.get("gen_ai.operation.name") in {"chat", "execute_tool"}:
            number = int(attributes.get("agent.step", len(steps) + 1))
            steps.append(Step(number, attributes.get("gen_ai.tool.name", ""), span, attributes))
    return Recording(path, spans, steps)


def check_clean(recording: Recording) -> None:
    """No flag, no error, no empty result, no call made three times, nothing invented."""
    name = recording.path.name
    assert not recording.flags, name
    assert all("code" not in span["status"] for span in recording.spans), name
    results = [step.attributes["gen_ai.tool.call.result"] for step in recording.steps if step.tool]
    assert not any(result in {"", "[]", "{}", "null"} or ":[]" in result for result in results), name
    calls = Counter(
        (step.tool, step.attributes["gen_ai.tool.call.arguments"]) for step in recording.steps if step.tool
    )
    assert max(calls.values()) < 3, name
    assert all(times == 1 for (tool, _), times in calls.items() if Step(0, tool, {}, {}).acts), name
    assert not recording.ungrounded(), (name, recording.ungrounded())


def check_story(path: Path) -> str:
    """Hold a story to its two recordings; a line of what they contain."""
    story = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert list(story) == [key for key in KEYS if key in story], path.name
    assert set(KEYS) - set(story) <= {"pattern"}, path.name
    assert story["id"] == path.stem, path.name
    bad, good = read(path.with_name(story["file"])), read(path.with_name(story["clean_file"]))
    check_clean(good)
    assert bad.sessions == {story["session"]}, path.name
    assert good.sessions == {story["clean_session"]}, path.name
    for recording in (bad, good):
        assert recording.steps[0].attributes["gen_ai.agent.name"] == story["agent"], path.name
    ended = max(int(span["endTimeUnixNano"]) for span in bad.spans) / 1e9
    assert datetime.fromisoformat(story["detected_at"]).timestamp() > ended, path.name
    assert bad.flags.keys() <= set(story["flags"]), (path.name, bad.flags)
    at_origin = [index for index, step in enumerate(bad.steps) if step.number == story["origin_step"]]
    actions = [step for step in bad.steps[at_origin[-1] + 1 :] if step.acts]
    assert len(actions) == story["actions_after_origin"], (path.name, len(actions))
    assert (actions[0].number if actions else None) == story["first_bad_action_step"], (
        path.name,
        actions[0].number,
    )
    origin = bad.steps[at_origin[-1]]
    lines = [
        f"{path.stem}: origin {story['origin_step']} {origin.span['name']}, {len(actions)} actions after it"
    ]
    for recording in (bad, good):
        size = recording.path.stat().st_size // 1024
        lines.append(
            f"  {recording.path.name}: {len(recording.spans)} spans, {len(recording.steps)} calls in "
            f"{recording.steps[-1].number} steps, {size} KiB, flags {recording.flags or '-'}, "
            f"ungrounded {', '.join(recording.ungrounded()) or '-'}"
        )
    return "\n".join(lines)
