"""`playbook`: list, show, check, schema, new."""

from __future__ import annotations

from pathlib import Path

import click

from runbook_tui.cli.context import Context
from runbook_tui.cli.output import say, table
from runbook_tui.playbook import check_playbooks, new_playbook, schema_text
from runbook_tui.trace import RunbookError

__all__ = ["playbook_command"]


@click.group("playbook")
def playbook_command() -> None:
    """The playbooks that drive the rooms."""


@playbook_command.command("list")
@click.pass_obj
def list_playbooks(context: Context) -> None:
    """List the playbooks at hand."""
    head = ("PLAYBOOK", "MODE", "VERSION", "TITLE")
    table(
        [
            head,
            *((item.id, item.mode or "any", item.version, item.title) for item in context.playbooks.values()),
        ]
    )


@playbook_command.command("show")
@click.argument("name")
@click.pass_obj
def show_playbook(context: Context, name: str) -> None:
    """Print a playbook's file."""
    found = context.playbooks.get(name)
    if found is None:
        known = ", ".join(context.playbooks)
        raise RunbookError("no such playbook", name, f"choose one of: {known}")
    for source in found.sources:
        say(f"# {source.path}")
        say(source.path.read_text(encoding="utf-8"))


@playbook_command.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH...]")
@click.pass_obj
def check(context: Context, paths: tuple[Path, ...]) -> int:
    """Report every problem of these files as file:line:column: where: message.

    Without a PATH, those that an incident is opened with: the shipped ones and the folders of --playbooks.
    """
    for path in paths or context.playbook_folders:
        if path.is_dir() and not any(path.glob("*.y*ml")):
            raise RunbookError("no playbook in the folder", str(path), "it needs .yaml files")
    problems = check_playbooks(paths) if paths else context.load_playbooks().problems
    for problem in problems:
        say(str(problem))
    if not problems:
        say("No problem found.")
    return 1 if problems else 0


@playbook_command.command("schema")
def schema() -> None:
    """Print the JSON Schema for editors."""
    say(schema_text().rstrip("\n"))


@playbook_command.command("new")
@click.argument("name")
def new(name: str) -> None:
    """Print a fresh playbook to start from."""
    try:
        say(new_playbook(name).rstrip("\n"))
    except ValueError as error:
        raise RunbookError("not a playbook id", name, str(error)) from error
