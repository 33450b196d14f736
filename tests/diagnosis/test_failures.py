"""Failures that a tool's result tells in its own fields, and results that only look like it."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_tui.diagnosis import diagnose
from runbook_tui.diagnosis.failures import error_text
from runbook_tui.playbook import Playbook
from runbook_tui.trace import Span
from tests.factories import make_llm, make_session, make_tool


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"error": "no such order"}, "no such order"),
        (
            {"error": {"code": "PERMISSION_DENIED", "message": "flags:write is missing"}, "at": 1},
            "flags:write is missing",
        ),
        (
            {"error": {"code": "PERMISSION_DENIED"}, "request": "r-1", "took_ms": 3, "retry": False},
            "PERMISSION_DENIED",
        ),
        (
            {"success": False, "reason": "the batch was submitted before", "batch": "B-1", "items": []},
            "the batch was submitted before",
        ),
        ({"ok": False, "error": "channel_not_found"}, "channel_not_found"),
        ({"statusCode": 403, "status": "FAILED", "message": "forbidden", "id": "x"}, "forbidden"),
        ({"http_status": "503", "detail": "down", "a": 1, "b": 2}, "down"),
        ({"status": "error", "message": "bad month"}, "bad month"),
        ("Error: no such order", "Error: no such order"),
        ({"ok": False}, "ok: False"),
        ({"data": {"a": None}, "errors": [{"message": "bad sku"}]}, "bad sku"),
        ({"status": 503, "title": "Service Unavailable"}, "Service Unavailable"),
        ({"isError": True, "content": [{"type": "text", "text": "no"}]}, "no"),
        ({"code": 40013, "msg": "invalid access token", "data": None}, "invalid access token"),
        ({"exit_code": 1, "stderr": "no space", "stdout": ""}, "no space"),
        ({"__type": "ThrottlingException", "message": "Rate exceeded"}, "Rate exceeded"),
        ({"message": "Internal server error"}, "Internal server error"),
        ("ERROR 1205 (HY000): Lock wait timeout", "ERROR 1205 (HY000): Lock wait timeout"),
        ("502 Bad Gateway", "502 Bad Gateway"),
        ("Upload failed: file exceeds 10 MB", "Upload failed: file exceeds 10 MB"),
        ("Service unavailable. Try again later.", "Service unavailable. Try again later."),
        ("Could not reach the printer", "Could not reach the printer"),
        ("Permission denied", "Permission denied"),
        ("fatal: not a git repository", "fatal: not a git repository"),
        ("<error code='12'>bad sku</error>", "<error code='12'>bad sku</error>"),
    ],
)
def test_a_failure_is_told_by(result: Any, said: str) -> None:
    assert error_text(make_tool(1, "get_order", {"id": 1}, result)) == said


@pytest.mark.parametrize(
    "result",
    [
        {"error": None, "state": "open"},
        {"error": "", "state": "open"},
        {"errors": [], "failed": 0, "items": [1]},
        {"error": "timeout", "count": 4, "at": "02:14", "service": "payments"},
        {"success": True, "message": "done"},
        {
            "id": "pay_1",
            "status": "failed",
            "error": {"code": "card_declined"},
            "amount": 5,
            "to": "x",
            "order": 1,
        },
        {"status": "REJECTED", "reason": "income too low"},
        {"status": "error", "message": "boom", "level": "E", "service": "payments", "at": "02:14"},
        {"validated": 3, "errors": []},
        {"code": 0, "msg": "fine", "data": {"id": 1}},
        {"message": "sent"},
        {"exit_code": 1, "stdout": "2 failed, 3 passed", "stderr": "warning"},
        "ERROR 02:14 payments: timeout\nINFO 02:15 retried\nINFO 02:15 ok\nINFO 02:16 ok\nINFO 02:17 ok\n",
        "Errors and warnings: how to read them",
        "The build failed twice last week and is green since.",
        "Cannes is in France",
        {"statusCode": 200, "message": "fine"},
        ["error"],
        "errors are counted by hour",
    ],
)
def test_no_failure_is_told_by(result: Any) -> None:
    assert error_text(make_tool(1, "get_order", {"id": "pay_1"}, result)) is None


PARTS = [{"ref": "A-1", "result": {"code": "0"}}, {"ref": "A-2", "result": {"code": "E11", "msg": "zip"}}]


@pytest.mark.parametrize(
    ("tool", "result", "told"),
    [
        ("create_labels", {"state": "PROCESSED", "records": PARTS}, "1 of 2 refused: zip"),
        ("create_labels", {"records": PARTS[:1] * 2}, None),
        ("list_labels", {"records": PARTS}, None),
        (
            "send_all",
            [{"id": "A-1", "ok": True}, {"id": "A-2", "ok": False}],
            "1 of 2 refused: no reason given",
        ),
        ("send_all", [{"id": "Z-1", "ok": True}, {"id": "Z-2", "ok": False}], None),
        ("validate_all", [{"id": "A-1", "ok": True}, {"id": "A-2", "ok": False}], None),
        ("build", "Build finished with error code 0", None),
        ("get_policy", "No se puede devolver ropa interior.", None),
        ("get_antrag", "Antrag wurde abgelehnt.", None),
        ("import_all", "Échec: 3, Réussite: 9", None),
        ("send_to_press", {"status": "rejected", "reason": "offline", "job": None}, "offline"),
        ("review_application", {"status": "rejected", "reason": "income"}, None),
        ("visa_status", {"status": "rejected", "reason": "expired"}, None),
        ("set_rate", "Vorgang abgebrochen: gesperrt", "Vorgang abgebrochen: gesperrt"),
        ("set_rate", "Nicht möglich (Fehlercode FI-0417)", "Nicht möglich (Fehlercode FI-0417)"),
        ("set_rate", "Impossible d'enregistrer", "Impossible d'enregistrer"),
        ("book", {"ok": True, "code": "TRT-40L9"}, None),
        ("recipe_card", {"code": "A-1", "name": "amber"}, None),
        (
            "submit",
            {"lines": [{"d": 10442, "outcome": "ACC"}, {"d": 10451, "outcome": "REJ", "reason": "R07"}]},
            "1 of 2 refused: R07",
        ),
        (
            "stop",
            {"parts": [{"id": "i-001", "status": 200}, {"id": "i-002", "status": 403, "detail": "deny"}]},
            "1 of 2 refused: deny",
        ),
        (
            "lims_put",
            "ACK|26-04418|AE|record locked by reviewer",
            "ACK|26-04418|AE|record locked by reviewer",
        ),
        (
            "trasse_anmelden",
            "Das konnte leider nicht gebucht werden.",
            "Das konnte leider nicht gebucht werden.",
        ),
        ("read_letter", "Das konnte leider nicht gebucht werden.", None),
        ("book", {"code": "E11", "msg": "full"}, "full"),
        (
            "declare",
            "<s:Envelope>\n<s:Body><s:Fault><faultstring>no C990</faultstring></s:Fault></s:Body></s:Envelope>",
            "<s:Envelope> <s:Body><s:Fault><faultstring>no C990</faultstring></s:Fault></s:Body></s:Envelope>",
        ),
    ],
)
def test_what_acts_is_refused_in_its_own_words(tool: str, result: Any, told: str | None) -> None:
    arguments = {"refs": ["A-1", "A-2"], "code": "A-1", "donors": "10442,10451", "ids": ["i-001", "i-002"]}
    assert error_text(make_tool(1, tool, arguments, result)) == told


def test_a_refusal_that_was_passed_on_and_not_acted_upon_is_no_failure(playbook: Playbook) -> None:
    def flags(said: str, *after: Span) -> list[str]:
        session = make_session(
            make_llm(1, task="Store the lead result."),
            make_tool(2, "lims_put", {"sample": "26-04418"}, "NAK: record locked by reviewer"),
            make_llm(3, said),
            *after,
        )
        return [flag.flag for flag in diagnose(session, playbook).flags]

    assert flags("It could not be stored: the record is locked.") == []
    assert flags("The result is stored.") == ["TOOL_ERROR"]
    mail = make_tool(4, "send_email", {"to": "lab"}, {"ok": True})
    assert flags("It could not be stored: the record is locked.", mail) == ["TOOL_ERROR"]
