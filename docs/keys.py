"""Write the table of keys into the README: `python docs/keys.py`."""

from __future__ import annotations

from pathlib import Path

from runbook_tui.ui.keys import KEYS

README = Path(__file__).resolve().parents[1] / "README.md"
NAMES = {
    "everywhere": "everywhere",
    "incident": "in an incident",
    "list": "in a list",
    "steps": "on a playbook step",
    "trace": "in trace back",
    "detail": "in the detail",
    "beside": "beside a good run",
    "agents": "among the agents",
    "over": "on both of these",
    "blast": "in blast radius",
    "postmortem": "in the postmortem",
    "home": "at home",
}


def key_table() -> str:
    """The keys as a Markdown table, a row a pane."""
    rows = ["| where | keys |", "|---|---|"]
    for pane, name in NAMES.items():
        keys = [f"`{key.shown}` {key.label}" for key in KEYS if key.pane == pane]
        if keys:
            rows.append(f"| {name} | {', '.join(keys)} |")
    return "\n".join(rows)


def with_table(text: str) -> str:
    """The README with the table of today."""
    start, end = "<!-- keys -->\n", "<!-- end of keys -->"
    before, rest = text.split(start)
    return f"{before}{start}{key_table()}\n{end}{rest.split(end)[1]}"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
