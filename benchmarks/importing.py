"""How fast files come in, as a ratio to SQLite taking the same rows without thinking; and how much memory that needs.

    python benchmarks/importing.py [--scale 0.2]
    python benchmarks/importing.py --memory [--scale 0.2]

For each shape of capture: the seconds of CPU from opening the file to a session that can be browsed (read, decode,
normalise, place, store, index), the seconds a bare `executemany` of the same rows into one plain table takes, their
ratio, and the peak memory of the import in a process of its own. Both sides run in turn and the median of three counts:
the machine may be busy. Nothing is indexed for search, so the same figure holds with and without it. The diagnosis that
`runbook-tui import` adds at the end is measured by `benchmarks/diagnosis.py`. With `--memory` nothing but the peak
memory of files of a gigabyte is told.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


def import_once(file: Path, database: Path) -> float:
    """Seconds of CPU until the file's sessions can be browsed."""
    from runbook_tui.evidence import Store
    from runbook_tui.incident import store_capture

    with Store(database) as store:
        before = time.process_time()
        store_capture(store, file)
        return time.process_time() - before


def bare(database: Path, copy: Path) -> float:
    """Seconds of CPU for the same rows, read beforehand, into one plain table."""
    source = sqlite3.connect(database)
    columns = len(source.execute("select * from span limit 1").description) + 1
    target = sqlite3.connect(copy)
    target.execute("pragma journal_mode = wal")
    target.execute("pragma synchronous = normal")
    target.execute(f"create table plain ({', '.join(f'c{n}' for n in range(columns))})")
    query = "select span.*, body from span join payload on payload.id = (span.sid << 32) + span.position"
    insert = f"insert into plain values ({', '.join('?' * columns)})"
    cursor = source.execute(query)
    spent = 0.0
    target.execute("begin")
    while rows := cursor.fetchmany(20_000):
        before = time.process_time()
        target.executemany(insert, rows)
        spent += time.process_time() - before
    before = time.process_time()
    target.commit()
    spent += time.process_time() - before
    target.close()
    source.close()
    return spent


def peak_memory(file: Path, folder: Path) -> int:
    """Megabytes at most resident in a process that imports the file."""
    # Not getrusage: what it tells of a process begins with the memory of the one that started it.
    script = (
        "import re, sys; from pathlib import Path; from benchmarks.importing import import_once;"
        "import_once(Path(sys.argv[1]), Path(sys.argv[2]));"
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) // 1024)"
    )
    command = [sys.executable, "-c", script, str(file), str(folder / "memory.db")]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    return int(done.stdout)


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
    print("| capture | file | import | bare `executemany` | ratio | spans/s | peak memory |")
    print("|---|---|---|---|---|---|---|")
    for name, count, size, sessions in SHAPES:
        with tempfile.TemporaryDirectory() as at:
            folder = Path(at)
            file = folder / "capture.jsonl"
            few = max(1, int(sessions * scale))
            many = max(few, int(count * scale))
            write(file, many, size, few)
            ours, plain = [], []
            for _ in range(ROUNDS):
                ours.append(import_once(file, folder / "ours.db"))
                plain.append(bare(folder / "ours.db", folder / "plain.db"))
                forget(folder)
            memory = peak_memory(file, folder)
            mine, base = statistics.median(ours), statistics.median(plain)
            ratio = statistics.median(b / o for o, b in zip(ours, plain, strict=True))
            megabytes = file.stat().st_size / 1e6
            print(
                f"| {name} | {megabytes:.0f} MB | {mine:.2f} s | {base:.2f} s | {ratio:.2f}"
                f" | {many / mine:,.0f} | {memory} MB |",
                flush=True,
            )


if __name__ == "__main__":
    main()
