"""`compare`: a failed run beside a good one, the first divergence first."""

from __future__ import annotations

from itertools import groupby

import click

from runbook_tui.cli.context import Context
from runbook_tui.cli.inspect import store_for
from runbook_tui.cli.output import complain, say, show_json
from runbook_tui.diagnosis import Beside, Pair, put_beside
from runbook_tui.incident import load
from runbook_tui.trace.counted import counted

__all__ = ["compare_command"]

_WORDS = {
    "only_here": "only in this run",
    "only_good": "only in the good run",
    "result_keys": "result fields",
}


@click.command("compare")
@click.argument("session", metavar="SESSION|FILE")
@click.argument("good", metavar="GOOD")
@click.option("--session", "wanted", metavar="ID", help="Which session of a file that holds several.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def compare_command(context: Context, session: str, good: str, wanted: str | None, as_json: bool) -> None:
    """Put a session beside a good run: paired steps, where they first part, what differs there."""
    store = store_for(context, (session, good))
    try:
        (ours, others), (theirs, _) = load(store, session, wanted), load(store, good)
    finally:
        if store is not None:
            store.close()
    if others and wanted is None:
        complain(
            f"{session} holds {len(others) + 1} sessions, showing {ours.id}; others: {', '.join(others[:20])}"
        )
    found = put_beside(ours, theirs)
    if as_json:
        show_json(found)
    else:
        _print(found)


def _print(found: Beside) -> None:
    ours = {pair.step for pair in found.pairs if pair.step is not None}
    paired = {pair.step for pair in found.pairs if pair.step is not None and pair.good_step is not None}
    say(f"{found.session} beside {found.good}: {len(paired)} of {counted(len(ours), 'step')} paired")
    say()
    if found.first_divergence is None:
        say("No material difference.")
        return
    say("First divergence")
    say("\n".join(_lines(found.pairs[found.first_divergence])))
    rest = [pair for pair in found.pairs[found.first_divergence + 1 :] if pair.diverges]
    if rest:
        say()
        say("Then")
    for lines, run in groupby(map(_lines, rest), key=lambda lines: lines[1:]):
        first, *others = (found[0] for found in run)
        more = f", and {counted(len(others), 'more pair')} like it" if others else ""
        say("\n".join((first + more, *lines)))


def _lines(pair: Pair) -> list[str]:
    """Which steps, then a line a material difference."""
    ours = f"step {pair.step}" if pair.step is not None else "no step"
    theirs = f"step {pair.good_step}" if pair.good_step is not None else "no step"
    lines = [f"  {ours} | good run {theirs}"]
    for item in pair.differences:
        if item.material:
            name = " ".join(filter(None, (_WORDS.get(item.what, item.what), item.path)))
            sides = " | ".join(side if side is not None else "none" for side in (item.ours, item.theirs))
            lines.append(f"    {name}: {sides}")
    return lines
