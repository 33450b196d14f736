"""What commands print: one line for an error, one document for `--json`, plain text without a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from runbook_tui.trace import visible

__all__ = ["complain", "count_in", "say", "show_json", "table"]


def complain(line: str) -> None:
    """One line on stderr."""
    print(f"runbook-tui: {' '.join(visible(line).split())}", file=sys.stderr)  # noqa: T201


def say(text: str = "") -> None:
    """Plain text on stdout."""
    print(visible(text))  # noqa: T201


def show_json(value: Any) -> None:
    """Exactly one JSON document on stdout."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n")


def table(rows: list[tuple[str, ...]]) -> None:
    """Rows in columns, two spaces apart."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(
            text + " " * (width - cell_len(text)) for text, width in zip(row, widths, strict=True)
        )
        say(line.rstrip())


@contextmanager
def count_in(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar with an estimate on a terminal; None elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(visible(what), total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
