"""Values put into commands stay values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_tui.playbook import SubstitutionError, Variable, placeholders, substitute, variables_of
from runbook_tui.playbook.rules import holds


def test_placeholders_are_replaced_inside_arguments() -> None:
    argv = ["kubectl", "-n", "{{namespace}}", "scale", "deployment/{{ agent }}", "--id={{incident.id}}"]
    values = {"namespace": "prod", "agent": "loans", "incident.id": "INC-1", "unused": "-x"}
    assert substitute(argv, values) == ("kubectl", "-n", "prod", "scale", "deployment/loans", "--id=INC-1")
    assert variables_of(argv, None, ["{{agent}}"]) == ("namespace", "agent", "incident.id")


@pytest.mark.parametrize(
    "value", ["$(reboot)", "`id`", "a; rm -rf /", "a b", "'\"", "$HOME", "*", "| tee", "\\n"]
)
def test_what_a_shell_would_obey_stays_literal(value: str) -> None:
    assert substitute(["echo", "x{{agent}}y"], {"agent": value}) == ("echo", f"x{value}y")


def test_a_value_is_never_read_as_a_template() -> None:
    assert substitute(["echo", "{{a}}"], {"a": "{{b}}", "b": "secret"}) == ("echo", "{{b}}")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "'agent' has no value"),
        ({"agent": ""}, "is empty"),
        ({"agent": "  "}, "is empty"),
        ({"agent": "-rf"}, "starts with a hyphen"),
        ({"agent": "--all"}, "starts with a hyphen"),
        ({"agent": "a\nb"}, "control or invisible"),
        ({"agent": "a\0b"}, "control or invisible"),
        ({"agent": "a\u202eb"}, "control or invisible"),
        ({"agent": "a\x1b[2J"}, "control or invisible"),
    ],
)
def test_unsafe_values_are_refused(values: dict[str, str], reason: str) -> None:
    with pytest.raises(SubstitutionError, match=reason):
        substitute(["echo", "x{{agent}}"], values)


@pytest.mark.parametrize(
    "argument", ["{{", "}}", "{{Agent}}", "{{agent", "{{.Status}}", "{{a b}}", "{{a}}}}", "{{a.}}"]
)
def test_braces_that_are_no_placeholder_are_refused(argument: str) -> None:
    with pytest.raises(SubstitutionError, match="braces"):
        placeholders(argument)


def test_single_braces_are_plain_text() -> None:
    assert substitute(["kubectl", "jsonpath={.spec}"], {}) == ("kubectl", "jsonpath={.spec}")


@given(value=st.text(min_size=1))
def test_the_number_of_arguments_never_changes(value: str) -> None:
    try:
        argv = substitute(["echo", "{{a}}", "end"], {"a": value})
    except SubstitutionError:
        return
    assert argv == ("echo", value, "end")


@pytest.mark.parametrize(
    ("value", "reason"),
    [("prod", None), ("prod\n", "must match"), ("-a", "hyphen"), ("", "must match"), ("a b", "must match")],
)
def test_a_variable_matches_from_end_to_end(value: str, reason: str | None) -> None:
    said = Variable(prompt="Namespace", pattern="[a-z-]+").problem_with(value)
    assert said is None if reason is None else reason in (said or "")


@pytest.mark.parametrize(
    ("comparison", "value", "expected"),
    [
        ("< 0.75", 0.74, True),
        ("< 0.75", 0.75, False),
        ("<=0.75", 0.75, True),
        ("> 1", 2, True),
        (">= 0.7", 0.69, False),
        ("== 1", 1.0, True),
    ],
)
def test_comparisons(comparison: str, value: float, expected: bool) -> None:
    assert holds(comparison, value) is expected


def test_a_comparison_is_nothing_else() -> None:
    with pytest.raises(ValueError, match="not a comparison"):
        holds("__import__('os')", 1.0)
