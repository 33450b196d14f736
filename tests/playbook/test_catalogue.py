"""What the shipped catalogue says of tools, under the names traces give them."""

from __future__ import annotations

import pytest

from runbook_tui.playbook import UNKNOWN_TOOL, ToolEntry, classify_tool, load_playbook, shipped_dir
from runbook_tui.trace.words import Effect

TOOLS = load_playbook(shipped_dir() / "agent-incident.yaml").tools


@pytest.mark.parametrize(
    ("name", "effect"),
    [
        ("get_order", "read"),
        ("getOrder", "read"),
        ("GetHTTPStatus", "read"),
        ("mcp__crm__get_customer", "read"),
        ("crm.search_accounts", "read"),
        ("income_verification", "read"),
        ("check_payment_status", "read"),
        ("transfer_to_billing_agent", "read"),
        ("handoff_to_refunds", "read"),
        ("final_answer", "read"),
        ("file_search", "read"),
        ("issue_refund", "reversible"),
        ("charge_card", "reversible"),
        ("book_flight", "reversible"),
        ("update_customer", "reversible"),
        ("createTicket", "reversible"),
        ("scale_deployment", "reversible"),
        ("stripe_create_refund", "reversible"),
        ("send_email", "irreversible"),
        ("sendEmail", "irreversible"),
        ("send-email", "irreversible"),
        ("gmail_send_message", "irreversible"),
        ("send_income_verification", "irreversible"),
        ("decline_application", "irreversible"),
        ("approve_loan", "irreversible"),
        ("process_payment", "irreversible"),
        ("transfer_funds", "irreversible"),
        ("transfer_to_account", "irreversible"),
        ("delete_records", "irreversible"),
        ("customer_delete", "irreversible"),
        ("restart_service", "irreversible"),
        ("file_report", "irreversible"),
        ("run_shell_command", "irreversible"),
        ("execute_code", "unknown"),
        ("frobnicate", "unknown"),
        ("", "unknown"),
    ],
)
def test_effect(name: str, effect: Effect) -> None:
    assert classify_tool(TOOLS, name).effect == effect


def test_the_first_match_wins() -> None:
    exception, rule = (
        ToolEntry(match="get_secret", effect="irreversible"),
        ToolEntry(match="get_*", effect="read"),
    )
    assert classify_tool([exception, rule], "get_secret") is exception
    assert classify_tool([rule, exception], "get_secret") is rule


def test_an_exact_name_matches_as_it_is_written() -> None:
    entry = ToolEntry(match="getOrder", effect="read")
    assert classify_tool([entry], "getOrder") is entry
    assert classify_tool([entry], "get_order") is UNKNOWN_TOOL


def test_what_changes_the_world_says_how_to_undo_it() -> None:
    silent = [
        entry.match
        for entry in TOOLS
        if entry.effect in {"reversible", "irreversible"} and not entry.reversal
    ]
    assert silent == []


def test_no_entry_is_hidden_by_an_earlier_one() -> None:
    for index, entry in enumerate(TOOLS):
        sample = entry.match.replace("*", "x")
        assert classify_tool(TOOLS[: index + 1], sample) is entry, entry.match
