"""Text into Markdown and out of secrets."""

from __future__ import annotations

import time

import pytest

from runbook_tui.report import Redactor, lasted
from runbook_tui.report.markdown import Markdown, fenced, inline


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a | b\nc", r"a \| b c"),
        ("snake_case_name", "snake_case_name"),
        ("_em_ *b* `c`", r"\_em\_ \*b\* \`c\`"),
        ("<img src=x onerror=y>", "&lt;img src=x onerror=y>"),
        ("[x](javascript:alert(1))", r"\[x\](javascript:alert(1))"),
        ("go to https://evil.example", "go to https&#58;//evil.example"),
        ("@here @channel a@b", "&#64;here &#64;channel a@b"),
        ("&lt;script&gt;", "&amp;lt;script&amp;gt;"),
        ("# heading", r"\# heading"),
        ("1. item", r"1\. item"),
        ("- item", r"\- item"),
        ("{{ 7 * 7 }}", r"{{ 7 \* 7 }}"),
        ("\x1b]52;c;x\x07", "␛\\]52;c;x␇"),
        (None, "unknown"),
        (Markdown("**kept**"), "**kept**"),
    ],
)
def test_inline(text: str | None, shown: str) -> None:
    assert inline(text) == shown


def test_an_engineers_link_stays() -> None:
    assert inline("see https://tracker.example/1", links=True) == "see https://tracker.example/1"
    assert "file&#58;//" in inline("file:///etc/passwd", links=True)


def test_a_fence_is_longer_than_any_inside() -> None:
    block = fenced("```` \n# not a heading\n@channel <b>")
    assert block.startswith("`````text\n")
    assert block.endswith("\n`````")
    assert "@channel" not in block
    assert "more characters in the evidence" in fenced("x" * 5000)


@pytest.mark.parametrize(
    "text",
    [
        "key sk-proj-SECRETSECRETSECRET",
        "AKIASECRETSECRETSECR",
        "Authorization: Bearer SECRET.0123456789",
        "eyJSECRET1.SECRET22.SECRET",
        "-----BEGIN RSA PRIVATE KEY-----\nSECRET\n-----END RSA PRIVATE KEY-----",
        "https://bob:SECRET@host/path",
        "password=SECRET",
        '{"api_key": "SECRET with, commas"}',
        r"{\"client_secret\": \"SECRET\"}",
        "AWS_SECRET_ACCESS_KEY=SECRET",
    ],
)
def test_secrets_are_masked_and_counted(text: str) -> None:
    redactor = Redactor()
    masked = redactor.text(text)
    assert "SECRET" not in masked.replace("AWS_SECRET_ACCESS_KEY", "")
    assert "[redacted]" in masked
    assert redactor.count >= 1
    again = redactor.count
    assert redactor.text(masked) == masked
    assert redactor.count == again


def test_a_secret_key_masks_its_value() -> None:
    redactor = Redactor()
    assert redactor.tree({"db_password": "x", "input_tokens": 3, "note": "token ring"}) == {
        "db_password": "[redacted]",
        "input_tokens": 3,
        "note": "token ring",
    }


@pytest.mark.parametrize(
    "piece", ["a-", "a_", 'password: "', "-eyJabcdef", "-----BEGIN ", "://a:", "token = "]
)
def test_hostile_text_costs_no_time(piece: str) -> None:
    begun = time.monotonic()
    Redactor().text(piece * (200_000 // len(piece)))
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "unknown"),
        (0, "0 s"),
        (59.6, "1 min"),
        (460, "7 min 40 s"),
        (22_249, "6 h 10 min"),
        (-5, "-5 s"),
    ],
)
def test_intervals(seconds: float | None, said: str) -> None:
    assert lasted(seconds) == said
