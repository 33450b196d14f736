"""A Phoenix made of its documented answers: one session of two traces, two spans a page."""

from __future__ import annotations

from typing import Any

from tests.factories import TRACE, span_id
from tests.intake import samples
from tests.servers.loopback import Request, not_found
from tests.servers.same_run import text_replaced

__all__ = ["OTHER", "PAGES", "Phoenix"]

OTHER = "ab" * 16
PAGES = 4


class Phoenix:
    """Answers what the fetching asks; `before` may answer in its place."""

    def __init__(self) -> None:
        spans = [_span(number, said) for number, said in enumerate(samples.GENAI, 1)]
        self.spans = {TRACE: spans, OTHER: text_replaced(spans, TRACE, OTHER)}
        self.before: Any = None
        self.pages = 0
        """Pages of spans that were given."""

    def __call__(self, request: Request) -> Any:
        early = self.before(self, request) if self.before else None
        if early is not None:
            return early
        if request.path == "/v1/projects":
            return {"data": [{"id": "p1", "name": "default"}], "next_cursor": None}
        if request.path == "/v1/projects/p1/traces":
            ours = request.query.get("session_identifier") == samples.SESSION
            return {"data": [{"trace_id": name} for name in self.spans] if ours else [], "next_cursor": None}
        if request.path == "/v1/projects/p1/spans":
            return self._page(request.query)
        return not_found()

    def _page(self, query: dict[str, str]) -> dict[str, Any]:
        chosen = self.spans.get(query["trace_id"], []) if "trace_id" in query else []
        start = int(query.get("cursor", "0"))
        self.pages += bool(chosen)
        following = start + 2 if start + 2 < len(chosen) else None
        return {"data": chosen[start : start + 2], "next_cursor": following and str(following)}


def _span(number: int, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"U3Bhbjo{number}",
        "name": f"span {number}",
        "context": {"trace_id": TRACE, "span_id": span_id(number)},
        "span_kind": "UNKNOWN",
        "parent_id": span_id(1) if number > 1 else None,
        "start_time": f"2026-11-20T02:14:{number:02d}.250000+00:00",
        "end_time": f"2026-11-20T02:14:{number + 1:02d}.250000+00:00",
        "status_code": "UNSET",
        "status_message": "",
        "attributes": {**said, "session.id": samples.SESSION},
        "events": [],
    }
