"""How early the annotated fault origin comes in the reading order.

    python benchmarks/diagnosis.py FOLDER

FOLDER holds `sessions/*.jsonl` (OTLP/JSON) and `labels.json` (`{name: {"set", "origin", "marked"}}`), such as
the Who&When sessions and AgentRx's labels on tau-bench runs. Printed for each set: the share of sessions
whose origin is the first, among the first three, among the first five steps read (exact step), and how much
of the session is read before it; beside reading forward.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

from runbook_tui.diagnosis import diagnose
from runbook_tui.intake import read_capture
from runbook_tui.playbook import load_all, playbook_dirs


def rank(order: list[int], steps: list[int], origin: int) -> int:
    """1-based place of the origin when `order` is read first and the rest forward."""
    read = list(dict.fromkeys([*order, *steps]))
    return read.index(origin) + 1 if origin in read else len(read) + 1


def row(ranks: list[tuple[int, int]]) -> str:
    shares = [sum(place <= first for place, _ in ranks) / len(ranks) for first in (1, 3, 5)]
    read = sum(min(place / size, 1) for place, size in ranks) / len(ranks)
    return "  ".join(f"{100 * share:6.1f}" for share in (*shares, read))


def main(folder: Path) -> None:
    playbook = load_all(playbook_dirs()).default
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    ranks: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    marked: list[bool] = []
    for name, label in sorted(labels.items()):
        session = read_capture(folder / "sessions" / f"{name}.jsonl").sessions[0]
        steps = list(dict.fromkeys(step.number for step in session.steps))
        order = [suspect.step for suspect in diagnose(session, playbook).suspects]
        ranks[label["set"], "reading order"].append((rank(order, steps, label["origin"]), len(steps)))
        ranks[label["set"], "forward"].append((rank([], steps, label["origin"]), len(steps)))
        if "marked" in label:
            marked.append(bool(set(order[:3]) & set(label["marked"])))
    print(f"{'set':8}{'order':16}{'top-1':>6}{'top-3':>8}{'top-5':>8}{'read %':>8}   n")
    for (group, how), found in sorted(ranks.items()):
        print(f"{group:8}{how:16}{row(found)}   {len(found)}")
    print(
        f"a step somebody marked is in the first three: {100 * sum(marked) / max(len(marked), 1):.0f} % of {len(marked)}"
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
