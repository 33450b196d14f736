"""What the diagnosis said of a session, kept beside it."""

from __future__ import annotations

from typing import Final

import msgspec

from runbook_tui.evidence.store import Store, StoreError
from runbook_tui.trace import Findings, SessionTrace

__all__ = ["lean", "read_findings", "save_findings"]

_STEPS_NAMED: Final = 1_000
"""Steps that a missing field names at most; how many spans lack it is counted whole."""


def save_findings(store: Store, session: SessionTrace, findings: Findings, key: str | None = None) -> None:
    """Keep what the diagnosis said, so that lists and the browser can show it without asking again.

    Args:
        store: where the session is.
        session: the session.
        findings: kept `lean`.
        key: what the findings rest on beside the session; `read_findings` can ask for it.
    """
    summary = findings.session
    position = {
        span.span_id: place.position for span, place in zip(session.spans, session.places, strict=True)
    }
    with store.writing() as connection:
        row = connection.execute("select sid from session where id = ?", (session.id,)).fetchone()
        if row is None:
            raise StoreError("no such session", session.id, "import it first")
        sid = row["sid"]
        connection.execute(
            "update session set agent = ?, task = ?, input_tokens = ?, output_tokens = ?, cost_usd = ?,"
            " outcome = ?, flags = ?, findings = ?, findings_key = ? where sid = ?",
            (
                summary.agent,
                summary.task,
                summary.input_tokens,
                summary.output_tokens,
                summary.cost_usd,
                summary.outcome,
                ",".join(flag.flag for flag in findings.flags),
                msgspec.json.encode(lean(findings)),
                key,
                sid,
            ),
        )
        connection.execute("delete from flag where sid = ?", (sid,))
        connection.executemany(
            "insert into flag values (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    sid,
                    position[flag.span_id],
                    flag.step,
                    flag.span_id,
                    flag.flag,
                    flag.severity,
                    flag.detail,
                    flag.source,
                )
                for flag in findings.flags
                if flag.span_id in position
            ),
        )


def lean(findings: Findings) -> Findings:
    """Findings without what the session itself says step by step, so that they take the same room at any size."""
    missing = tuple(
        msgspec.structs.replace(field, steps=field.steps[:_STEPS_NAMED])
        for field in findings.readiness.missing
    )
    readiness = msgspec.structs.replace(findings.readiness, missing=missing)
    return msgspec.structs.replace(findings, readiness=readiness, steps=())


def read_findings(store: Store, session_id: str, key: str | None = None) -> Findings | None:
    """What was last said of the session, without its rows of steps.

    None before its first diagnosis, and where `key` is given and the findings rest on something else.
    """
    row = store.connection.execute(
        "select findings, findings_key from session where id = ?", (session_id,)
    ).fetchone()
    if row is None or not row["findings"] or key not in (None, row["findings_key"]):
        return None
    return msgspec.json.decode(row["findings"], type=Findings)
