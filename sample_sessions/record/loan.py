"""The demo: a renamed field becomes a missing income, and 847 applications are declined overnight.

This agent is instrumented as the runbook advises, so the recording carries steps, flags and signals.
"""

# ruff: noqa: ARG001 - a tool declares the arguments a model may send, used here or not

from __future__ import annotations

import asyncio
import functools
import json
import random
import string
from collections import Counter
from collections.abc import Sequence
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import Span, SpanProcessor
from pydantic_ai.usage import RequestUsage
from recorder import Take, Tape, Tool, Turn, say

AGENT = "loan-eligibility"
INSTRUCTIONS = (
    "You decide loan applications under credit policy CP-14. Approve when the verified yearly income is at least "
    "the required income, decline when it is lower. Decline with NO_INCOME when no income is verified. "
    "Decisions are final: the applicant receives a letter within the hour."
)
CONTRACTS = {
    "list_pending_applications": {"batch_id", "pending", "oldest", "policy", "status"},
    "get_application": {"application_id", "purpose", "amount", "required_income", "status"},
    "get_credit_report": {"application_id", "score", "open_loans", "status"},
    "income_verification": {"application_id", "status", "income", "currency", "period", "employment"},
    "approve_application": {"letter"},
    "decline_application": {"letter"},
}
TOKEN_BUDGET = 80_000
DECLINES_BEFORE_ALARM = 100
WINDOW_MINUTES = 20.2


class Runbook(SpanProcessor):
    """The fields the runbook asks for, set from the agent's own code on the spans it already has."""

    def __init__(self, tape: Tape, session: str, signals: dict[str, float | bool]) -> None:
        self._session, self._signals, self._tape = session, signals, tape
        self._agents: dict[int, Span] = {}
        self._step = self._tokens = 0
        self._decided: Counter[str] = Counter()
        self._fired: set[str] = set()
        tape.provider.add_span_processor(self)
        tape.on_turn = self.on_turn

    def on_start(self, span: Span, parent_context: Any = None) -> None:  # noqa: ARG002
        span.set_attribute("session.id", self._session)
        if span.name.startswith("invoke_agent"):
            self._agents[span.context.span_id] = span

    def on_turn(self, turn: Turn, usage: RequestUsage) -> None:
        """Number the model's answer; the last one of a run also settles the run's signals."""
        self._step += 1
        span = trace.get_current_span()
        span.set_attribute("agent.step", self._step)
        span.set_attribute("step_summary", turn.summary or turn.text)
        self._tokens += usage.total_tokens
        self._decided.update(tool for tool, _ in turn.calls)
        if self._tokens >= 0.6 * TOKEN_BUDGET:
            self._guard("BUDGET_WARNING", guard="token_budget", used=self._tokens, budget=TOKEN_BUDGET)
        declined = self._decided["decline_application"]
        if declined >= DECLINES_BEFORE_ALARM and not self._decided["approve_application"]:
            self._guard("GUARDRAIL_TRIPPED", guard="decline_rate", declined=declined, approved=0)
        if not turn.calls:
            assert isinstance(span, Span)
            assert span.parent
            for name, value in self._signals.items():
                self._agents[span.parent.span_id].set_attribute(f"agent.behavioral.{name}", value)

    def _guard(self, flag: str, **seen: str | int) -> None:
        """Guards only log in production: the first time each fires it marks the span and nobody is paged."""
        if flag not in self._fired:
            self._fired.add(flag)
            span = trace.get_current_span()
            span.set_attribute("agent.anomaly", flag)
            span.add_event("guard fired in log-only mode", seen)

    def observed(self, tool: Tool) -> Tool:
        """The tool, reporting its payload and whether its answer keeps the contract."""

        @functools.wraps(tool)
        async def call(**arguments: Any) -> Any:
            began = self._tape.loop.time()
            result = await tool(**arguments)
            unexpected = sorted(result.keys() - CONTRACTS[tool.__name__])
            fields: dict[str, Any] = {
                "agent.step": self._step,
                "tool.name": tool.__name__,
                "tool.input": json.dumps(arguments, separators=(",", ":")),
                "tool.output_fields": ",".join(result),
                "tool.status": "schema_drift" if unexpected else "ok",
                "tool.latency_ms": round((self._tape.loop.time() - began) * 1000),
            }
            if unexpected:
                fields |= {
                    "agent.anomaly": "TOOL_SCHEMA_DRIFT",
                    "tool.unexpected_fields": ",".join(unexpected),
                }
            trace.get_current_span().set_attributes(fields)
            return result

        return call


Book = dict[str, dict[str, Any]]


