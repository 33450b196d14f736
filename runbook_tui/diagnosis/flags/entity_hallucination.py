"""ENTITY_HALLUCINATION: an id in a model's words or a tool's arguments that nothing before it contains.

An id counts when its format is one the session itself uses (`C-771` makes `C-7781` checkable), when it is handed to a
tool under a name under which others were given out (`pupil_id`), when it is a slip away from one that was given out,
when an answer hands it out as a reference (`confirmation code TRT-58Q2`) or a list of people has it beside known ones,
or when its format is one the playbook's `thresholds.entity_patterns` names. Wrong when an agent coins ids on purpose in
a format it also reads, such as a new invoice number; give that argument's tool a contract, or remove the pattern.
Source: the runbook's flag table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.id_forms import COINED, is_its_own, makes
from runbook_tui.diagnosis.knowledge import Knowledge
from runbook_tui.diagnosis.known import entities
from runbook_tui.trace import Flag, Step
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["detect"]

_LONGEST: Final = 3
_TAG: Final = re.compile(r"[A-Z]{1,4}\d{5,}")
"""An id that needs no separator to be told from a word: SK482913."""
_DATED: Final = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])(?:-\d\d)?(?!\d)")
"""A month or a day in a name (`report-2026-02`): such names are made up by rule."""


_TOLD: Final = re.compile(
    r"(?i)\b(?:(?:confirmation|booking|reservation|tracking|order|ticket|receipt|transaction|\w*nummer|aktenzeichen|numéro|número)"
    r"(?: (?:code|number|no\.?|nr\.?|id|ref\.?|reference))?"
    r"|(?:case|claim|request|reference|referenz|référence|referencia)(?: (?:code|number|no\.?|nr\.?|id)|(?=[:#])))"
    r"(?: (?:is|lautet|est|es))?[:#]? ?[*`\"'“]{0,3}"
    r"([A-Z0-9]{2,12}(?:-[A-Z0-9]{1,12}){1,4})(?![\w-])"
)
"""How an answer hands out the code of what was done: `confirmation code TRT-58Q2`."""
_STANDARD: Final = re.compile(
    r"(?i)(?:utf|iso|din|en|iec|ieee|rfc|http|https|sars|covid|gpt|sha|md|rs|usb|cve)-"
)
_NAMED_NUMBER: Final = re.compile(r"\b([A-Z]{3,6})[ :#-]{1,2}(\d{5,12})(?![\d.,-]?\d)")
_CURRENCIES: Final = frozenset(
    (
        *("EUR", "USD", "GBP", "CHF", "NOK", "SEK", "DKK", "JPY", "CNY", "INR"),
        *("CAD", "AUD", "PLN", "CZK", "HUF", "BRL", "ZAR", "KRW", "MXN", "SGD"),
    )
)


def detect(case: Case) -> Iterator[Flag]:
    """One flag a step, naming at most three ids; an id is reported where it first appears."""
    patterns = [re.compile(pattern) for pattern in case.thresholds.entity_patterns]
    reported: set[str] = set()
    given: set[str] = set()
    was_asked = case.task is not None
    first_call = case.tool_steps[0].index if case.tool_steps else len(case.session.steps)
    for step in case.session.steps:
        unknown = [
            entity
            for entity in _mentioned(step, patterns, case.knowledge)
            if entity.lower() not in reported
            and entity.lower() not in given
            and _is_unknown(entity, case.knowledge, step.index, patterns, was_asked=was_asked)
            and not case.provenance.is_composed(entity, step.index)
        ]
        if step.kind == "llm" and was_asked and step.index > first_call:
            told = (*_codes_told(step), *_numbers_told(case, step))
            unknown += [code for code in told if _is_from_nowhere(case, code, step, reported)]
        given.update(_given_by(step))
        if was_asked and step.kind == "tool":
            unknown += [
                value
                for value in (
                    *case.provenance.unknown(step),
                    *case.provenance.slips(step),
                    *case.provenance.strangers(step),
                )
                if value.lower() not in reported
                and value.lower() not in given
                and not _is_padded(value, case.knowledge, step.index)
            ]
        if unknown:
            names = list(dict.fromkeys(unknown))
            reported.update(name.lower() for name in names)
            shown = ", ".join(names[:_LONGEST]) + (
                f" and {len(names) - _LONGEST} more" if len(names) > _LONGEST else ""
            )
            detail = f"{shown} appears in no earlier message or result{_asked_by(case, step, names[0])}"
            yield case.flag("ENTITY_HALLUCINATION", "P0", step, detail)


def _given_by(step: Step) -> Iterator[str]:
    """The ids that a step gives to what it makes: from then on they are known."""
    tool = step.span.tool
    if tool is None or not makes(tool.name):
        return
    for path, value in flat_values(decode(tool.arguments)):
        if isinstance(value, str) and is_its_own(tool.name, path):
            yield value.lower()


def _asked_by(case: Case, step: Step, name: str) -> str:
    """Which model call wrote the id first, where the flag is on the call that carried it out."""
    asking = case.asking(step) if step.kind == "tool" else None
    if asking is None or asking.number == step.number:
        return ""
    wrote = any(name in call.text for call in asking.span.requested_calls)
    return f"; step {asking.number} wrote it first" if wrote else ""


def _mentioned(step: Step, patterns: list[re.Pattern[str]], known: Knowledge) -> list[str]:
    """Ids in the step's tool arguments, but the next of a row where one is made; in an LLM call, in its words."""
    span = step.span
    if span.tool is not None and step.kind == "tool":
        return [
            entity
            for path, value in flat_values(decode(span.tool.arguments))
            if isinstance(value, str) and not COINED.search(path) and not value.isspace()
            for entity in _in_text(value, patterns)
            if not (is_its_own(span.tool.name, path) and known.has_entity(_one_before(entity), step.index))
        ]
    return _in_text(span.output_text, patterns) if step.kind == "llm" else []


