"""What changed in a model's context between one call and the next of the same conversation.

A conversation is known by what its calls share: the next call of it repeats most of the messages of the one before.
A delegated agent that starts afresh shares nothing and begins a conversation of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

import msgspec
from rapidfuzz import fuzz

from runbook_tui.trace import Message, SessionTrace, Step

__all__ = ["ContextChange", "MessageChange", "context_change_of", "context_changes"]

Change = Literal["added", "dropped", "truncated", "rewritten"]

_SHARED: Final = 0.5
"""Of the shorter of two contexts so many messages must be in both, or it is another conversation."""
_ALIKE: Final = 60.0
"""rapidfuzz ratio (0..100) from which a message counts as rewritten and not as another one."""
_BEGINNING: Final = 40
"""Characters two messages must begin with alike for one to be the other, cut."""
_COMPARED: Final = 4_000
_RECENT: Final = 8
"""Conversations that are looked at for the one a call continues, the latest first."""


class MessageChange(msgspec.Struct, frozen=True):
    """One message that is not as it was."""

    change: Change
    role: str
    at: int
    """Its place in the context, from 0: in the later call where it is there, else in the earlier one."""
    text: str
    was: str | None = None
    """What stood there before, for truncated and rewritten."""


class ContextChange(msgspec.Struct, frozen=True):
    """What the context of a call has that the call before it had not, and the other way round."""

    step: Step
    previous: Step
    changes: tuple[MessageChange, ...]

    def of(self, change: Change) -> tuple[MessageChange, ...]:
        """The changes of one kind."""
        return tuple(item for item in self.changes if item.change == change)


def context_changes(session: SessionTrace) -> Iterator[ContextChange]:
    """For each LLM call that continues a conversation: how its context differs from that of the call before."""
    return _changes_along(session.steps)


def context_change_of(session: SessionTrace, span_id: str, back: int) -> ContextChange | None:
    """`context_changes` for one call, the one before it sought among the `back` steps before."""
    step = session.step_of(span_id)
    if step is None:
        return None
    near = session.steps[max(step.index - back, 0) : step.index + 1]
    return next((change for change in _changes_along(near) if change.step.index == step.index), None)


def _changes_along(steps: Iterable[Step]) -> Iterator[ContextChange]:
    latest: list[tuple[Step, list[int]]] = []
    for step in steps:
        if step.kind != "llm" or not step.span.input_messages:
            continue
        marks = [_mark(message) for message in step.span.input_messages]
        found = _continued(step.span.input_messages, marks, latest)
        if found is not None:
            previous, before = latest[found]
            if not _is_handed_over(previous, step):
                del latest[found]
            yield ContextChange(step, previous, tuple(_changes(previous, before, step, marks)))
        latest.append((step, marks))
        del latest[:-_RECENT]


def _is_handed_over(previous: Step, step: Step) -> bool:
    """Whether another agent goes on: the first one may come back to what it knew itself, told of the outcome alone."""
    if previous.span.agent != step.span.agent:
        return True
    was, now = (_instructions(item.span.input_messages) for item in (previous, step))
    return bool(was and now) and not _are_alike(was, now)


def _instructions(messages: Sequence[Message]) -> str:
    return "\n".join(message.text for message in messages if message.role == "system")


def _mark(message: Message) -> int:
    return hash((message.role, *((part.type, part.text, part.call_id) for part in message.parts)))


def _continued(
    messages: Sequence[Message], marks: list[int], latest: list[tuple[Step, list[int]]]
) -> int | None:
    """The index of the conversation that this context keeps most of; the latest of equals."""
    here = set(marks)
    begins = not any(message.role in ("assistant", "tool") for message in messages)
    best: tuple[float, int] | None = None
    for index, conversation in enumerate(latest):
        if begins and marks == conversation[1][: len(marks)]:
            continue  # it begins as that one began: the same task anew
        before = set(conversation[1])
        shared = len(here & before)
        if shared < max(1, _SHARED * min(len(here), len(before))) or not _more_than_instructions(
            conversation, here
        ):
            continue
        best = max(best or (0.0, index), (shared / len(before), index))
    return best[1] if best else None


def _more_than_instructions(conversation: tuple[Step, list[int]], here: set[int]) -> bool:
    """Agents that share a system prompt are not in one conversation for that."""
    step, marks = conversation
    shared = [
        message
        for message, mark in zip(step.span.input_messages, marks, strict=True)
        if mark in here and message.role != "system"
    ]
    return bool(shared)


def _changes(previous: Step, before: list[int], step: Step, after: list[int]) -> Iterator[MessageChange]:
    old, new = previous.span.input_messages, step.span.input_messages
    gone = _only_in(before, after)
    come = _only_in(after, before)
    said = {_mark(message) for message in previous.span.output_messages}
    for at in gone:
        twin = next((to for to in come if _is_cut(old[at], new[to])), None)
        change: Change = "truncated"
        if twin is None:
            twin = next((to for to in come if _is_rewritten(old[at], new[to])), None)
            change = "rewritten"
        if twin is None:
            yield MessageChange("dropped", old[at].role, at, _text(old[at]))
        else:
            come.remove(twin)
            yield MessageChange(change, new[twin].role, twin, _text(new[twin]), _text(old[at]))
    for at in come:
        if after[at] not in said:
            yield MessageChange("added", new[at].role, at, _text(new[at]))


def _only_in(ours: list[int], theirs: list[int]) -> list[int]:
    """Places in `ours` of what `theirs` has not, or has less often."""
    left = Counter(theirs)
    found = []
    for at, mark in enumerate(ours):
        if left[mark]:
            left[mark] -= 1
        else:
            found.append(at)
    return found


def _is_cut(was: Message, now: Message) -> bool:
    """Whether the later one is the beginning of the earlier one, but for a mark at its end that says so."""
    before, after = _text(was), _text(now)
    if was.role != now.role or not _BEGINNING <= len(after) < len(before):
        return False
    return before.startswith(after[: max(_BEGINNING, len(after) - _BEGINNING)])


def _is_rewritten(was: Message, now: Message) -> bool:
    if was.role != now.role:
        return False
    if was.role == "system":
        return True  # one agent's instructions in the place of another's
    return _are_alike(_text(was), _text(now))


def _are_alike(was: str, now: str) -> bool:
    return fuzz.ratio(was[:_COMPARED], now[:_COMPARED], score_cutoff=_ALIKE) >= _ALIKE


def _text(message: Message) -> str:
    return "\n".join(part.text or part.name or "" for part in message.parts)
