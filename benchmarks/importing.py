"""How fast files come in, as a ratio to SQLite taking the same rows without thinking; and how much memory that needs.

    python benchmarks/importing.py [--scale 0.2]
    python benchmarks/importing.py --memory [--scale 0.2]

For each shape of capture: the seconds from opening the file to a session that can be browsed (read, decode, normalise,
place, store, index), of CPU in all processes that take part and on the clock; the seconds a bare `executemany` of the
same rows into one plain table takes; both ratios; and the peak memory of all processes of the import together. Both
sides run in turn and the median of three counts: the machine may be busy, and the clock tells of several cores only
where they are idle. Nothing is indexed for search, so the same figure holds with and without it. The diagnosis that
`runbook-tui import` adds at the end is measured by `benchmarks/diagnosis.py`. With `--memory` nothing but the peak
memory of files of a gigabyte is told.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

SHAPES = (
    ("1,000 spans of 5 KB", 1_000, 5_000, 1),
    ("100,000 spans of 2 KB, one session", 100_000, 2_000, 1),
    ("10,000 sessions of 30 spans of 2 KB", 300_000, 2_000, 10_000),
    ("200 spans of 500 KB", 200, 500_000, 1),
)
GIGABYTE = (
    ("500,000 spans of 2 KB, one session", 500_000, 2_000, 1),
    ("16,667 sessions of 30 spans of 2 KB", 500_010, 2_000, 16_667),
    ("2,000 spans of 500 KB, one session", 2_000, 500_000, 1),
)
WORDS = [
    "account",
    "balance",
    "café",
    "customer",
    "delay",
    "“refund”",
    "invoice",
    "ledger",
    "naïve",
    "order",
    "policy",
    "queue",
    "region",
    "schedule",
    "shipment",
    "supplier",
    "threshold",
    "ticket",
    "total",
    "transfer",
    "—",
    "verified",
    "warehouse",
    "window",
]
ROUNDS = 3


def spans(count: int, size: int, sessions: int) -> Iterator[dict[str, Any]]:
    """OTLP spans: an agent a session, under it model calls and the tool calls they ask for."""
    rnd = random.Random(7)
    clock = 1_760_000_000_000_000_000
    each = count // sessions
    text_words = max((size - 900) // 9, 4)
    for session in range(sessions):
        trace, root = f"{session + 1:032x}", f"{(session << 24) + 1:016x}"
        for index in range(each):
            clock += 1_000_000
            text = " ".join(rnd.choices(WORDS, k=text_words))
            name, attributes = content(session, index, text)
            attributes["session.id"] = f"session-{session}"
            yield {
                "traceId": trace,
                "spanId": f"{(session << 24) + index + 1:016x}",
                "parentSpanId": root if index else "",
                "name": name,
                "startTimeUnixNano": str(clock),
                "endTimeUnixNano": str(clock + 900_000),
                "attributes": [
                    {
                        "key": key,
                        "value": {"intValue": str(value)}
                        if isinstance(value, int)
                        else {"stringValue": value},
                    }
                    for key, value in attributes.items()
                ],
                "status": {},
            }


def content(session: int, index: int, text: str) -> tuple[str, dict[str, Any]]:
    """Name and attributes of the index-th span of a session."""
    if index == 0:
        return "invoke_agent planner", {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "planner",
        }
    question = {"q": text[:60], "n": index if index % 2 else index - 1}
    call = f"call_{session}_{question['n']}"
    if index % 2:
        asks = {"type": "tool_call", "id": call, "name": "lookup", "arguments": question}
        return "chat gpt-4o", {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": 100 + index % 50,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.input.messages": json.dumps(
                [{"role": "user", "parts": [{"type": "text", "content": text}]}]
            ),
            "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [asks]}]),
        }
    return "execute_tool lookup", {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "lookup",
        "gen_ai.tool.call.id": call,
        "gen_ai.tool.call.arguments": json.dumps(question),
        "gen_ai.tool.call.result": json.dumps({"rows": [text]}),
    }


def write(path: Path, count: int, size: int, sessions: int) -> None:
    """A file of export requests, one a line, as a collector writes it."""
    batch: list[dict[str, Any]] = []
    most = max(1, min(512, 2_000_000 // size))
    with path.open("w", encoding="utf-8") as out:
        for span in spans(count, size, sessions):
            batch.append(span)
            if len(batch) == most:
                out.write(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": batch}]}]}) + "\n")
                batch = []
        if batch:
            out.write(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": batch}]}]}) + "\n")


class Took(NamedTuple):
    """Seconds that something took."""

    cpu: float
    clock: float

    @classmethod
    def so_far(cls) -> Took:
        """Of this process and those it has waited for."""
        used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return cls(sum(one.ru_utime + one.ru_stime for one in used), time.perf_counter())

    def since(self, before: Took) -> Took:
        return Took(self.cpu - before.cpu, self.clock - before.clock)


def import_once(file: Path, database: Path) -> Took:
    """What it takes until the file's sessions can be browsed."""
    from runbook_tui.evidence import Store
    from runbook_tui.incident import store_capture

    with Store(database) as store:
        before = Took.so_far()
        store_capture(store, file)
        return Took.so_far().since(before)