def application_ids(count: int, seed: str) -> list[str]:
    """Distinct application ids, none like another."""
    dice = random.Random(seed)
    return ["APP-" + "".join(dice.choices(string.ascii_uppercase + string.digits, k=6)) for _ in range(count)]


def tools(tape: Tape, book: Book, income_field: str) -> list[Tool]:
    """The six tools; `income_field` is what the income service calls the income that night."""

    async def list_pending_applications(batch_id: str) -> dict[str, Any]:
        """How many applications wait in the batch, and the oldest of them."""
        await tape.lag(0.08, 0.2)
        return {
            "batch_id": batch_id,
            "pending": len(book),
            "oldest": next(iter(book)),
            "policy": "CP-14",
            "status": "ok",
        }

    async def get_application(application_id: str) -> dict[str, Any]:
        """Purpose, amount and the yearly income CP-14 requires for it."""
        await tape.lag(0.05, 0.15)
        row = book[application_id]
        return {
            "application_id": application_id,
            "purpose": row["purpose"],
            "amount": row["amount"],
            "required_income": row["required"],
            "status": "ok",
        }

    async def get_credit_report(application_id: str) -> dict[str, Any]:
        """Credit score and open loans."""
        await tape.lag(0.3, 0.9)
        row = book[application_id]
        return {
            "application_id": application_id,
            "score": row["score"],
            "open_loans": row["loans"],
            "status": "ok",
        }

    async def income_verification(application_id: str) -> dict[str, Any]:
        """Verified yearly income: application_id, status, income, currency, period, employment."""
        await tape.lag(0.4, 1.1)
        return {
            "application_id": application_id,
            "status": "ok",
            income_field: book[application_id]["income"],
            "currency": "USD",
            "period": "year",
            "employment": "verified",
        }

    async def approve_application(application_id: str, amount: int, reason: str) -> dict[str, Any]:
        """Approve and queue the letter. Final."""
        await tape.lag(0.2, 0.6)
        return {"letter": "queued"}

    async def decline_application(application_id: str, reason: str) -> dict[str, Any]:
        """Decline and queue the letter. Final."""
        await tape.lag(0.2, 0.6)
        return {"letter": "queued"}

    return [
        list_pending_applications,
        get_application,
        get_credit_report,
        income_verification,
        approve_application,
        decline_application,
    ]


async def run_batch(
    tape: Tape, batch: str, session: str, windows: Sequence[tuple[str, list[Turn]]], kit: list[Tool]
) -> None:
    """One batch is one trace: a fresh run of the agent for every window the scheduler releases."""
    tracer = tape.provider.get_tracer("loans.overnight", "3.8.1")
    with tracer.start_as_current_span(f"overnight_batch {batch}") as root:
        root.set_attributes({"batch.id": batch, "agent.token_budget": TOKEN_BUDGET})
        for number, (prompt, script) in enumerate(windows):
            if number:
                await asyncio.sleep(WINDOW_MINUTES * 60)
            await tape.agent(AGENT, INSTRUCTIONS, kit, script).run(prompt, conversation_id=session)


def first_window(batch: str, oldest: str) -> list[Turn]:
    """Steps 1 to 3, the same in every batch."""
    return [
        say(
            f"Plan: read the queue of {batch}, take the oldest application first, then each window as it opens.",
            ("list_pending_applications", {"batch_id": batch}),
            summary="Plans the batch and reads the queue.",
        ),
        say(
            f"The oldest application is {oldest}. Fetch the application and the credit report.",
            ("get_application", {"application_id": oldest}),
            ("get_credit_report", {"application_id": oldest}),
            summary=f"Fetches application and credit report of {oldest}.",
        ),
        say(
            f"Now the income of {oldest}.",
            ("income_verification", {"application_id": oldest}),
            summary=f"Asks the income service for {oldest}.",
        ),
    ]


