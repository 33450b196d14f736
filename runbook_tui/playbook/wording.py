"""pydantic's errors -> findings in the words of this project."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from runbook_tui.playbook.models import Playbook
from runbook_tui.playbook.problems import Finding, Loc, did_you_mean, shown

MISSING: Final = "this required key is missing"

_PLAIN: Final[Mapping[str, str]] = {"missing": MISSING, "too_short": "must not be empty"}
_ABSENT: Final = object()
_COMMAND_KEYS: Final = frozenset({"argv", "undo"})
_YAML_1_1_BOOLS: Final = frozenset({"yes", "no", "on", "off", "y", "n"})
_EXPECTED: Final[Mapping[str, str]] = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_PATTERN_MEANINGS: Final[Mapping[str, str]] = {
    "^[a-z][a-z0-9_]*$": "must be lower-case letters, digits and underscores, starting with a letter",
    "^[a-z][a-z0-9]*(-[a-z0-9]+)*$": "must be lower-case words and digits joined by hyphens",
    r"^\S([^\n\t]*\S)?$": "must be one line without spaces around it",
    r"\S": "must not be blank",
    r"^\S+$": "must not contain spaces",
    r"^[^\n]*$": "must be one line",
    r"^(<|<=|>|>=|==) ?[0-9]+(\.[0-9]+)?$": "must be an operator and a number, such as '< 0.75'",
    r"^[0-9]+\.[0-9]+\.[0-9]+$": "must be three numbers, such as '1.0.0'",
}


def findings_of(error: ValidationError, data: object) -> list[Finding]:
    """Say every error of a validation in our words.

    Args:
        error: What pydantic raised.
        data: What was validated; tells the tags that pydantic mixes into locations from real keys.
    """
    findings = []
    for details in error.errors(include_url=False):
        if details["type"] == "too_short" and details["input"]:
            continue  # not short as written: its items are wrong, which is reported for each of them
        findings.append(_finding(details, data))
    return findings


def _finding(details: Any, data: object) -> Finding:
    kind, given = details["type"], details["input"]
    loc = _real_loc(details["loc"], data, keep_last=kind in {"missing", "extra_forbidden"})
    if kind in _PLAIN:
        return Finding(loc, _PLAIN[kind])
    if kind == "extra_forbidden":
        return Finding(loc, "unknown key", did_you_mean(str(loc[-1]), _keys_at(details["loc"][:-1])))
    if kind in {"union_tag_not_found", "union_tag_invalid"}:
        return _unknown_kind(kind, loc, details.get("ctx", {}))
    if kind in {"literal_error", "enum"}:
        return _not_one_of(loc, given, details["ctx"]["expected"])
    if kind in _EXPECTED:
        return _wrong_type(loc, kind, given)
    if kind == "string_pattern_mismatch":
        meaning = _PATTERN_MEANINGS.get(details["ctx"]["pattern"], f"must match {details['ctx']['pattern']}")
        return Finding(loc, f"{shown(given)} {meaning}")
    if kind == "value_error":
        return Finding(loc, str(details["ctx"]["error"]))
    return Finding(loc, _sentence(details["msg"]))


def _unknown_kind(kind: str, loc: Loc, context: Mapping[str, Any]) -> Finding:
    if kind == "union_tag_not_found":
        return Finding((*loc, "kind"), MISSING, "choice, manual, ask or checklist")
    return _not_one_of((*loc, "kind"), context["tag"], context["expected_tags"])


def _not_one_of(loc: Loc, given: object, expected: str) -> Finding:
    known = [word.strip().strip("'") for word in expected.replace(" or ", ", ").split(",")]
    message = f"{shown(given)} is not known here; one of {', '.join(known)}"
    if len(known) == 1:
        message = f"must be {known[0]}, not {shown(given)}"
    return Finding(loc, message, did_you_mean(given, known) if isinstance(given, str) else "")


def _wrong_type(loc: Loc, kind: str, given: object) -> Finding:
    if kind == "tuple_type" and isinstance(given, str) and loc and loc[-1] in _COMMAND_KEYS:
        return Finding(
            loc,
            "a command is a list of arguments, not a shell string",
            "write it as [program, argument, argument]",
        )
    return Finding(loc, f"must be {_EXPECTED[kind]}, not {_described(given)}", _type_hint(kind, given))


def _type_hint(kind: str, given: object) -> str:
    if kind == "bool_type" and isinstance(given, str) and given.lower() in _YAML_1_1_BOOLS:
        return "write true or false"
    if kind == "string_type" and isinstance(given, bool | int | float):
        return "put it in quotes"
    if kind in {"int_type", "float_type"} and isinstance(given, str):
        return "write it as a plain decimal number, without quotes"
    return ""


def _described(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"the {'text' if isinstance(value, str) else 'number'} {shown(value)}"


def _sentence(message: str) -> str:
    """Pydantic's own message, for the few kinds that need no better one."""
    return (
        message.removeprefix("Input ")
        .removeprefix("String ")
        .removeprefix("Tuple ")
        .replace("should", "must", 1)
    )


def _real_loc(loc: Loc, data: object, *, keep_last: bool) -> Loc:
    """Leave out of a location what is not in the data: tags of unions, and `[key]` for keys."""
    real: list[str | int] = []
    here = data
    for index, part in enumerate(loc):
        if len(real) > 1 and real[-2] == "steps" and loc[index - 1] == real[-1]:
            continue  # the tag of the step's kind, which may also be a misplaced key
        inner = _child(here, part)
        if inner is _ABSENT and not (keep_last and index == len(loc) - 1):
            continue
        here = inner
        real.append(part)
    return tuple(real)


def _child(value: object, part: str | int) -> object:
    if isinstance(value, Mapping):
        return value.get(part, _ABSENT)
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return _ABSENT


def _keys_at(loc: Loc) -> list[str]:
    """The keys the model knows at a location that still has the tags of unions in it."""
    found: list[Any] = [Playbook]
    for part in loc:
        found = [inner for outer in found for inner in _inside(outer, part)]
    return [
        field.alias or name
        for model in found
        if isinstance(model, type) and issubclass(model, BaseModel)
        for name, field in model.model_fields.items()
    ]


def _inside(annotation: Any, part: str | int) -> list[Any]:
    """The types found one step further in; several where a union leaves it open."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if (field.alias or name) == part:
                return _members(field.annotation)
        # a tag of a union: stay, if this is the member it names
        kind = annotation.model_fields.get("kind")
        return [annotation] if kind is not None and part in typing.get_args(kind.annotation) else []
    inner = [argument for argument in typing.get_args(annotation) if argument is not Ellipsis]
    return _members(inner[-1]) if inner else []


def _members(annotation: Any) -> list[Any]:
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _members(typing.get_args(annotation)[0])
    if origin in {typing.Union, types.UnionType}:
        return [member for part in typing.get_args(annotation) for member in _members(part)]
    return [annotation]
