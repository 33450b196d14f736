"""A research agent misreads a number in a contract, and the agent that asked pays it out."""

# ruff: noqa: ARG001 - a tool declares the arguments a model may send, used here or not

from __future__ import annotations

from typing import Any

from pydantic_ai import RunContext
from recorder import Take, Tape, Tool, Turn, say

AGENT, RESEARCHER = "service-credits", "contract-research"
INSTRUCTIONS = (
    "You settle service credits. Ask the contract researcher what the contract grants, issue exactly that credit, "
    "then send the credit note."
)
RESEARCH = "You read contracts and answer with the amount, the currency and the document it stands in."


def research_tools(tape: Tape, document: str, text: str) -> list[Tool]:
    async def search_contracts(customer_id: str) -> dict[str, Any]:
        """The contract documents of a customer."""
        await tape.lag(0.2, 0.5)
        return {"customer_id": customer_id, "documents": [document]}

    async def read_document(document_id: str) -> dict[str, Any]:
        """The text of a contract document."""
        await tape.lag(0.3, 0.7)
        return {"document_id": document_id, "text": text}

    return [search_contracts, read_document]


def tools(tape: Tape, inquiry: list[Turn], research_kit: list[Tool], credit_id: str) -> list[Tool]:
    async def lookup_contract_terms(ctx: RunContext[None], question: str) -> str:
        """Ask the contract researcher."""
        researcher = tape.agent(RESEARCHER, RESEARCH, research_kit, inquiry)
        answer = await researcher.run(question, usage=ctx.usage, conversation_id=ctx.conversation_id)
        return answer.output

    async def issue_credit(customer_id: str, amount: float, currency: str, reason: str) -> dict[str, Any]:
        """Book a credit on the customer's account."""
        await tape.lag(0.3, 0.6)
        return {"credit_id": credit_id, "customer_id": customer_id, "state": "booked"}

    async def send_credit_note(customer_id: str, credit_id: str) -> dict[str, Any]:
        """Send the credit note to the customer."""
        await tape.lag(0.2, 0.5)
        return {"credit_id": credit_id, "customer_id": customer_id, "state": "sent"}

    return [lookup_contract_terms, issue_credit, send_credit_note]


async def settle(
    tape: Tape, customer: str, name: str, day: str, document: str, clause: str, amount: float, credit_id: str
) -> None:
    """One settlement: the same conversation, whatever the researcher makes of the clause."""
    inquiry = [
        say("I look for the contract.", ("search_contracts", {"customer_id": customer})),
        say(f"{document} is the annex on service credits.", ("read_document", {"document_id": document})),
        say(f"{document} grants {customer} a credit of {amount} EUR for an outage."),
    ]
    question = f"What credit does the contract of {customer} grant for one outage?"
    credit = {
        "customer_id": customer,
        "amount": amount,
        "currency": "EUR",
        "reason": f"outage of {day}, {document}",
    }
    script = [
        say(
            "I ask the researcher what the contract grants.",
            ("lookup_contract_terms", {"question": question}),
        ),
        say(f"The contract grants {amount} EUR. I issue the credit.", ("issue_credit", credit)),
        say(
            f"{credit_id} is booked. I send the note.",
            ("send_credit_note", {"customer_id": customer, "credit_id": credit_id}),
        ),
        say(f"{name} has received {amount} EUR under {document}, credit note {credit_id}."),
    ]
    kit = tools(tape, inquiry, research_tools(tape, document, clause), credit_id)
    agent = tape.agent(AGENT, INSTRUCTIONS, kit, script)
    await agent.run(
        f"{name}, customer {customer}, had an outage on {day}. Settle the service credit.",
        conversation_id=f"credit-{customer}",
    )


async def failed(tape: Tape) -> None:
    await settle(
        tape,
        customer="C-2087",
        name="Aurelio Logistica",
        day="2026-11-11",
        document="CT-554-B",
        clause="Annex B. Per ogni interruzione del servizio il cliente riceve un credito di 1.250,00 EUR.",
        amount=125000.0,
        credit_id="CR-7741",
    )


async def clean(tape: Tape) -> None:
    await settle(
        tape,
        customer="C-1930",
        name="Moorland Storage",
        day="2026-10-28",
        document="CT-517-B",
        clause="Annex B. For every outage the customer receives a credit of 480.0 EUR.",
        amount=480.0,
        credit_id="CR-7702",
    )


TAKES = (
    Take("delegation", AGENT, "2026-11-13T10:02:00+00:00", failed),
    Take("delegation-clean", AGENT, "2026-10-30T09:15:00+00:00", clean),
)
