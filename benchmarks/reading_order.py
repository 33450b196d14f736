"""How well the reading order holds on sessions its weights were not made from, and what weights come out.

    python benchmarks/reading_order.py ANNOTATED

ANNOTATED is as for `benchmarks/diagnosis.py`. The weights of `diagnosis/content.py` are fitted anew, each time without
the sessions that are then judged: one session left out, one half left out (20 halvings, mean and standard deviation),
one kind of session left out. Printed beside them: the table as it stands, and the weights that a fit on all gives.

The fit is a conditional logit (which step of the session is the origin; where two teams read it, half of that and half
whether it is any step that either marked), every kind of session counting alike, with
a penalty on the squares of the weights, each weight kept to its sign, and rounded to 0.05. Flags count beside it as in
a diagnosis; the weight of `unborne` is set by hand and stays.
"""

from __future__ import annotations

import json
import math
import random
import statistics
import sys
from collections import Counter
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import NamedTuple

from benchmarks.diagnosis import figures
from runbook_tui.diagnosis import Case, find_flags
from runbook_tui.diagnosis.content import WEIGHTS, read_content
from runbook_tui.diagnosis.suspects import is_read_backwards, rank_suspects, what_shows
from runbook_tui.diagnosis.variety import varied
from runbook_tui.intake import read_capture
from runbook_tui.playbook import Playbook, load_all, playbook_dirs

Weights = dict[str, float]
BY_HAND = {"unborne": WEIGHTS["unborne"]}
FITTED = [trait for trait in WEIGHTS if trait not in BY_HAND]
PENALTY = 1.0
SCALE = 0.75
"""The fit is set against the weights of flags by hand: a step's words are to order steps of equal flags."""
FLAG_AT_MOST = 1.5
"""In the fit a flag counts no more than this; else sessions with one would teach nothing."""
MARKED_SHARE = 0.5
"""Two teams agree on the step in 36 % of sessions: a step that the other one marked is half as good."""
HALVINGS = 20
ROUNDS = 300


class Session(NamedTuple):
    """What the order of one session is made from."""

    kind: str
    numbers: list[int]
    traits: list[list[str]]
    flagged: list[float]
    """What flags and hand-set traits add to each step."""
    share: float
    listed: list[bool]
    onward: int
    """1 where of equal steps the earlier is read first, -1 where the later."""
    origin: int
    marked: frozenset[int]
    shows: list[Hashable]
    """What makes two steps alike, see `diagnosis/variety.py`."""


def sessions_in(folder: Path, playbook: Playbook) -> list[Session]:
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    return [
        _read(
            folder / "sessions" / f"{name}.jsonl",
            label["set"],
            label["origin"],
            label.get("marked"),
            playbook,
        )
        for name, label in sorted(labels.items())
    ]


def _read(file: Path, kind: str, origin: int, marked: list[int] | None, playbook: Playbook) -> Session:
    case = Case(read_capture(file).sessions[0], playbook)
    flags = find_flags(case)
    given = dict(WEIGHTS)
    scores = []
    for weight in (0.0, 1.0):
        WEIGHTS.update(dict.fromkeys(WEIGHTS, weight))
        scores.append({item.span_id: item.score for item in rank_suspects(case, flags)})
    WEIGHTS.update(given)
    steps, content = case.session.steps, read_content(case)
    ids = [step.span.span_id for step in steps]
    bare, full = scores
    share = next(
        (
            (full[at] - bare[at]) / len(item.traits)
            for at, item in zip(ids, content, strict=True)
            if at in full and item.traits
        ),
        1.0,
    )
    by_hand = [sum(BY_HAND.get(trait, 0.0) for trait in item.traits) for item in content]
    numbers = [step.number for step in steps]
    return Session(
        kind,
        numbers,
        [[trait for trait in item.traits if trait not in BY_HAND] for item in content],
        [bare.get(at, 0.0) + share * extra for at, extra in zip(ids, by_hand, strict=True)],
        share,
        [at in bare for at in ids],
        -1 if is_read_backwards(case) else 1,
        numbers.index(origin),
        frozenset(marked or ()),
        [
            what_shows(step, item, [flag for flag in flags if flag.span_id == step.span.span_id])
            for step, item in zip(steps, content, strict=True)
        ],
    )


def fit(sessions: list[Session]) -> Weights:
    """The weights these sessions give; accelerated projected gradient, the signs those of the table."""
    counted = Counter(session.kind for session in sessions)
    raw = [counted[session.kind] ** -0.5 for session in sessions]
    factors = [weight * len(sessions) / sum(raw) for weight in raw]
    step = 1.0 / (len(sessions) + 2 * PENALTY)
    weights = dict.fromkeys(FITTED, 0.0)
    ahead, before = dict(weights), dict(weights)
    for turn in range(1, ROUNDS + 1):
        slope = {trait: -2 * PENALTY * weight for trait, weight in ahead.items()}
        for session, factor in zip(sessions, factors, strict=True):
            _climb(session, factor, ahead, slope)
        weights = {trait: _kept(trait, ahead[trait] + step * slope[trait]) for trait in FITTED}
        pull = (turn - 1) / (turn + 2)
        ahead = {trait: weights[trait] + pull * (weights[trait] - before[trait]) for trait in FITTED}
        before = weights
    return {trait: round(round(SCALE * weight / 0.05) * 0.05, 2) for trait, weight in weights.items()}


