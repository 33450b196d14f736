"""A legacy search answers 200 with nothing in it, and the agent takes silence for an all-clear."""

# ruff: noqa: ARG001 - a tool declares the arguments a model may send, used here or not

from __future__ import annotations

from typing import Any

from recorder import Take, Tape, Tool, say

AGENT = "account-closure"
INSTRUCTIONS = (
    "You close accounts at the holder's request. An account with an open dispute must stay open. "
    "When no dispute is open, release the remaining funds and close the account. Both are final."
)


def tools(tape: Tape, account: dict[str, Any], disputes: list[dict[str, str]], answered: int) -> list[Tool]:
    async def get_account(account_id: str) -> dict[str, Any]:
        """Holder, balance and history of an account."""
        await tape.lag(0.1, 0.25)
        return account

    async def search_disputes(account_id: str) -> dict[str, Any]:
        """Every dispute ever filed on an account, open or resolved, from the legacy system."""
        await tape.lag(*((0.3, 0.6) if answered else (5.0, 5.1)))
        return {"status": 200, "items": disputes, "shards": {"total": 4, "answered": answered}}

    async def release_funds(account_id: str, amount: float) -> dict[str, Any]:
        """Pay the remaining balance to the holder's bank. Final."""
        await tape.lag(0.4, 0.8)
        return {"account_id": account_id, "state": "released"}

    async def close_account(account_id: str, reason: str) -> dict[str, Any]:
        """Close the account. Final."""
        await tape.lag(0.3, 0.6)
        return {"account_id": account_id, "state": "closed"}

    return [get_account, search_disputes, release_funds, close_account]


async def failed(tape: Tape) -> None:
    account = {
        "account_id": "AC-90417",
        "holder": "M. Okafor",
        "balance": 12874.6,
        "currency": "USD",
        "disputes_filed": 2,
    }
    script = [
        say("I read the account.", ("get_account", {"account_id": "AC-90417"})),
        say(
            "Before anything is released I search for disputes.",
            ("search_disputes", {"account_id": "AC-90417"}),
        ),
        say(
            "The search came back without an item, so there are no open disputes. I release the balance.",
            ("release_funds", {"account_id": "AC-90417", "amount": 12874.6}),
        ),
        say(
            "Released. I close the account.",
            ("close_account", {"account_id": "AC-90417", "reason": "holder's request, no open disputes"}),
        ),
        say("AC-90417 is closed. There were no open disputes and 12874.6 USD went to M. Okafor."),
    ]
    agent = tape.agent(AGENT, INSTRUCTIONS, tools(tape, account, [], answered=0), script)
    await agent.run("M. Okafor asks us to close AC-90417.", conversation_id="closure-AC-90417")


async def clean(tape: Tape) -> None:
    account = {
        "account_id": "AC-88230",
        "holder": "J. Ferreira",
        "balance": 431.15,
        "currency": "USD",
        "disputes_filed": 1,
    }
    disputes = [{"dispute_id": "DSP-3107", "state": "resolved", "resolved_on": "2025-09-30"}]
    script = [
        say("I read the account.", ("get_account", {"account_id": "AC-88230"})),
        say(
            "Before anything is released I search for disputes.",
            ("search_disputes", {"account_id": "AC-88230"}),
        ),
        say(
            "DSP-3107 is resolved and nothing else was filed. I release the balance.",
            ("release_funds", {"account_id": "AC-88230", "amount": 431.15}),
        ),
        say(
            "Released. I close the account.",
            ("close_account", {"account_id": "AC-88230", "reason": "holder's request, DSP-3107 resolved"}),
        ),
        say("AC-88230 is closed. DSP-3107 is resolved and 431.15 USD went to J. Ferreira."),
    ]
    agent = tape.agent(AGENT, INSTRUCTIONS, tools(tape, account, disputes, answered=4), script)
    await agent.run("J. Ferreira asks us to close AC-88230.", conversation_id="closure-AC-88230")


TAKES = (
    Take("legacy-empty", AGENT, "2026-11-10T16:47:00+00:00", failed),
    Take("legacy-empty-clean", AGENT, "2026-11-09T15:12:00+00:00", clean),
)
