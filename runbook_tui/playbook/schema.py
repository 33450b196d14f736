"""The JSON Schema of a playbook, for editors that complete and check YAML while it is written."""

from __future__ import annotations

import json
from typing import Any

from runbook_tui.playbook.inheritance import OWN_KEYS
from runbook_tui.playbook.models import Playbook


def schema_text() -> str:
    """The schema as text, always the same for the same models. It is committed beside the playbooks.

    A file that extends another may leave out what it inherits, so the keys that can be inherited are
    required only of a file without `extends`.
    """
    schema: dict[str, Any] = Playbook.model_json_schema(by_alias=True)
    required: list[str] = schema["required"]
    own = [key for key in required if key in OWN_KEYS]
    inheritable = [key for key in required if key not in OWN_KEYS]
    schema["required"] = own
    schema["if"] = {"not": {"required": ["extends"]}}
    schema["then"] = {"required": inheritable, "properties": {}}
    for key in inheritable:
        # a mapping is merged key by key, so a part of it is enough where there is `extends`
        reference = schema["properties"][key].get("$ref", "").removeprefix("#/$defs/")
        partly = schema["$defs"].get(reference, {}).pop("required", None)
        if partly:
            schema["then"]["properties"][key] = {"required": partly}
    schema["$schema"] = "http://json-schema.org/draft-07/schema#"  # the newest that YAML editors know
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