def _climb(session: Session, factor: float, weights: Weights, slope: Weights) -> None:
    """Add what one session says of the way up."""
    scores = [
        session.share * sum(weights[trait] for trait in traits) + min(extra, FLAG_AT_MOST)
        for traits, extra in zip(session.traits, session.flagged, strict=True)
    ]
    highest = max(scores)
    odds = [math.exp(score - highest) for score in scores]
    total = sum(odds)
    marked = [at for at, number in enumerate(session.numbers) if number in session.marked]
    either = sum(odds[at] for at in marked)
    wanted = [float(at == session.origin) for at in range(len(odds))]
    if marked:
        wanted = [weight * (1 - MARKED_SHARE) for weight in wanted]
        for at in marked:
            wanted[at] += MARKED_SHARE * odds[at] / either
    for at, traits in enumerate(session.traits):
        pull = factor * session.share * (wanted[at] - odds[at] / total)
        for trait in traits:
            slope[trait] += pull


def _kept(trait: str, weight: float) -> float:
    return max(weight, 0.0) if WEIGHTS[trait] > 0 else min(weight, 0.0)


class Read(NamedTuple):
    """How one session was read."""

    kind: str
    rank: int
    steps: int
    found: bool | None
    """Whether a step somebody marked is among the first three; None where nobody marked more than the origin."""


def read(session: Session, weights: Weights) -> Read:
    scores = [
        session.share * sum(weights[trait] for trait in traits) + extra
        for traits, extra in zip(session.traits, session.flagged, strict=True)
    ]
    listed = [at for at in range(len(scores)) if session.listed[at]]
    listed.sort(key=lambda at: (-round(scores[at], 6), session.onward * at))
    order = varied(listed, lambda at: session.shows[at])
    order += [at for at in range(len(scores)) if not session.listed[at]]
    first = {session.numbers[at] for at in order[:3]}
    found = bool(first & session.marked) if session.marked else None
    return Read(session.kind, order.index(session.origin) + 1, len(scores), found)


def row(how: str, runs: list[list[Read]]) -> str:
    """A row of the table: the mean over the runs, with the standard deviation where there are several."""
    cells = []
    for kind in sorted({item.kind for item in runs[0]}):
        each = [figures([(item.rank, item.steps) for item in run if item.kind == kind]) for run in runs]
        cells.append(" / ".join(_mean(list(column)) for column in zip(*each, strict=True)))
    cells.append(
        _mean([100 * statistics.mean(item.found for item in run if item.found is not None) for run in runs])
    )
    return f"| {how} | {' | '.join(cells)} |"


def _mean(values: list[float]) -> str:
    spread = f" ± {statistics.pstdev(values):.0f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.0f}{spread}"


def without(sessions: list[Session], groups: Iterable[list[int]]) -> list[Read]:
    """Every group of sessions, by place, read with weights fitted on all others."""
    found = []
    for group in groups:
        out = set(group)
        weights = fit([session for at, session in enumerate(sessions) if at not in out])
        found += [read(sessions[at], weights) for at in group]
    return found


def halved(sessions: list[Session], seed: int) -> list[list[int]]:
    """Two halves of every kind."""
    rnd = random.Random(seed)
    drawn = sorted(range(len(sessions)), key=lambda at: (sessions[at].kind, rnd.random()))
    return [drawn[::2], drawn[1::2]]


def main(folder: Path) -> None:
    sessions = sessions_in(folder, load_all(playbook_dirs()).default)
    kinds = sorted({session.kind for session in sessions})
    places = range(len(sessions))
    print(
        f"| weights | {' | '.join(f'{kind}: top-1 / 3 / 5 / read %' for kind in kinds)} | marked in first 3 |"
    )
    print("|---|" + "---|" * (len(kinds) + 1))
    print(row("the table, on the sessions it was made from", [[read(item, WEIGHTS) for item in sessions]]))
    print(row("validated: without the session", [without(sessions, [[at] for at in places])]), flush=True)
    runs = [without(sessions, halved(sessions, seed)) for seed in range(HALVINGS)]
    print(row("validated: without the half", runs), flush=True)
    families = [[at for at in places if sessions[at].kind == kind] for kind in kinds]
    print(row("validated: without its kind", [without(sessions, families)]), flush=True)
    print("\nWeights fitted on all:", json.dumps(fit(sessions)))


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
