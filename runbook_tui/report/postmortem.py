"""The postmortem as Markdown. The template is ours alone; what it shows is escaped, never rendered again."""

from __future__ import annotations

from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import yaml

from runbook_tui.incident import Response
from runbook_tui.report.clocks import lasted
from runbook_tui.report.facts import facts
from runbook_tui.report.markdown import Markdown, fenced, inline

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["FORMAT", "postmortem_markdown", "preview", "rendered"]

FORMAT: Final = "runbook_tui/postmortem/v1"
_UNWRITTEN: Final = "Not written yet."
_FEW_ACTIONS: Final = 10
"""More would push the contributing factors off the page: they have an appendix."""
_MOST_ACTIONS: Final = 100
_MOST_FLAGS: Final = 30
_SHORT: Final = 160


def postmortem_markdown(response: Response) -> str:
    """The postmortem as it stands: front matter, six sections, timeline, follow-ups, record."""
    return rendered(facts(response))


def preview(response: Response) -> str:
    """The postmortem as it is read: without the front matter, which is for machines."""
    return postmortem_markdown(response).removeprefix("---\n").partition("\n---\n")[2].lstrip()


def rendered(data: dict[str, Any]) -> str:
    """The postmortem of these facts."""
    overrides = {
        (action["tool"], action["effect"]): action
        for action in data["actions"]
        if action["judged_by"] == "engineer"
    }
    text = _template().render(
        **data,
        front_matter=Markdown(_front_matter(data)),
        overrides=list(overrides.values()),
        few_actions=_FEW_ACTIONS,
        most_actions=_MOST_ACTIONS,
        most_flags=_MOST_FLAGS,
    )
    return text.rstrip() + "\n"


@cache
def _template() -> Template:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        autoescape=False,  # Markdown, not HTML: `finalize` escapes every value
        finalize=inline,
        undefined=StrictUndefined,
        trim_blocks=False,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        written=partial(inline, links=True),
        as_written=Markdown,
        fenced=fenced,
        short=_short,
        spaced=lambda text: str(text).replace("_", " "),
        path=lambda steps: " → ".join(map(str, steps)),
        lasted=lambda seconds: "" if seconds is None else f"+{lasted(seconds)}".replace("+-", "-"),
        or_unwritten=lambda text: inline(text, links=True) if text else _UNWRITTEN,
        or_no_reason=lambda text: inline(text, links=True) if text else "no reason given",
    )
    source = files("runbook_tui.report").joinpath("postmortem.md.j2").read_text(encoding="utf-8")
    return environment.from_string(source)


def _short(text: str | None) -> str:
    whole = "" if text is None else str(text)
    return whole if len(whole) <= _SHORT else whole[: _SHORT - 3] + "..."


def _front_matter(data: dict[str, Any]) -> str:
    session, now = data["session"], data["clocks"]
    head = {
        "schema": FORMAT,
        **{
            name: data[name]
            for name in ("incident", "title", "status", "severity", "failure_mode", "pattern")
        },
        "proposed_mode": (data["decision"] or {}).get("proposed", data["proposal"]["mode"]),
        "session_ids": [session["id"]],
        "agent": session["agent"],
        "models": session["models"],
        **now,
        "totals": {
            name: session[name]
            for name in ("steps", "llm_calls", "tool_calls", "input_tokens", "output_tokens", "cost_usd")
        },
        "fault_origin_step": data["origin"]["step"] if data["origin"] else None,
        "cascade_steps": data["cascade_steps"],
        "external_actions": data["external_actions"],
        "playbook": data["playbook"],
        "trace": [{"name": item["name"], "sha256": item["sha256"]} for item in data["captures"]],
        "redactions": data["redactions"],
        "journal_last_hash": data["journal"]["last_hash"],
        "evals": [f"evals/{data['eval']['id']}"] if data["eval"] else [],
    }
    body = yaml.dump(head, Dumper=_Quoted, sort_keys=False, allow_unicode=True, width=4096)
    return f"---\n{body}---"


class _Quoted(yaml.SafeDumper):
    """Writes every text value in quotes, so that none is read as anything else, and no reference."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is the library's
        return True

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:
        """A mapping whose keys, which are all ours, stay bare."""
        node = super().represent_mapping(tag, mapping, flow_style)
        for key, _ in node.value:
            key.style = None
        return node


_Quoted.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)
