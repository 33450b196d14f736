"""The commands and the global options."""

from __future__ import annotations

import os
import sqlite3
from importlib import import_module
from pathlib import Path
from typing import Final

import click

import runbook_tui
from runbook_tui.cli.context import Context
from runbook_tui.trace import RunbookError

__all__ = ["cli", "usage_problem"]


_COMMANDS: Final[dict[str, str]] = {
    "demo": "screens",
    "open": "screens",
    "import": "sessions",
    "capture": "capture",
    "baseline": "baselines",
    "receive": "receive",
    "sessions": "sessions",
    "inspect": "inspect",
    "compare": "compare",
    "incident": "incidents",
    "postmortem": "incidents",
    "eval": "evals",
    "playbook": "playbooks",
    "doctor": "doctor",
}
"""Command name to the module it lives in."""


class _Lazy(click.Group):
    """A group whose commands are imported when they are asked for, so that each one starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands, in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name."""
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        found = getattr(import_module(f"runbook_tui.cli.{module}"), f"{cmd_name}_command")
        assert isinstance(found, click.Command)
        return found

    def invoke(self, ctx: click.Context) -> object:
        """Run what is asked for; a database of which a part cannot be read is said in a line.

        Raises:
            StoreError: it cannot be read.
        """
        try:
            return super().invoke(ctx)
        except sqlite3.DatabaseError as error:
            from runbook_tui.evidence import is_of_the_file, unreadable

            if not is_of_the_file(error):
                raise
            raise unreadable(ctx.obj.db, error) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is asked for; a path alone is the likeliest mistake.

        Raises:
            RunbookError: it is a file or a folder.
        """
        if args and args[0] not in _COMMANDS and Path(args[0]).exists():
            is_folder = Path(args[0]).is_dir()
            what = f"not a command but a {'folder' if is_folder else 'file'}"
            raise RunbookError(what, args[0], f"runbook-tui {'import' if is_folder else 'open'} {args[0]}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--db", type=click.Path(path_type=Path, dir_okay=False), help="The database; else RUNBOOK_TUI_DB."
)
@click.option(
    "--playbooks", type=click.Path(path_type=Path), multiple=True, help="Another folder of playbooks."
)
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR does the same.")
@click.version_option(runbook_tui.__version__, prog_name="runbook-tui")
@click.pass_context
def cli(context: click.Context, db: Path | None, playbooks: tuple[Path, ...], no_color: bool) -> None:
    """Guided incident response for LLM agents.

    Without a command: open incidents and captured sessions.
    """
    if no_color:
        os.environ["NO_COLOR"] = "1"
    context.obj = Context(db, playbooks)
    if context.invoked_subcommand is None:
        from runbook_tui.cli.screens import show_home

        show_home(context.obj)


def usage_problem(error: click.ClickException) -> str:
    """What is wrong with the arguments, where, and what to do, on one line."""
    what = error.format_message().rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "runbook-tui"
    _, _, command = path.partition(" ")
    return f"{what[0].lower()}{what[1:]}: {command or 'arguments'}: see {path} --help"
