"""A research agent asks the same question again and again until the token limit stops it."""

# ruff: noqa: ARG001 - a tool declares the arguments a model may send, used here or not

from __future__ import annotations

from contextlib import suppress
from typing import Any

from pydantic_ai import UsageLimitExceeded, UsageLimits
from recorder import Take, Tape, Tool, say

AGENT = "shipment-desk"
INSTRUCTIONS = (
    "You find shipping references in the document index and pass them to the forwarder. "
    "Search until you have the reference, then send it."
)
LIMITS = UsageLimits(total_tokens_limit=17_000)


def tools(tape: Tape, hits: list[dict[str, str]]) -> list[Tool]:
    async def search_documents(query: str) -> dict[str, Any]:
        """Documents of the shipping archive nearest to the query."""
        await tape.lag(0.4, 1.2)
        return {"query": query, "hits": hits}

    async def send_reference(forwarder: str, shipment_id: str, reference: str) -> dict[str, str]:
        """Send a reference to the forwarder."""
        await tape.lag(0.2, 0.5)
        return {"shipment_id": shipment_id, "state": "sent"}

    return [search_documents, send_reference]


def document(doc_id: str, title: str, text: str) -> dict[str, str]:
    return {"doc_id": doc_id, "title": title, "text": text}


async def failed(tape: Tape) -> None:
    hits = [
        document(
            "DOC-1840",
            "Customs release: how it works",
            "A release code is issued by the customs office once duties are settled. The code is printed on the "
            "release note and sent to the declarant. Shipments under inspection have no code until the inspection "
            "ends. Ask the declarant when a note has not arrived.",
        ),
        document(
            "DOC-0933",
            "Arrival notice SH-220914",
            "Shipment SH-220914, two containers, discharged at the east terminal. Declarant: Vantar Customs. "
            "Status at the time of this notice: selected for inspection. Storage is free for the first days, after "
            "that the terminal charges by the container.",
        ),
        document(
            "DOC-2217",
            "Release note SH-220619",
            "Shipment SH-220619, one container, released. The code is on the attached scan. The scan could not be "
            "read by the index. Contact the archive for a copy of the original on paper.",
        ),
    ]
    queries = [
        "customs release code SH-220914",
        "customs release code of SH-220914",
        "customs release code for SH-220914",
        "customs release code, SH-220914",
        "customs release codes SH-220914",
        "the customs release code SH-220914",
        "customs release code: SH-220914",
        "customs release code SH-220914?",
        "customs release code SH-220914 now",
        "customs release code (SH-220914)",
        "customs release code in SH-220914",
        "customs release code SH-220914",
    ]
    hopes = (
        "I search the archive.",
        "The code is not in these documents. I search again.",
        "Still no code. I rephrase the search.",
        "Not there yet. One more search.",
    )
    script = [
        say(hopes[min(number, 1 + number % 3)], ("search_documents", {"query": query}))
        for number, query in enumerate(queries)
    ]
    agent = tape.agent(AGENT, INSTRUCTIONS, tools(tape, hits), script)
    with suppress(UsageLimitExceeded):
        await agent.run(
            "Find the customs release code of SH-220914 and send it to Kestrel Forwarding.",
            usage_limits=LIMITS,
            conversation_id="shipment-SH-220914",
        )


async def clean(tape: Tape) -> None:
    hits = [
        document(
            "DOC-2301", "Release note SH-220871", "Shipment SH-220871, released. Release code CRC-40-7718."
        ),
        document(
            "DOC-2290",
            "Arrival notice SH-220871",
            "Shipment SH-220871, one container. Declarant: Vantar Customs.",
        ),
    ]
    reference = {"forwarder": "Kestrel Forwarding", "shipment_id": "SH-220871", "reference": "CRC-40-7718"}
    script = [
        say("I search the archive.", ("search_documents", {"query": "customs release code SH-220871"})),
        say("The release note has it. I send the code.", ("send_reference", reference)),
        say("Kestrel Forwarding has the release code of SH-220871: CRC-40-7718."),
    ]
    agent = tape.agent(AGENT, INSTRUCTIONS, tools(tape, hits), script)
    await agent.run(
        "Find the customs release code of SH-220871 and send it to Kestrel Forwarding.",
        usage_limits=LIMITS,
        conversation_id="shipment-SH-220871",
    )


TAKES = (
    Take("retry-loop", AGENT, "2026-11-16T07:55:00+00:00", failed),
    Take("retry-loop-clean", AGENT, "2026-11-13T08:20:00+00:00", clean),
)
