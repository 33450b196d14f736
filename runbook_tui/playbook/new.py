"""The text of a fresh playbook: small, valid, and showing where things go."""

from __future__ import annotations

import re
from typing import Final

_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

_TEXT: Final = """\
# yaml-language-server: $schema=playbook.schema.json
# `runbook-tui playbook schema > playbook.schema.json` lets your editor check this file as you type;
# `runbook-tui playbook check FILE` says everything that is wrong with it.
# Use it: `runbook-tui --playbooks FOLDER open --playbook {id} SESSION`, or state the `mode` that it takes over for.
schema: runbook_tui/playbook/v1
id: {id}
title: "{title}"
version: "1.0.0"  # raise it with every change of a step or a command
owner: "your-team"
extends: agent-incident  # everything that is not stated here is inherited; see `playbook show`

first_action:
  text: "Stop the agent before you read anything."
  room: contain

# Values only the engineer knows. They must match `pattern` from end to end, and are used in commands
# as part of one argument. These are always there: incident.id, session.id, agent.
vars:
  namespace:
    prompt: "Kubernetes namespace"
    pattern: "[a-z0-9]([-a-z0-9]{{0,61}}[a-z0-9])?"
    default: "agents"

rooms:
  contain:
    lead: "Stop new side effects first; the narrowest stop that works is the best one."
    steps:
      - id: stop_agent
        title: "Stop the agent"
        kind: choice  # or manual, ask, checklist
        required: true
        options:
          - id: scale_to_zero
            label: "Kubernetes: scale the agent to zero"
            scope: agent
            run:
              # a list of arguments, never a shell string
              argv: [kubectl, -n, "{{{{namespace}}}}", scale, "deployment/{{{{agent}}}}", --replicas=0]
              effect: destructive  # read, reversible (state `undo`), destructive or irreversible
              verify:
                text: "No pod of the agent is left."
          - id: another_way
            label: "I stopped it another way"
            manual:
              ask: "How did you stop it?"
"""


def new_playbook(playbook_id: str) -> str:
    """The text of a playbook that extends the default one, ready to be edited.

    Raises:
        ValueError: The id is not lower-case words joined by hyphens.
    """
    if not _ID.fullmatch(playbook_id) or len(playbook_id) > 64:
        raise ValueError(f"{playbook_id!r} is not lower-case words and digits joined by hyphens")
    title = playbook_id.replace("-", " ").capitalize()
    return _TEXT.format(id=playbook_id, title=title)