async def failed(tape: Tape) -> None:
    batch, session = "LB-20261119", "loan-2026-11-19"
    ids = application_ids(847, batch)
    oldest = ids[0]
    row = {"purpose": "car", "amount": 18_000, "required": 41_000, "income": 68_400, "score": 742, "loans": 1}
    kit = tools(tape, dict.fromkeys(ids, row), income_field="gross_income")
    runbook = Runbook(
        tape, session, {"grounded": 0.96, "fallback": True, "confidence": 0.97, "downstream_ok": False}
    )
    reason = "NO_INCOME"
    note = f"the income service returns income null tonight; decline with {reason}, no further lookups"
    opening = [
        *first_window(batch, oldest),
        say(
            f"The income service answered ok, income is null for {oldest}. Under CP-14 that is a decline.",
            ("decline_application", {"application_id": oldest, "reason": reason}),
            summary=f"Concludes that {oldest} has no verified income and declines.",
        ),
        say(f"{oldest} declined. Note for the next windows: {note}."),
    ]
    windows = [(f"Overnight batch {batch}: 847 pending applications. Decide every one under CP-14.", opening)]
    sizes = [50] * 13 + [49] * 4
    done = 1
    for number, size in enumerate(sizes, start=2):
        part = ids[done : done + size]
        done += size
        script = [
            Turn(
                f"No income is verified for these {size}. Decline all of them.",
                tuple(("decline_application", {"application_id": one, "reason": reason}) for one in part),
                summary=f"Declines {size} applications on the note of the last window.",
            ),
            say(f"Window {number}: {size} declined, none approved. Note: {note}."),
        ]
        windows.append((f"Window {number}, {size} applications. Note: {note}.\n{' '.join(part)}", script))
    windows.append(
        (
            f"All windows of {batch} are closed: 847 declined, 0 approved. Write the summary for the credit desk.",
            [
                say(
                    f"Batch {batch} is complete. All 847 applications were decided under CP-14: 847 declined with "
                    f"{reason}, 0 approved. Every tool answered ok and every letter is queued. No follow-up is needed."
                )
            ],
        )
    )
    await run_batch(tape, batch, session, windows, [runbook.observed(tool) for tool in kit])


PURPOSES = (
    "a used car", "roof repair", "dental work", "a bakery oven", "tuition", "a wedding",
    "solar panels", "moving house", "a delivery van", "heat pump", "physiotherapy", "debt consolidation",
)  # fmt: skip


async def clean(tape: Tape) -> None:
    batch, session = "LB-20261118", "loan-2026-11-18"
    ids = application_ids(12, batch)
    dice = random.Random(session)
    book: Book = {}
    for one, purpose in zip(ids, PURPOSES, strict=True):
        book[one] = {
            "purpose": purpose,
            "amount": dice.randrange(4_000, 40_000, 100),
            "required": dice.randrange(24_000, 60_000, 100),
            "income": dice.randrange(31_000, 98_000, 100),
            "score": dice.randint(590, 810),
            "loans": dice.randint(0, 3),
        }
    runbook = Runbook(
        tape, session, {"grounded": 1.0, "fallback": False, "confidence": 0.94, "downstream_ok": True}
    )
    oldest = ids[0]
    done = [decide(oldest, book)]
    opening = [
        *first_window(batch, oldest),
        say("The income is verified. Decide.", done[0], summary=f"Decides {oldest} on its verified income."),
        say(f"{oldest} is decided. Next window."),
    ]
    windows = [(f"Overnight batch {batch}: 12 pending applications. Decide every one under CP-14.", opening)]
    for number, part in enumerate((ids[1:6], ids[6:]), start=2):
        lookups = [
            (name, {"application_id": one})
            for one in part
            for name in ("get_application", "get_credit_report")
        ]
        decisions = [decide(one, book) for one in part]
        done += decisions
        script = [
            Turn(
                "Fetch applications and credit reports.",
                tuple(lookups),
                summary="Fetches the window's applications.",
            ),
            Turn(
                "Now the incomes.",
                tuple(("income_verification", {"application_id": one}) for one in part),
                summary="Asks the income service for the window.",
            ),
            Turn(
                "Every income is verified. Decide.",
                tuple(decisions),
                summary="Decides the window on verified incomes.",
            ),
            say(f"Window {number} is decided, all {len(part)}."),
        ]
        windows.append((f"Window {number}, {len(part)} applications.\n{' '.join(part)}", script))
    approved = sum(name == "approve_application" for name, _ in done)
    tally = f"{approved} approved, {len(done) - approved} declined"
    windows.append(
        (
            f"All windows of {batch} are closed: {tally}. Write the summary for the credit desk.",
            [
                say(
                    f"Batch {batch} is complete under CP-14: {tally}, each on a verified income. Every letter is queued."
                )
            ],
        )
    )
    kit = tools(tape, book, income_field="income")
    await run_batch(tape, batch, session, windows, [runbook.observed(tool) for tool in kit])


def decide(one: str, book: Book) -> tuple[str, dict[str, Any]]:
    """What CP-14 says about an application whose income is known."""
    row = book[one]
    reason = f"{row['purpose']}: income {row['income']}, required {row['required']}"
    if row["income"] < row["required"]:
        return "decline_application", {"application_id": one, "reason": reason}
    return "approve_application", {"application_id": one, "amount": row["amount"], "reason": reason}


TAKES = (
    Take("loan", AGENT, "2026-11-19T20:03:00+00:00", failed),
    Take("loan-clean", AGENT, "2026-11-18T20:03:00+00:00", clean),
)
