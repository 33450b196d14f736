"""The tools a model was offered: their names, and the JSON Schema of what they take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from runbook_tui.trace import Step

__all__ = ["offered_tools"]

_WITHIN: Final = ("function", "toolSpec")
_SCHEMAS: Final = (
    "parameters",
    "input_schema",
    "inputSchema",
    "parameters_json_schema",
    "parametersJsonSchema",
)


def offered_tools(steps: Iterable[Step]) -> dict[str, dict[str, Any]]:
    """By name, the schema of the arguments of every tool that these model calls were offered; {} where none is told."""
    found: dict[str, dict[str, Any]] = {}
    for step in steps:
        for definition in step.span.tool_definitions:
            body = next(
                (definition[key] for key in _WITHIN if isinstance(definition.get(key), dict)), definition
            )
            if isinstance(body.get("name"), str) and body["name"]:
                found[body["name"]] = _schema(body) or found.get(body["name"], {})
    return found


def _schema(body: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = next((body[key] for key in _SCHEMAS if isinstance(body.get(key), dict)), {})
    return schema["json"] if isinstance(schema.get("json"), dict) else schema  # Bedrock wraps it
