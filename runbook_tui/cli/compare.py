"""`compare`: a failed run beside a good one, the first divergence first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby

import click
import msgspec

from runbook_tui.cli.context import Context
from runbook_tui.cli.inspect import store_for
from runbook_tui.cli.loading import left_out_rows, tell_left_out, tell_others
from runbook_tui.cli.output import say, show_json
from runbook_tui.diagnosis import Beside, Pair, put_beside
from runbook_tui.incident import load
from runbook_tui.trace.counted import counted

__all__ = ["compare_command"]

_WORDS = {"result_keys": "result fields"}


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
        ours, theirs = load(store, session, wanted), load(store, good)
    finally:
        if store is not None:
            store.close()
    tell_others(tell_left_out(ours, session), session, wanted)
    tell_left_out(theirs, good)
    found = put_beside(ours.session, theirs.session)
    cut = [name for name, loaded in ((session, ours), (good, theirs)) if loaded.left_out]
    if as_json:
        left_out = left_out_rows(session, ours) + left_out_rows(good, theirs)
        show_json({**msgspec.structs.asdict(found), "left_out": left_out})
    else:
        if cut:
            say(
                f"{' and '.join(cut)}: not read whole. A step that only the other run has may be in what is missing."
            )
        same = found.session == found.good
        _print(found, (session, good) if same else (found.session, found.good))


def _print(found: Beside, names: tuple[str, str]) -> None:
    ours = {pair.step for pair in found.pairs if pair.step is not None}
    paired = {pair.step for pair in found.pairs if pair.step is not None and pair.good_step is not None}
    say(f"{names[0]} beside {names[1]}: {len(paired)} of {counted(len(ours), 'step')} paired")
    say()
    if found.first_divergence is None:
        say("No material difference.")
        return
    say("First divergence")
    say("\n".join(_lines([found.pairs[found.first_divergence]])))
    rest = [pair for pair in found.pairs[found.first_divergence + 1 :] if pair.diverges]
    if rest:
        say()
        say("Then")
    for _, alike in groupby(rest, _likeness):
        say("\n".join(_lines(list(alike))))


def _likeness(pair: Pair) -> object:
    """Equal for neighbours that are told together: those without a partner, or with the same differences."""
    return (pair.step is None, pair.good_step is None, pair.differences if _is_paired(pair) else ())


def _is_paired(pair: Pair) -> bool:
    return pair.step is not None and pair.good_step is not None


def _lines(alike: list[Pair]) -> list[str]:
    """Which steps, then a line a material difference."""
    first, more = alike[0], len(alike) - 1
    if first.good_step is None:
        return [f"  {_steps(pair.step for pair in alike)}, only in this run", f"    {_names(alike)}"]
    if first.step is None:
        return [f"  good run {_steps(pair.good_step for pair in alike)}, only there", f"    {_names(alike)}"]
    like_it = f", and {counted(more, 'more pair')} like it" if more else ""
    lines = [f"  step {first.step} | good run step {first.good_step}{like_it}"]
    for item in first.differences:
        if item.material:
            name = " ".join(filter(None, (_WORDS.get(item.what, item.what), item.path)))
            lines.append(f"    {name}: {item.ours or 'nothing'} | {item.theirs or 'nothing'}")
    return lines


def _steps(numbers: Iterable[int | None]) -> str:
    known = [number for number in numbers if number is not None]
    return f"step {known[0]}" if known[0] == known[-1] else f"steps {known[0]} to {known[-1]}"


def _names(pairs: list[Pair]) -> str:
    """What was done without a partner, each with how often."""
    names = Counter(item.ours or item.theirs or "" for pair in pairs for item in pair.differences)
    return ", ".join(f"{name} x {count}" if count > 1 else name for name, count in names.items())
