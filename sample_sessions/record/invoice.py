"""An invoice agent multiplies cartons by packs and approves ten times what was ordered."""

# ruff: noqa: ARG001 - a tool declares the arguments a model may send, used here or not

from __future__ import annotations

from typing import Any

from recorder import Take, Tape, Tool, say

AGENT = "invoice-approval"
INSTRUCTIONS = (
    "You approve supplier invoices. Check the vendor, the purchase order number and the quantity against the "
    "purchase order, approve the quantity and amount owed, then schedule the payment for the due date."
)


def tools(tape: Tape, invoice: dict[str, Any], order: dict[str, Any], vendor: dict[str, Any]) -> list[Tool]:
    async def read_invoice(invoice_id: str) -> dict[str, Any]:
        """The invoice as scanned."""
        await tape.lag(0.6, 1.4)
        return invoice

    async def get_purchase_order(po_number: str) -> dict[str, Any]:
        """The purchase order."""
        await tape.lag(0.1, 0.3)
        return order

    async def lookup_vendor(vendor_id: str) -> dict[str, Any]:
        """The vendor's master record."""
        await tape.lag(0.1, 0.3)
        return vendor

    async def approve_invoice(invoice_id: str, quantity: int, amount: float) -> dict[str, Any]:
        """Approve an invoice for payment. Final."""
        await tape.lag(0.2, 0.5)
        return {"invoice_id": invoice_id, "state": "approved"}

    async def schedule_payment(vendor_id: str, invoice_id: str, amount: float, due: str) -> dict[str, Any]:
        """Send the payment order to the bank. Final."""
        await tape.lag(0.4, 0.9)
        return {"invoice_id": invoice_id, "state": "sent to bank", "due": due}

    return [read_invoice, get_purchase_order, lookup_vendor, approve_invoice, schedule_payment]


async def failed(tape: Tape) -> None:
    invoice = {
        "invoice_id": "INV-60418",
        "vendor_id": "V-1189",
        "po_number": "PO-73350",
        "currency": "USD",
        "lines": [{"item": "copier paper", "quantity": "50 ctn x 10 pk", "unit_price": 100.0}],
        "due": "2026-12-05",
    }
    order = {
        "po_number": "PO-73350",
        "vendor_id": "V-1189",
        "item": "copier paper, carton",
        "quantity": 50,
        "unit_price": 100.0,
        "total": 5000.0,
        "state": "open",
    }
    vendor = {"vendor_id": "V-1189", "name": "Carrow Office Supply", "state": "verified", "terms": "net"}
    script = [
        say("I read the invoice first.", ("read_invoice", {"invoice_id": "INV-60418"})),
        say(
            "The invoice names PO-73350 and V-1189. I check both.",
            ("get_purchase_order", {"po_number": "PO-73350"}),
            ("lookup_vendor", {"vendor_id": "V-1189"}),
        ),
        say(
            "The vendor is verified and the purchase order matches. The line is 500 units at 100.0, 50000.0 USD.",
            ("approve_invoice", {"invoice_id": "INV-60418", "quantity": 500, "amount": 50000.0}),
        ),
        say(
            "Approved. Now the payment.",
            (
                "schedule_payment",
                {"vendor_id": "V-1189", "invoice_id": "INV-60418", "amount": 50000.0, "due": "2026-12-05"},
            ),
        ),
        say(
            "INV-60418 from Carrow Office Supply is approved: 500 units, 50000.0 USD, payment due 2026-12-05. "
            "The vendor is verified and PO-73350 matches."
        ),
    ]
    agent = tape.agent(AGENT, INSTRUCTIONS, tools(tape, invoice, order, vendor), script)
    await agent.run("Process invoice INV-60418.", conversation_id="invoice-INV-60418")


async def clean(tape: Tape) -> None:
    invoice = {
        "invoice_id": "INV-60377",
        "vendor_id": "V-1042",
        "po_number": "PO-73201",
        "currency": "USD",
        "lines": [{"item": "desk lamp", "quantity": "12 pc", "unit_price": 64.5}],
        "due": "2026-11-27",
    }
    order = {
        "po_number": "PO-73201",
        "vendor_id": "V-1042",
        "item": "desk lamp",
        "quantity": 12,
        "unit_price": 64.5,
        "total": 774.0,
        "state": "open",
    }
    vendor = {"vendor_id": "V-1042", "name": "Brill Lighting", "state": "verified", "terms": "net"}
    script = [
        say("I read the invoice first.", ("read_invoice", {"invoice_id": "INV-60377"})),
        say(
            "The invoice names PO-73201 and V-1042. I check both.",
            ("get_purchase_order", {"po_number": "PO-73201"}),
            ("lookup_vendor", {"vendor_id": "V-1042"}),
        ),
        say(
            "Vendor, order and quantity agree: 12 at 64.5, 774.0 USD.",
            ("approve_invoice", {"invoice_id": "INV-60377", "quantity": 12, "amount": 774.0}),
        ),
        say(
            "Approved. Now the payment.",
            (
                "schedule_payment",
                {"vendor_id": "V-1042", "invoice_id": "INV-60377", "amount": 774.0, "due": "2026-11-27"},
            ),
        ),
        say("INV-60377 from Brill Lighting is approved: 12 pieces, 774.0 USD, payment due 2026-11-27."),
    ]
    agent = tape.agent(AGENT, INSTRUCTIONS, tools(tape, invoice, order, vendor), script)
    await agent.run("Process invoice INV-60377.", conversation_id="invoice-INV-60377")


TAKES = (
    Take("invoice", AGENT, "2026-11-05T14:22:00+00:00", failed),
    Take("invoice-clean", AGENT, "2026-11-03T10:10:00+00:00", clean),
)
