"""Whether the final answer has the form that was asked for: the JSON Schema that the request itself carries.

Only what an answer most often breaks is judged: that it is JSON, the types, the required fields, the listed values.
A keyword beyond these is taken as held.
"""

from __future__ import annotations

from typing import Any, Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.trace.jsontext import decode

__all__ = ["answer_fits", "breaks"]

_REQUESTED: Final = (
    "gen_ai.request.response_format",
    "gen_ai.output.schema",
    "llm.invocation_parameters",
    "model_request_parameters",
    "ai.schema",
    "response_format",
)
_WITHIN: Final = ("response_format", "json_schema", "schema", "output_object", "text", "format")
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_DEEPEST: Final = 12


def answer_fits(case: Case) -> bool | None:
    """Whether the final answer has the form its request asked for; None where no form was asked for."""
    if case.final is None or case.final.span.requested_calls:
        return None  # it called a tool, be it to hand over the answer
    for name in _REQUESTED:
        schema = _schema_in(case.final.span.attributes.get(name), 5)
        if schema is not None:
            return breaks(decode(case.final.span.output_text), schema) is None
    return None


def _schema_in(value: Any, depth: int) -> dict[str, Any] | None:
    value = decode(value) if isinstance(value, str) else value
    if not isinstance(value, dict) or depth == 0:
        return None
    if value.get("type") == "object" and isinstance(value.get("properties"), dict):
        return value
    found = (_schema_in(value.get(name), depth - 1) for name in _WITHIN)
    return next((schema for schema in found if schema is not None), None)


def breaks(value: Any, schema: Any, path: str = "", depth: int = _DEEPEST) -> str | None:
    """Where a value breaks a schema, as a dotted path (`answer` for the whole); None where it does not."""
    if not isinstance(schema, dict) or depth == 0:
        return None
    here = path or "answer"
    wanted = schema.get("type")
    names = wanted if isinstance(wanted, list) else [wanted]
    if wanted is not None and not any(_is(value, name) for name in names):
        return here
    if isinstance(schema.get("enum"), list) and value not in schema["enum"]:
        return here
    if isinstance(value, dict):
        required = schema.get("required")
        for name in required if isinstance(required, list) else ():
            if name not in value:
                return f"{path}.{name}" if path else str(name)
        properties = schema.get("properties")
        for name, inner in properties.items() if isinstance(properties, dict) else ():
            found = (
                breaks(value[name], inner, f"{path}.{name}" if path else name, depth - 1)
                if name in value
                else None
            )
            if found is not None:
                return found
    if isinstance(value, list):
        broken = (
            breaks(item, schema.get("items"), f"{here}[{index}]", depth - 1)
            for index, item in enumerate(value[:1000])
        )
        return next((found for found in broken if found is not None), None)
    return None


def _is(value: Any, name: Any) -> bool:
    if isinstance(value, bool):
        return bool(name == "boolean")
    return isinstance(value, _TYPES.get(str(name), (object,)))
