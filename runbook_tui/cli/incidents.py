"""`incident` and `postmortem`: what is open, what it waits for, and its files."""

from __future__ import annotations

from pathlib import Path

import click

from runbook_tui.cli.context import Context
from runbook_tui.cli.output import say, show_json, table
from runbook_tui.evidence import IncidentRow, IncidentTable
from runbook_tui.incident import Response, blockers, incident_rows, waiting_for

__all__ = ["incident_command", "postmortem_command"]


@click.group("incident")
def incident_command() -> None:
    """Open and closed incidents."""


@incident_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def list_incidents(context: Context, as_json: bool) -> None:
    """List incidents, open ones first."""
    with context.reading() as store:
        rows = incident_rows(IncidentTable(store))
    if as_json:
        show_json(rows)
    elif not rows:
        say("No incident yet. Start one with: runbook-tui open FILE")
    else:
        head = ("INCIDENT", "SESSION", "PLAYBOOK", "OPENED", "STATE")
        body = ((row.id, row.session_id, row.playbook, row.opened_at[:16], _state(row)) for row in rows)
        table([head, *body])


def _state(row: IncidentRow) -> str:
    return f"closed {row.closed_at[:16]}" if row.closed_at else f"in {row.room.replace('_', ' ')}"


@incident_command.command("show")
@click.argument("incident")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def show_incident(context: Context, incident: str, as_json: bool) -> None:
    """Show one incident as it stands."""
    from runbook_tui.report import incident_json, postmortem_markdown

    with context.reading() as store:
        response = Response(store, context.playbooks, incident)
        if as_json:
            show_json(incident_json(response))
        else:
            say(postmortem_markdown(response))
            say(f"Waits for: {waiting_for(response)}")


@incident_command.command("close")
@click.argument("incident")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def close_incident(context: Context, incident: str, as_json: bool) -> int:
    """Close an incident. Refused, with what is missing, while anything is open."""
    from runbook_tui.report import export

    with context.reading() as store:
        response = Response(store, context.playbooks, incident)
        left = blockers(response)
        if not left:
            response.close(left)
            if response.state.exported is not None:
                export(response, Path(response.state.exported[0]))
        closed_at, unwritten = response.state.closed_at, response.state.exported is None
    if as_json:
        show_json({"incident": incident, "closed_at": closed_at, "open": left})
    else:
        say(f"{incident} is closed." if not left else f"{incident} cannot close yet:")
        for text in left:
            say(f"  {text}")
        if unwritten:
            say(f"Its files are not written yet: runbook-tui postmortem {incident} writes them.")
    return 1 if left else 0


@click.command("postmortem")
@click.argument("incident")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Folder; else one named after it, here."
)
@click.pass_obj
def postmortem_command(context: Context, incident: str, out: Path | None) -> None:
    """Write the files of an incident: postmortem, evidence, eval case."""
    from runbook_tui.report import export

    with context.reading() as store:
        response = Response(store, context.playbooks, incident)
        done = export(response, out or Path(incident))
    for name in done.files:
        say(str(done.folder / name))
