"""What is advised when a server says no."""

from __future__ import annotations

from runbook_tui.intake.servers.answers import Answer, refusal
from runbook_tui.intake.servers.config import resolve


def test_who_sent_credentials_is_not_told_to_set_them() -> None:
    for environ, what, advice in (
        ({"PHOENIX_API_KEY": "abc"}, "forbids it (403)", "the credentials that were sent do not open it"),
        ({}, "wants credentials (403)", "set PHOENIX_API_KEY"),
    ):
        source = resolve("phoenix", environ=environ)
        error = refusal(source, Answer(403, b"no", {}, "/v1/projects"))
        assert error is not None
        assert error.what.endswith(what)
        assert error.advice.startswith(advice)