def _is_from_nowhere(case: Case, code: str, step: Step, reported: set[str]) -> bool:
    """Whether no prompt and no result has it, and no call was handed it, which is where it would be reported."""
    if code.lower() in reported or _STANDARD.match(code) or case.provenance.is_given_anyhow(code, step.index):
        return False
    before = (other.span.tool for other in case.tool_steps if other.index < step.index)
    return not any(tool is not None and code in (tool.arguments or "") for tool in before)


def _numbers_told(case: Case, step: Step) -> Iterator[str]:
    """Numbers named as something was that had been given out: `PMID 35672017` beside `"pmid": 33301246`."""
    for match in _NAMED_NUMBER.finditer(step.span.output_text):
        name, number = match[1], match[2]
        is_known = name in _CURRENCIES or case.knowledge.has_number(Decimal(number).normalize(), step.index)
        if not is_known and case.provenance.names(name, len(number), step.index):
            yield number


def _codes_told(step: Step) -> Iterator[str]:
    for match in _TOLD.finditer(step.span.output_text):
        code = match[1]
        if code.isupper() and any(map(str.isdigit, code)) and not _DATED.match(code):
            yield code


def _in_text(text: str, patterns: list[re.Pattern[str]]) -> list[str]:
    found = list(entities(text))
    for pattern in patterns:
        found += [match[0] for match in pattern.finditer(text)]
    return found


def _is_unknown(
    entity: str, known: Knowledge, at: int, patterns: list[re.Pattern[str]], *, was_asked: bool
) -> bool:
    """Whether nothing knew the id; of one that is like a known one only where what was asked is recorded."""
    if known.has_entity(entity, at) or _is_padded(entity, known, at):
        return False
    separated = any(char in entity for char in "-_#") or _TAG.fullmatch(entity) is not None
    separated = separated and not _DATED.search(entity)
    learned = was_asked and separated and known.has_shape(entity, at)
    return learned or any(pattern.fullmatch(entity) for pattern in patterns)


def _one_before(entity: str) -> str:
    """The id whose number is one less: INV-0142 of INV-0143."""
    number = re.search(r"\d+$", entity)
    if number is None or not int(number[0]):
        return entity
    return f"{entity[: number.start()]}{str(int(number[0]) - 1).zfill(len(number[0]))}"


def _is_padded(entity: str, known: Knowledge, at: int) -> bool:
    """Whether the id is a known number, filled up with zeros to a known length: TRV-004417 of trip 4417."""
    digits = re.search(r"0\d+$", entity)
    return digits is not None and known.has_shape(entity, at) and known.has_number(Decimal(digits[0]), at)
