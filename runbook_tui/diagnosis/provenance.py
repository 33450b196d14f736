"""Where the ids came from that an agent hands to its tools: of any format, told by the argument's name.

What stands under a name like `order_id`, `sha` or `email` was given out by something: a prompt or a result. The formats
that `known` tells by themselves are not enough for that: ids of plain digits, mixed ones, slashes and dots.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from runbook_tui.diagnosis.id_forms import (
    COINED,
    FEWEST,
    FEWEST_DIGITS,
    INDEX,
    LONGEST,
    PIECES,
    form_of,
    is_id_name,
    is_its_own,
    makes,
    named_ids,
)
from runbook_tui.diagnosis.near_misses import NearMisses, compact, could_be_id
from runbook_tui.diagnosis.presence import delegated_calls
from runbook_tui.trace import SessionTrace, Step
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["Provenance"]

_PEOPLE: Final = re.compile(
    r"(?i)(?:^|[_.]|(?<=[a-z]))(?:reviewers|assignees|attendees|participants|members|owners|approvers|watchers|users|invitees)$"
)
_HANDLE: Final = re.compile(r"@?\w*[a-z][-_.\d]\w[\w.-]*")
"""A name on a platform; words alone are as often what somebody is called."""
_ID_LIST: Final = re.compile(
    r"(?:(?=[^,]*\d)(?=[^,]*[A-Za-z])[\w.-]{4,40})(?:, ?(?=[^,]*\d)(?=[^,]*[A-Za-z])[\w.-]{4,40}){1,50}"
)
"""Ids, each of letters and digits, with commas between them."""
_VERSION: Final = re.compile(r"(?i)version|release|tag$")
_TIME: Final = re.compile(r"(?:19|20)\d\d-[01]\d-[0-3]\d|[0-2]?\d:[0-5]\d")
"""A time that an agent may choose, as in `from` and `to`."""
_PHONE: Final = re.compile(r"\+?\(?\d[\d ()./-]{6,20}\d")
_PHONE_NAME: Final = re.compile(
    r"(?i)(?:^|[._])(?:to|phone|mobile|tel|telephone|msisdn|recipient|whatsapp)(?:_?(?:no|number))?$"
)
_PHONE_IN: Final = re.compile(r'"\+?\(?\d[\d ()./-]{6,20}\d"')
_NO_DIGIT: Final = re.compile(r"\D+")
_SUBSCRIBER: Final = 7
"""Digits of a phone number that stay the same in every notation."""
_SAYS: Final = re.compile(r"[^\W\d_]{3,} ")
_SOME_DIGITS: Final = re.compile(r"\d[\w.:/+-]{,30}\d[\w.:/+-]{,30}\d")
_MAY_LIST: Final = re.compile(r'\[\s*"|\w, ?\w')
_PROSE: Final = 4_000
_MOST_IN_PROSE: Final = 40
_ROUND: Final = re.compile(r"\d*00|\d{,6}")
"""Numbers that prose is more likely to count or to add up than to name something by."""
_NAME: Final = re.compile(r"[\"']([\w.\- ]+)[\"']\s*:")
_BETWEEN_WORDS: Final = str.maketrans(dict.fromkeys("\"'`<>()[]{},;|=", " "))
_MARKED: Final = re.compile(r"[\d@]")
_EDGES: Final = ".:!?*#"
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LETTERS: Final = re.compile(r"[A-Z]?[a-z]+")
_TELLING: Final = re.compile(r"^uuid$|^(?=.*[ah])(?=.*[9h])[a9h]([^\w@]|_)[a9hw]|^h$")
"""Forms that no date, time, version or word has: parts of letters and of digits, with something between them."""
_NEVER: Final = 1 << 62
_MOST_READ: Final = 100_000_000
"""Characters that are gone through in looking for values inside of words; what would take more counts as given."""


class Provenance:
    """What prompts and results gave out, by when. Read from the session when the first id is asked about."""

    def __init__(self, session: SessionTrace) -> None:
        self._session = session
        self._words: dict[str, int] = {}
        self._forms: dict[tuple[str, str], int] = {}
        self._domains: dict[str, int] = {}
        self._texts: list[tuple[int, str]] = []
        self._found: dict[str, int] = {}
        self._length = self._looked_through = 0
        self._near: NearMisses | None = None

    def _read(self) -> None:
        seen: set[int] = set()
        for at, text in _given_out(self._session):
            if hash(text) not in seen:
                seen.add(hash(text))
                self._take(at, text)
        for step in self._session.steps:
            if step.span.tool is not None:
                self._learn(step.index + 1, step.span.tool.result, step.span.tool.name)
                self._learn(step.index + 1, step.span.tool.arguments, "")

    def _take(self, at: int, text: str) -> None:
        self._texts.append((at, text))
        self._length += len(text)
        for part in text.translate(_BETWEEN_WORDS).split():
            if part.isalpha() or len(part) > LONGEST or _MARKED.search(part) is None:
                continue
            word = part.strip(_EDGES).lower()
            if word:
                self._words.setdefault(word, at)
                if _TELLING.search(form := form_of(word)):
                    self._forms.setdefault(("", form), at)
                if "@" in word:
                    self._domains.setdefault(word.rpartition("@")[2], at)

    def _learn(self, at: int, text: str | None, tool: str) -> None:
        """The formats in which ids stand under a name, once something gave them out.

        What `list_pupils` returns as `id` is a `pupil_id`.
        """
        for name, value, above in named_ids(decode(text)):
            if self._words.get(value.lower(), at) <= at:
                owners = {word.lower().removesuffix("s") for word in _LETTERS.findall(f"{tool} {above}")}
                for known in (name, *(f"{owner}{name}" for owner in owners)):
                    self._forms.setdefault((known, form_of(value)), at)

    def unknown(self, step: Step) -> Iterator[str]:
        """The ids among a call's arguments that nothing gave out, where others of their kind were."""
        tool = step.span.tool
        if tool is None or not any(map(is_id_name, _NAME.findall(tool.arguments or ""))):
            return
        for name, value, _ in named_ids(decode(tool.arguments)):
            if (
                COINED.search(name)
                or _TIME.match(value)
                or is_its_own(tool.name, name)
                or self._is_given(value.lower(), step.index)
            ):
                continue
            if _EMAIL.fullmatch(value):
                if self._is_strange(value.lower(), step.index):
                    yield value
            elif any(
                self._forms.get((known, form_of(value)), step.index + 1) <= step.index for known in (name, "")
            ):
                yield value

    def slips(self, step: Step) -> Iterator[str]:
        """The values among a call's arguments that are a slip away from an id that was given out, whatever their name."""
        tool = step.span.tool
        if tool is None or makes(tool.name):
            return
        for path, leaf in flat_values(decode(tool.arguments)):
            if not isinstance(leaf, str) or COINED.search(path) or _VERSION.search(path):
                continue
            is_id = could_be_id(leaf) and not _SAYS.search(leaf)
            for value in (leaf,) if is_id else _ids_in_prose(leaf):
                if value.isdigit() and not (len(value) > FEWEST_DIGITS + 2 or is_id_name(path)):
                    continue
                if self.is_given(value, step.index):
                    continue
                self._near = self._near or NearMisses(self._texts)
                if self._near.is_slip(value, step.index):
                    yield value

    def strangers(self, step: Step) -> Iterator[str]:
        """What nothing gave out in a list of people's handles, or of ids in one text, where another of the list was."""
        tool = step.span.tool
        lists: dict[str, list[str]] = {}
        may_tell = tool is not None and (
            _MAY_LIST.search(tool.arguments or "") or _PHONE_IN.search(tool.arguments or "")
        )
        if tool is None or not may_tell:
            return
        for path, leaf in flat_values(decode(tool.arguments)):
            if not isinstance(leaf, str) or COINED.search(path):
                continue
            if is_id_name(path.rsplit(".", 1)[-1]) and _ID_LIST.fullmatch(leaf):
                lists[path] = [item.strip() for item in leaf.split(",")]
            elif "[" in path and _PEOPLE.search(INDEX.sub("", path)) and _HANDLE.fullmatch(leaf):
                lists.setdefault(INDEX.sub("", path), []).append(leaf)
            elif (
                _PHONE_NAME.search(path) and _PHONE.fullmatch(leaf) and not self._is_dialled(leaf, step.index)
            ):
                yield leaf
        for items in lists.values():
            known = [self.is_given(item, step.index) for item in items]
            if any(known):
                yield from (
                    item
                    for item, given in zip(items, known, strict=True)
                    if not given and not self._is_made_of_words(item, step.index)
                )

    def _is_dialled(self, phone: str, at: int) -> bool:
        """Whether a prompt or a result has the number, however it is written, with or without the country's."""
        self._read_once()
        if not self._may_look():
            return True
        digits = _NO_DIGIT.sub("", phone)[-_SUBSCRIBER:]
        return any(since <= at and digits in _NO_DIGIT.sub("", text) for since, text in self._texts)

    def _may_look(self) -> bool:
        """Whether going through all texts once more is still within bounds; it counts as done."""
        self._looked_through += self._length
        return self._looked_through <= _MOST_READ + self._length

    def _read_once(self) -> None:
        if not self._texts:
            self._read()

    def names(self, label: str, digits: int, at: int) -> bool:
        """Whether something given out by then bears a number of so many digits under that name."""
        self._read_once()
        if not self._may_look():
            return False
        wanted = re.compile(rf"(?i)\b{re.escape(label)}\W{{1,4}}\d{{{digits}}}\b")
        return any(since <= at and wanted.search(text) for since, text in self._texts)

    def _is_made_of_words(self, handle: str, at: int) -> bool:
        """Whether all that a handle is put together of was told: `team-platform` for the platform team."""
        pieces = [piece for piece in PIECES.findall(handle) if len(piece) > 1]
        return bool(pieces) and all(piece.isalpha() and self.is_given(piece, at) for piece in pieces)

    def is_composed(self, code: str, at: int) -> bool:
        """Whether each part of an id of three and more was told: style, colour and size."""
        pieces = PIECES.findall(code)
        return len(pieces) >= FEWEST and all(self.is_given(piece, at) for piece in pieces)

    def is_given_anyhow(self, code: str, at: int) -> bool:
        """Whether a prompt or a result has the code with other separators, or the number that it is made of."""
        numbers = [
            piece for piece in PIECES.findall(code) if len(piece) > FEWEST and any(map(str.isdigit, piece))
        ]
        if self.is_given(code, at) or (numbers and all(self.is_given(piece, at) for piece in numbers)):
            return True
        if not self._may_look():
            return True
        wanted = compact(code)
        return any(since <= at and wanted in compact(text) for since, text in self._texts)

    def is_given(self, value: str, at: int) -> bool:
        """Whether a prompt or a result before step `at` contains the value."""
        return self._is_given(value.lower(), at)

    def _is_given(self, value: str, at: int) -> bool:
        self._read_once()
        if self._words.get(value, at + 1) <= at:
            return True
        if value not in self._found:
            if not self._may_look():
                return True
            self._found[value] = next((since for since, text in self._texts if value in text.lower()), _NEVER)
        return self._found[value] <= at

    def _is_strange(self, address: str, at: int) -> bool:
        """Whether an address is at a place nobody spoke of, or of a name nobody spoke of, where others are known."""
        if not any(since <= at for since in self._domains.values()):
            return False
        person, _, domain = address.partition("@")
        names = [piece for piece in PIECES.findall(person) if len(piece) > 1]
        return self._domains.get(domain, at + 1) > at or not all(self._is_given(name, at) for name in names)


def _ids_in_prose(text: str) -> list[str]:
    if not _SOME_DIGITS.search(text, 0, _PROSE):
        return []
    words = (word.strip(_EDGES) for word in text[:_PROSE].translate(_BETWEEN_WORDS).split())
    told = (word for word in words if _SOME_DIGITS.search(word))
    return [word for word in told if could_be_id(word) and not _ROUND.fullmatch(word)][:_MOST_IN_PROSE]


def _given_out(session: SessionTrace) -> Iterator[tuple[int, str]]:
    """The texts that are no model's own words, each with the index of the step from which it is known."""
    delegated = delegated_calls(session)
    for span in session.spans:
        if span.kind in ("agent", "other"):
            for message in span.input_messages:
                if message.role in ("system", "user"):
                    yield 0, message.text
    for step in session.steps:
        if step.kind in ("user", "llm"):
            for message in step.span.input_messages:
                if message.role != "assistant":
                    yield (
                        step.index,
                        "\n".join(
                            part.text
                            for part in message.parts
                            if part.call_id not in delegated or not part.call_id
                        ),
                    )
        tool = step.span.tool
        if tool is not None and tool.result and (tool.call_id is None or tool.call_id not in delegated):
            yield step.index + 1, tool.result
