"""A sales agent quotes a price page that was indexed three weeks ago."""

# ruff: noqa: ARG001 - a tool declares the arguments a model may send, used here or not

from __future__ import annotations

from typing import Any

from recorder import Take, Tape, Tool, say

AGENT = "sales-quotes"
INSTRUCTIONS = (
    "You answer price requests. Find the current price in the index and send the customer a quote. "
    "A sent quote binds us for a month."
)


def tools(tape: Tape, customer: dict[str, Any], hit: dict[str, Any]) -> list[Tool]:
    async def get_customer(customer_id: str) -> dict[str, Any]:
        """Name, contact and plan of a customer."""
        await tape.lag(0.05, 0.2)
        return customer

    async def search_index(query: str) -> dict[str, Any]:
        """Pages of the sales index nearest to the query."""
        await tape.lag(0.2, 0.5)
        return {"query": query, "hits": [hit]}

    async def send_quote(
        customer_id: str, plan: str, seats: int, unit_price: float, total: float
    ) -> dict[str, Any]:
        """E-mail a binding quote to the customer's contact."""
        await tape.lag(0.3, 0.7)
        return {"customer_id": customer_id, "state": "sent"}

    return [get_customer, search_index, send_quote]


def page(indexed_at: str, text: str) -> dict[str, Any]:
    return {
        "doc_id": "DOC-771",
        "title": "Pro plan price list",
        "indexed_at": indexed_at,
        "score": 0.93,
        "text": text,
    }


async def failed(tape: Tape) -> None:
    customer = {"customer_id": "C-5120", "name": "Brightwell Dental", "contact": "office@brightwell.example"}
    hit = page("2026-10-27T04:00:00Z", "Pro plan, billed yearly: 180.0 USD a seat, 7200.0 USD for 40 seats.")
    quote = {"customer_id": "C-5120", "plan": "Pro", "seats": 40, "unit_price": 180.0, "total": 7200.0}
    script = [
        say("I look up the customer.", ("get_customer", {"customer_id": "C-5120"})),
        say("Now the current price.", ("search_index", {"query": "Pro plan yearly price for 40 seats"})),
        say("The price list is clear: 180.0 USD a seat. I send the quote.", ("send_quote", quote)),
        say(
            "Brightwell Dental has its quote: 40 Pro seats at 180.0 USD, 7200.0 USD a year. This is our current price."
        ),
    ]
    agent = tape.agent(AGENT, INSTRUCTIONS, tools(tape, customer, hit), script)
    await agent.run(
        "Today is 2026-11-17. Customer C-5120 asks what 40 Pro seats cost a year. Send a quote.",
        conversation_id="quote-C-5120",
    )


async def clean(tape: Tape) -> None:
    customer = {"customer_id": "C-4873", "name": "Tarn Architects", "contact": "studio@tarn.example"}
    hit = page("2026-10-12T04:00:00Z", "Pro plan, billed yearly: 180.0 USD a seat, 2700.0 USD for 15 seats.")
    quote = {"customer_id": "C-4873", "plan": "Pro", "seats": 15, "unit_price": 180.0, "total": 2700.0}
    script = [
        say("I look up the customer.", ("get_customer", {"customer_id": "C-4873"})),
        say("Now the current price.", ("search_index", {"query": "Pro plan yearly price for 15 seats"})),
        say("The price list of today says 180.0 USD a seat. I send the quote.", ("send_quote", quote)),
        say("Tarn Architects has its quote: 15 Pro seats at 180.0 USD, 2700.0 USD a year."),
    ]
    agent = tape.agent(AGENT, INSTRUCTIONS, tools(tape, customer, hit), script)
    await agent.run(
        "Today is 2026-10-12. Customer C-4873 asks what 15 Pro seats cost a year. Send a quote.",
        conversation_id="quote-C-4873",
    )


TAKES = (
    Take("pricing", AGENT, "2026-11-17T11:18:00+00:00", failed),
    Take("pricing-clean", AGENT, "2026-10-12T09:30:00+00:00", clean),
)
