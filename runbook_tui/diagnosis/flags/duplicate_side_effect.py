"""DUPLICATE_SIDE_EFFECT: an action was done twice with the same arguments.

Tools that the catalogue knows to act, and those it does not know whose repeat gave out another id. The same are
arguments of which ids, numbers and names are equal in whichever notation, and texts nearly; a key that is made anew
for each call says nothing, and one that was repeated makes repeating safe. Where the first of them failed, it is
flagged as well: nobody knows whether it was applied, and that is where the doubling began. Wrong for actions that are
safe to repeat; mark those as `read`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from rapidfuzz import fuzz

from runbook_tui.diagnosis.arithmetic import as_number
from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.id_forms import MADE_ANEW
from runbook_tui.diagnosis.known import entities
from runbook_tui.diagnosis.naming import sounds_like_reading
from runbook_tui.trace import Flag, Step
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["detect"]

_REMARK: Final = re.compile(r"(?i)(?:^|[._])(?:note|notes|comment|reason|remark|memo)$")
"""What is said beside an act, where there is more to tell two acts apart by."""
_CODE: Final = re.compile(r"[\n{}=;()<>]")
_SAFE: Final = re.compile(r"(?i)idempot")
_REPEATED: Final = re.compile(
    r"(?i)(?:^|_)(?:wait|sleep|poll|ping|refresh|sync|next|continue|tail|receive|latest|recent|new|random|sample|pick|click|press|scroll|type|key|swipe|move|hover|think|plan"
    r"|todos?|screenshot|run|exec|execute|python|code|bash|shell|sql|query|call|invoke|calc\w*|comput\w*|convert|parse|render"
    r"|generate|draft|summari[sz]e|translate|classify|validate|verify|estimate|quote|preview|simulate)(?:_|$)"
)
"""Names of what does no harm when it is done again, or may."""
_ANSWER: Final = 2_000
"""What makes something answers shortly, with one record."""
_TELLING: Final = 2
"""Arguments from which on two calls with the same are no chance."""
_NO_EFFECT: Final = re.compile(
    r'(?i)"(?:verdict|status|outcome|result|state)"\s*:\s*"(?:fail\w*|reject\w*|invalid|denied|refused|declined)"'
)
_AGAIN: Final = re.compile(
    r"(?i)\b(?:once more|again|resend|re-send|one more time|nochmals?|noch einmal|erneut|encore une fois|à nouveau|otra vez"
    r"|de nuevo)\b"
)
"""How a user asks for the same once more."""
_FILLING: Final = frozenset(("the", "site", "office", "location"))
_DAY_FIRST: Final = re.compile(r"(\d\d)[-./](\d\d)[-./](\d{4})")
_SURNAME_FIRST: Final = re.compile(r"([^\W\d_][^\d,]*), ?([^\W\d_][^\d,]*)")
_WORDS: Final = re.compile(r"\w+")
_SHORT: Final = 3
_NEAR: Final = 40
_PROSE: Final = 4
"""Words from which on a text is prose, and need not be the same by the letter."""
_ALIKE: Final = 92.0
"""rapidfuzz ratio (0..100) from which two texts say the same."""
_DIGIT: Final = re.compile(r"\d")
_SEVERAL: Final = re.compile(r"(?i)\b(?:two|2|both|twice|three|3|each|several|another)\b")
"""How a task asks for the same more than once."""


class _Act(NamedTuple):
    """An action's arguments, made comparable."""

    exact: tuple[tuple[str, str], ...]
    text: str
    key: str | None
    """What makes repeating it safe."""


def detect(case: Case) -> Iterator[Flag]:
    """A flag on every repeated action, naming the first one, and on a first one that failed."""
    done: dict[tuple[str, tuple[tuple[str, str], ...]], list[tuple[_Act, Step]]] = {}
    repeated: set[int] = set()
    for step in case.tool_steps:
        tool = step.span.tool
        if tool is None or step.kind != "tool" or tool.arguments is None:
            continue
        effect = case.tool(tool.name).effect
        if effect == "read" or (effect == "unknown" and _may_be_repeated(tool.name)):
            continue
        act = _comparable(case, step, tool.arguments)
        known = done.setdefault((tool.name, act.exact), [])
        first = next((known_step for other, known_step in known if _is_same(other, act)), None)
        if first is not None and effect == "unknown" and not _gave_another_id(first, step):
            continue
        if first is None:
            known.append((act, step))
            continue
        if _was_refused(first):
            continue
        if _was_asked_for(case, first, step) or _was_asked_again(case, first, step):
            known.append((act, step))
            continue
        failed = first.span.status == "error"
        if failed and first.index not in repeated:
            detail = (
                f"{tool.name} failed, may still have been applied, and was repeated at step {step.number}"
            )
            yield case.flag("DUPLICATE_SIDE_EFFECT", "P0", first, detail)
        repeated.add(first.index)
        doubt = " (which failed, and may still have been applied)" if failed else ""
        detail = f"{tool.name} repeats step {first.number}{doubt} with the same arguments"
        yield case.flag("DUPLICATE_SIDE_EFFECT", "P0", step, detail)