def bare(database: Path, copy: Path) -> Took:
    """What the same rows take, read beforehand, into one plain table."""
    source = sqlite3.connect(database)
    columns = len(source.execute("select * from span limit 1").description) + 1
    target = sqlite3.connect(copy)
    target.execute("pragma journal_mode = wal")
    target.execute("pragma synchronous = normal")
    target.execute(f"create table plain ({', '.join(f'c{n}' for n in range(columns))})")
    query = "select span.*, body from span join payload on payload.id = (span.sid << 32) + span.position"
    insert = f"insert into plain values ({', '.join('?' * columns)})"
    cursor = source.execute(query)
    spent = []
    target.execute("begin")
    while rows := cursor.fetchmany(20_000):
        before = Took.so_far()
        target.executemany(insert, rows)
        spent.append(Took.so_far().since(before))
    before = Took.so_far()
    target.commit()
    spent.append(Took.so_far().since(before))
    target.close()
    source.close()
    return Took(*map(sum, zip(*spent, strict=True)))


def peak_memory(file: Path, folder: Path) -> int:
    """Megabytes at most in all processes of an import together, looked at many times a second."""
    script = (
        "import sys; from pathlib import Path; from benchmarks.importing import import_once;"
        "import_once(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", script, str(file), str(folder / "memory.db")]
    most = 0
    with subprocess.Popen(command, cwd=Path(__file__).parents[1]) as importing:
        while importing.poll() is None:
            most = max(most, memory_of(importing.pid))
            time.sleep(0.02)
    if importing.returncode:
        raise SystemExit(importing.returncode)
    return most // 1024


def memory_of(pid: int) -> int:
    """Kilobytes of a process and of those it started; what they share counts once."""
    at = Path("/proc") / str(pid)
    try:
        rollup = (at / "smaps_rollup").read_text()
        children = (at / "task" / str(pid) / "children").read_text().split()
    except OSError:  # it has just ended
        return 0
    found = re.search(r"Pss:\s+(\d+)", rollup)
    return (int(found[1]) if found else 0) + sum(memory_of(int(child)) for child in children)


def forget(folder: Path) -> None:
    for database in folder.glob("*.db*"):
        database.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--scale", type=float, default=1.0, help="a fraction of each shape's spans and sessions"
    )
    parser.add_argument("--memory", action="store_true", help="only the peak memory of files of a gigabyte")
    given = parser.parse_args()
    if given.memory:
        tell_memory(given.scale)
    else:
        tell_speed(given.scale)


def tell_memory(scale: float) -> None:
    print("| capture | file | peak memory |")
    print("|---|---|---|")
    for name, count, size, sessions in GIGABYTE:
        with tempfile.TemporaryDirectory() as at:
            file = Path(at) / "capture.jsonl"
            few = max(1, int(sessions * scale))
            write(file, max(few, int(count * scale)), size, few)
            megabytes = file.stat().st_size / 1e6
            print(f"| {name} | {megabytes:,.0f} MB | {peak_memory(file, Path(at))} MB |", flush=True)


def tell_speed(scale: float) -> None:
    print(
        "| capture | file | import: CPU | clock | bare `executemany`: CPU | clock"
        " | ratio: CPU | clock | spans/s | peak memory |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, count, size, sessions in SHAPES:
        with tempfile.TemporaryDirectory() as at:
            folder = Path(at)
            file = folder / "capture.jsonl"
            few = max(1, int(sessions * scale))
            many = max(few, int(count * scale))
            write(file, many, size, few)
            ours: list[Took] = []
            plain: list[Took] = []
            for _ in range(ROUNDS):
                ours.append(import_once(file, folder / "ours.db"))
                plain.append(bare(folder / "ours.db", folder / "plain.db"))
                forget(folder)
            memory = peak_memory(file, folder)
            mine, base = (Took(*map(statistics.median, zip(*side, strict=True))) for side in (ours, plain))
            pairs = list(zip(ours, plain, strict=True))
            cpu = statistics.median(other.cpu / our.cpu for our, other in pairs)
            clock = statistics.median(other.clock / our.clock for our, other in pairs)
            megabytes = file.stat().st_size / 1e6
            print(
                f"| {name} | {megabytes:.0f} MB | {mine.cpu:.2f} s | {mine.clock:.2f} s"
                f" | {base.cpu:.2f} s | {base.clock:.2f} s | {cpu:.2f} | {clock:.2f}"
                f" | {many / mine.clock:,.0f} | {memory} MB |",
                flush=True,
            )


if __name__ == "__main__":
    main()
