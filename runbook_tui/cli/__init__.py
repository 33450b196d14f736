"""The command line: one small file a command, every screen's scriptable twin."""

from __future__ import annotations

import os
import sys

__all__ = ["main"]


def main() -> None:
    """The entry point. A `RunbookError` becomes one line on stderr and exit status 2, never a traceback."""
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = (
        "__all__"  # no stranger's code in an incident, and a faster start
    )
    import click

    from runbook_tui.cli.commands import cli, usage_problem
    from runbook_tui.cli.output import complain
    from runbook_tui.trace import RunbookError

    try:
        code = cli.main(prog_name="runbook-tui", standalone_mode=False)
    except RunbookError as error:
        complain(str(error))
        sys.exit(2)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(2)
    except click.ClickException as error:
        complain(usage_problem(error))
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)