def _may_be_repeated(name: str) -> bool:
    return sounds_like_reading(name) or _REPEATED.search(name) is not None


def _gave_another_id(first: Step, step: Step) -> bool:
    """Whether a call made something: its answer has an id that neither its arguments nor the first answer had."""
    before, after = first.span.tool, step.span.tool
    if before is None or after is None or len(after.result or "") > _ANSWER:
        return False
    answer = decode(after.result)
    is_record = isinstance(answer, dict) and not any(
        isinstance(item, dict | list) for item in answer.values()
    )
    if not is_record or len(flat_values(decode(after.arguments))) < _TELLING:
        return False
    known = {value.lower() for text in (after.arguments, before.result) for value in entities(text or "")}
    return any(value.lower() not in known for value in entities(after.result or ""))


def _comparable(case: Case, step: Step, arguments: str) -> _Act:
    value = decode(arguments)
    pairs = flat_values(value) if isinstance(value, dict | list) else [("", arguments)]
    exact, text, key = [], [], None
    telling = sum(not _REMARK.search(path) and not MADE_ANEW.search(path) for path, _ in pairs)
    for path, leaf in sorted(pairs, key=lambda pair: pair[0]):
        if MADE_ANEW.search(path) and not case.provenance.is_given(str(leaf), step.index):
            key = str(leaf) if _SAFE.search(path) else key
            continue
        if telling > 1 and _REMARK.search(path):
            continue
        number = as_number(leaf)
        words = _WORDS.findall(str(leaf).lower())
        if number is not None:
            exact.append((path, f"{number.normalize():f}"))
        elif len(words) < _PROSE:
            exact.append((path, _in_one_notation(str(leaf))))
        elif _CODE.search(str(leaf)):
            exact.append((path, str(leaf)))
        else:
            exact.append((path, " ".join(word for word in words if any(map(str.isdigit, word)))))
            text.append(" ".join(words))
    return _Act(tuple(exact), "\n".join(text), key)


def _in_one_notation(text: str) -> str:
    """A short text with its date in one order of day, month and year, a name with what is called first in front."""
    if day := _DAY_FIRST.fullmatch(text.strip()):
        text = f"{day[3]}-{day[2]}-{day[1]}"
    elif name := _SURNAME_FIRST.fullmatch(text.strip()):
        text = f"{name[2]} {name[1]}"
    words = _WORDS.findall(text.lower())
    return " ".join(word for word in words if word not in _FILLING) or text


def _is_same(one: _Act, other: _Act) -> bool:
    if one.key is not None and one.key == other.key:
        return False
    return one.text == other.text or fuzz.ratio(one.text, other.text) >= _ALIKE


def _was_refused(step: Step) -> bool:
    """Whether the first answered that it did nothing; one that failed otherwise may have been applied."""
    tool = step.span.tool
    return (
        tool is not None and step.span.status != "error" and _NO_EFFECT.search(tool.result or "") is not None
    )


def _was_asked_again(case: Case, first: Step, step: Step) -> bool:
    """Whether the user came back between the two and named what the second is about: another 120 for the shelter."""
    turns = [_said_until(case, at) for at in (first, step)]
    if len(turns[1]) <= len(turns[0]) or step.span.tool is None:
        return False
    asked = turns[1][-1].lower()
    names = [
        word for word in _WORDS.findall(step.span.tool.name.replace("_", " ").lower()) if len(word) > _SHORT
    ]
    again = None if asked.rstrip().endswith("?") else _AGAIN.search(asked)
    if again is not None and (
        "same" in asked[: again.start()][-_NEAR:] or any(name in asked for name in names)
    ):
        return True
    marks = {
        str(leaf) for _, leaf in flat_values(decode(step.span.tool.arguments)) if _DIGIT.search(str(leaf))
    }
    return any(
        re.search(rf"(?<!\w){re.escape(mark.removesuffix('.0'))}(?!\w)", turns[1][-1]) for mark in marks
    )


def _said_until(case: Case, step: Step) -> list[str]:
    """What the user had said when a call was asked for."""
    asking = case.asking(step)
    messages = asking.span.input_messages if asking else ()
    return [message.text for message in messages if message.role == "user" and message.text]


def _was_asked_for(case: Case, first: Step, step: Step) -> bool:
    """Whether the model called for both at once, and what the user had said last speaks of several."""
    calls = [item.span.tool.call_id for item in (first, step) if item.span.tool and item.span.tool.call_id]
    asking = [case.asked_by[call] for call in calls if call in case.asked_by]
    if len(asking) < 2 or asking[0] is not asking[1]:
        return False
    said = _said_until(case, step)
    return _SEVERAL.search(said[-1] if said else case.task or "") is not None
