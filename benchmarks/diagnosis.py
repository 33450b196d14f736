"""How good the diagnosis is on sessions whose truth is known, and how long it takes.

    python benchmarks/diagnosis.py ANNOTATED [CAPTURES]

ANNOTATED holds `sessions/*.jsonl` (OTLP/JSON) and `labels.json` (`{name: {"set", "origin", "marked"}}`), such as the
Who&When sessions and AgentRx's labels on tau-bench runs. For each set: the share of sessions whose origin is the first,
among the first three, among the first five steps read (exact step), and how much of the session is read before it;
beside reading forward. With the spread that leaving sessions out gives: the standard deviation over 1,000 resamples.
On sessions the weights were made from these figures say nothing of others; `reading_order.py` has those that do.

CAPTURES holds `LIBRARY/SCENARIO/otlp.jsonl` with `truth.json` beside each: which detectable flags are found, on the
span at fault or not; how many clean sessions get a flag; where the span at fault stands among the suspects; how often
the mode is that of the fault. A failed run is held against its library's clean one.

Last, the seconds of CPU a diagnosis takes by size of session.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.importing import write
from runbook_tui.diagnosis import diagnose
from runbook_tui.intake import read_capture
from runbook_tui.playbook import Playbook, load_all, playbook_dirs

SIZES = (100, 1_000, 10_000, 100_000)
FLAG_OF = {
    "schema_drift": "TOOL_SCHEMA_DRIFT",
    "unknown_entity": "ENTITY_HALLUCINATION",
    "tool_loop": "LOOP_DETECTED",
    "empty_retrieval": "EMPTY_RESULT",
    "tool_error": "TOOL_ERROR",
    "duplicate_side_effect": "DUPLICATE_SIDE_EFFECT",
    "run_error": "RUN_ERROR",
    "guardrail_tripped": "GUARDRAIL_TRIPPED",
    "llm_http_error": "LLM_ERROR",
    "malformed_tool_arguments": "MALFORMED_ARGUMENTS",
    "truncated_completion": "TRUNCATED_COMPLETION",
}
MODE_OF = {
    "unknown_entity": "hallucination_propagation",
    "tool_loop": "cost_runaway",
    "empty_retrieval": "hallucination_propagation",
    "guardrail_tripped": None,
}
"""The mode of a fault by the flag its truth names; that of every other is a tool misfire, and None is unclear."""


def rank(order: list[int], steps: list[int], origin: int) -> int:
    """1-based place of the origin when `order` is read first and the rest forward."""
    read = list(dict.fromkeys([*order, *steps]))
    return read.index(origin) + 1 if origin in read else len(read) + 1


def figures(ranks: list[tuple[int, int]]) -> list[float]:
    """Top-1, top-3, top-5 and read, in percent."""
    shares = [sum(place <= first for place, _ in ranks) / len(ranks) for first in (1, 3, 5)]
    return [
        100 * share for share in (*shares, sum(min(place / size, 1) for place, size in ranks) / len(ranks))
    ]


def spread(ranks: list[tuple[int, int]]) -> list[float]:
    """The standard deviation of each figure over resamples of the sessions."""
    rnd = random.Random(5)
    drawn = [figures(rnd.choices(ranks, k=len(ranks))) for _ in range(1000)]
    return [statistics.pstdev(column) for column in zip(*drawn, strict=True)]


def annotated(folder: Path, playbook: Playbook) -> None:
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
    print("Not validated where the weights were made from these very sessions; see reading_order.py.\n")
    print("| set | order | top-1 | top-3 | top-5 | read % | sessions |")
    print("|---|---|---|---|---|---|---|")
    for (group, how), found in sorted(ranks.items()):
        cells = " | ".join(
            f"{mean:.0f} ± {sd:.0f}" for mean, sd in zip(figures(found), spread(found), strict=True)
        )
        print(f"| {group} | {how} | {cells} | {len(found)} |")
    share = 100 * sum(marked) / max(len(marked), 1)
    print(f"\nA step somebody marked is among the first three in {share:.0f} % of {len(marked)} sessions.\n")


def recorded(folder: Path, playbook: Playbook) -> None:
    wanted = found = on_span = clean = flagged = modes = 0
    places: list[int] = []
    for told in sorted(folder.glob("*/*/truth.json")):
        file = told.with_name("otlp.jsonl")
        if not file.exists():
            continue
        truth = json.loads(told.read_text(encoding="utf-8"))
        good = folder / told.parts[-3] / "clean" / "otlp.jsonl"
        baseline = read_capture(good).sessions if good.exists() else ()
        findings = [diagnose(session, playbook, baseline) for session in read_capture(file).sessions]
        flags = [flag for item in findings for flag in item.flags]
        if truth["clean"]:
            clean += 1
            flagged += bool(flags)
            continue
        fault = {truth["fault"]["span_id"], *(truth.get("fault_accept_span_ids") or ())}
        for name in expected(truth, baseline):
            spans = {flag.span_id for flag in flags if flag.flag == name}
            wanted += 1
            found += bool(spans)
            on_span += bool(spans & fault)
        places.append(
            min((item.rank for one in findings for item in one.suspects if item.span_id in fault), default=99)
        )
        worst = max(findings, key=lambda item: len(item.flags))
        modes += worst.classification[0].mode == mode_of(truth)
    print("| recorded sessions | |")
    print("|---|---|")
    print(f"| detectable flags found | {found} of {wanted} |")
    print(f"| of these, on the span at fault | {on_span} |")
    print(f"| clean sessions with a flag | {flagged} of {clean} |")
    print(
        f"| span at fault first among the suspects | {sum(place == 1 for place in places)} of {len(places)} |"
    )
    print(f"| among the first three | {sum(place <= 3 for place in places)} of {len(places)} |")
    print(f"| mode of the fault proposed first | {modes} of {len(places)} |\n")


def expected(truth: dict[str, Any], baseline: tuple[Any, ...]) -> set[str]:
    """The flags the evidence supports; drift needs a good result of the same tool."""
    names = {FLAG_OF[name] for name in truth["expected_flags_detectable"]}
    called = {step.span.tool.name for session in baseline for step in session.steps if step.span.tool}
    return names if truth["fault"]["tool"] in called else names - {"TOOL_SCHEMA_DRIFT"}


def mode_of(truth: dict[str, Any]) -> str:
    for name, mode in MODE_OF.items():
        if name in truth["expected_flags"]:
            return mode or "unclear"
    return "tool_misfire"


def timed(playbook: Playbook) -> None:
    print("| spans of 2 KB in one session | seconds of CPU | spans/s |")
    print("|---|---|---|")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as at:
            file = Path(at) / "capture.jsonl"
            write(file, size, 2_000, 1)
            session = read_capture(file).sessions[0]
        before = time.process_time()
        diagnose(session, playbook)
        spent = time.process_time() - before
        print(f"| {size:,} | {spent:.2f} | {size / spent:,.0f} |", flush=True)


def main(folders: list[str]) -> None:
    playbook = load_all(playbook_dirs()).default
    annotated(Path(folders[0]), playbook)
    if len(folders) > 1:
        recorded(Path(folders[1]), playbook)
    timed(playbook)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[1].startswith("-"):
        raise SystemExit(__doc__)
    main(sys.argv[1:])
