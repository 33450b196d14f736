"""What a step's words and acts say about how early to read it."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.content import Content, read_content
from runbook_tui.diagnosis.suspects import rank_suspects
from runbook_tui.playbook import Playbook
from runbook_tui.trace import Span
from tests.factories import make_llm, make_session, make_tool, make_turn, span_id

PLAIN = "I begin with the plan that was agreed on before."


def speak(number: int, agent: str, text: str = "I go on with the work at hand, as it was agreed.") -> Span:
    return make_llm(number, text, agent=agent)


def content(playbook: Playbook, *spans: Span) -> list[Content]:
    return read_content(Case(make_session(*spans), playbook))


@pytest.mark.parametrize(
    ("fields", "trait", "reason"),
    [
        (
            {"says": "The total is 4711 for order PO-99."},
            "new",
            "brings in 2 values seen nowhere before: 4711, PO-99",
        ),
        ({"says": "There are 4711 of them, as I had said before."}, "figure", ""),
        ({"says": "I assume that the vendor is still the same one."}, "hedges", 'hedges: "assume"'),
        ({"says": "We have stalled; here is a new plan for the same task."}, "replans", "gives up the plan"),
        ({"says": "", "calls": [("c", "get_order", {})]}, "calls", "acts: calls get_order"),
        ({"says": "```python\nprint(1)\n``` that should be all there is to it"}, "code", "acts: writes code"),
        (
            {"says": "", "calls": [("c", "delete_volume", {})]},
            "changes",
            "changes something outside: delete_volume",
        ),
        ({"says": "Fine."}, "short", ""),
    ],
)
def test_a_trait_is_seen_where_it_is_and_nowhere_else(
    playbook: Playbook, fields: dict[str, Any], trait: str, reason: str
) -> None:
    _, shown = content(playbook, speak(1, "a", PLAIN), make_llm(2, **fields))
    assert shown.traits[trait].startswith(reason)
    assert not reason or any(found.text.startswith(reason) for found in shown.reasons)
    _, bare = content(playbook, speak(1, "a", PLAIN), speak(2, "a"))
    assert trait not in bare.traits


def test_a_figure_that_is_not_new_is_named(playbook: Playbook) -> None:
    spans = (
        make_tool(1, "get_order", {}, {"total": 4711}),
        make_llm(2, "The total of this order is 4711 euros."),
    )
    _, found = content(playbook, *spans)
    assert [reason.text for reason in found.reasons] == ["states 4711"]


def test_a_step_builds_on_words_only_when_no_result_lies_between(playbook: Playbook) -> None:
    at_once = content(playbook, speak(1, "a"), speak(2, "b", PLAIN))
    assert at_once[1].traits["takes over"] == "builds on what step 1 said, no result between them"
    after_result = content(playbook, speak(1, "a"), make_tool(2, "look", {}, {"n": 1}), speak(3, "b", PLAIN))
    assert "takes over" not in after_result[2].traits
    assert at_once[1].score > after_result[2].score


def test_values_by_words_alone_are_read_before_those_a_call_or_a_result_may_bear_out(
    playbook: Playbook,
) -> None:
    says = "The two homes sold for 850000 and 950000, as was asked."
    reason = "states new values by words alone: no code, no call, no result before"
    alone = content(playbook, speak(1, "a", PLAIN), speak(2, "b", says))[1]
    assert reason in [found.text for found in alone.reasons]
    code = content(playbook, speak(1, "a", PLAIN), speak(2, "b", f"```python\n# {says}\n```"))[1]
    result = make_tool(1, "look", {}, {"prices": [850000, 950000]})
    told = content(playbook, result, speak(2, "b", says))[1]
    assert "by words alone" not in {**code.traits, **told.traits}
    assert alone.score > told.score


def test_values_that_the_result_before_does_not_have_are_by_words_alone_but_not_in_a_dialogue(
    playbook: Playbook,
) -> None:
    result, answer = make_tool(1, "look", {}, {"n": 1}), speak(2, "b", "They sold for 850000, as was asked.")
    told = content(playbook, result, answer)[1]
    assert told.traits["by words alone"] == "states values that the result of step 1 does not have"
    turns = [make_turn(number, "And what else is there?") for number in (3, 4, 5)]
    assert "by words alone" not in content(playbook, result, answer, *turns)[1].traits


def test_code_that_goes_to_an_address_is_read_before_other_code(playbook: Playbook) -> None:
    here, there = "print('ledger')", "requests.get('https://example.org/ledger')"
    plain, fetches = (
        content(playbook, speak(1, "a", PLAIN), speak(2, "b", f"```python\n{code}\n```"))[1]
        for code in (here, there)
    )
    assert fetches.traits["fetches"] == "its code goes to an address: https://example.org/ledger"
    assert fetches.traits["address"].endswith("nowhere before: https://example.org/ledger")
    assert not {"fetches", "address"} & set(plain.traits)
    assert fetches.score > plain.score


def test_the_first_choice_among_what_workers_brought_is_read_before_what_follows(playbook: Playbook) -> None:
    spans = [speak(number, "hub" if number % 2 else f"w{number}") for number in range(1, 10)]
    found = content(playbook, *spans)
    assert [at for at, item in enumerate(found, 1) if "chooses" in item.traits] == [4, 6]
    group = [speak(number, name) for number, name in enumerate("abcacbcab", 1)]
    assert not any("chooses" in item.traits for item in content(playbook, *group))


def test_the_step_before_trouble_is_read_before_the_one_after(playbook: Playbook) -> None:
    spans = (
        speak(1, "a", "I open with the plan that everybody agreed on."),
        make_llm(
            2, "I look for the order of this customer right now.", calls=[("c1", "search_orders", {"q": "x"})]
        ),
        make_tool(3, "search_orders", {"q": "x"}, []),
        speak(4, "a", "There was nothing, so the customer has no orders at all."),
    )
    found = content(playbook, *spans)
    assert found[1].score > found[3].score
    assert found[1].traits["trouble"] == "right before an error or an empty result at step 3"
    assert "trouble" not in found[3].traits


def dialogue(proposal: str, answer: str) -> tuple[Span, ...]:
    return (
        make_turn(1, "Hello, I have an order with you."),
        speak(2, "a", "Hello, what can I do about your order today?"),
        make_turn(3, "Please tell me whether it was sent."),
        speak(4, "a", proposal),
        make_turn(5, answer),
        make_llm(6, "", calls=[("c", "cancel_order", {"order": "PO-7"})], agent="a"),
        make_tool(7, "cancel_order", {"order": "PO-7"}, {"status": "cancelled"}, call_id="c"),
        speak(8, "a", "It is done, and the money is on its way to you."),
        make_turn(9, "That is all, thanks a lot."),
    )


def test_an_act_without_consent_is_read_before_one_with_it(playbook: Playbook) -> None:
    agreed = content(playbook, *dialogue("I can cancel it. Please confirm that.", "Yes, please do that."))
    unasked = content(playbook, *dialogue("It was not sent yet, as far as we know.", "That is bad news."))
    assert "unagreed" not in agreed[5].traits
    assert unasked[5].traits["unagreed"] == "does so without the user's consent to it: cancel_order"
    assert unasked[5].score > agreed[5].score
    assert "proposes" in agreed[3].traits
    assert "proposes" not in unasked[3].traits


def test_the_turn_in_which_a_user_decides_is_read_before_the_others(playbook: Playbook) -> None:
    found = content(playbook, *dialogue("It was not sent yet, as far as we know.", "Then cancel it instead."))
    assert found[4].traits["decides"] == 'the user decides what is to be done: "instead"'
    assert found[4].score > found[2].score
    assert "decides" not in found[8].traits


def test_an_answer_no_result_bears_out_is_read_first(playbook: Playbook) -> None:
    spans = (
        make_turn(1, "Hello, where is the tablet that I bought?"),
        make_llm(2, "", calls=[("c", "get_order", {"order": "PO-7"})], agent="a"),
        make_tool(
            3, "get_order", {"order": "PO-7"}, {"items": ["kettle"], "tracking": "44556677"}, call_id="c"
        ),
        speak(4, "a", "The tracking number for the tablet is 44556677. Anything else?"),
        make_turn(5, "No, that is what I wanted to know."),
        speak(6, "a", "Then I wish you a good day, and thanks for asking us."),
        make_turn(7, "The same to you, and bye."),
    )
    found = content(playbook, *spans)
    assert found[3].traits["unborne"] == "gives 44556677 for the tablet; no result so far names one"
    assert "unborne" not in found[5].traits
    assert max(found, key=lambda item: item.score) is found[3]


def test_where_a_run_breaks_off_is_read_before_the_turns_like_it(playbook: Playbook) -> None:
    """A worker brought something and nobody took it up; where the coordinator has the last word nothing breaks off."""
    rounds = [("hub", "a"), ("hub", "b"), ("hub", "c"), ("hub", "a")]
    speakers = [name for pair in rounds for name in pair]
    spans = [speak(number, name) for number, name in enumerate(speakers, 1)]
    cut = content(playbook, *spans)
    assert cut[7].traits["breaks off"] == "the run breaks off here: nobody took up what this step brought"
    assert cut[7].score > cut[6].score
    assert not any("breaks off" in item.traits for item in cut[:7])
    whole = content(playbook, *spans, speak(9, "hub"))
    assert not any("breaks off" in item.traits for item in whole)


def test_a_call_that_was_never_answered_breaks_off(playbook: Playbook) -> None:
    call = make_llm(2, "I look it up.", calls=[("c", "get_order", {"id": 1})])
    assert "breaks off" in content(playbook, speak(1, "a", PLAIN), call)[1].traits
    answered = make_tool(3, "get_order", {"id": 1}, {"n": 1}, call_id="c")
    assert "breaks off" not in content(playbook, speak(1, "a", PLAIN), call, answered)[1].traits


def test_of_equal_steps_the_later_is_read_first_in_a_dialogue_alone(playbook: Playbook) -> None:
    def acts(number: int) -> list[Span]:
        call = f"c{number}"
        return [
            make_turn(number, "Do this one as well."),
            make_llm(number + 1, "", calls=[(call, "delete_volume", {"volume": "vol-a"})]),
            make_tool(number + 2, "delete_volume", {"volume": f"vol-{call}"}, {"ok": True}, call_id=call),
        ]

    def acting(*spans: Span) -> list[str]:
        order = [item.span_id for item in rank_suspects(Case(make_session(*spans), playbook), ())]
        return [at for at in order if at in (span_id(2), span_id(5), span_id(8))]

    dialogue = [*acts(1), *acts(4), *acts(7)]
    assert acting(*dialogue) == [span_id(8), span_id(5), span_id(2)]
    alone = [span for span in dialogue if span.kind != "user"]
    assert acting(*alone, speak(10, "a", PLAIN)) == [span_id(2), span_id(5), span_id(8)]


def test_only_the_first_time_a_plan_is_given_up_counts(playbook: Playbook) -> None:
    """Two steps in a row are one time: the notice, then the plan."""
    says = [
        "Stalled.... Replanning...",
        "New plan: we ask somebody who was there.",
        PLAIN,
        "We have stalled again.",
    ]
    found = content(playbook, *[speak(number, "hub", text) for number, text in enumerate(says, 1)])
    assert ["replans" in item.traits for item in found] == [True, True, False, False]


def test_what_a_model_was_shown_is_not_new(playbook: Playbook) -> None:
    """A code agent gets the output of its code as a message, and no span tells of it."""
    shown = make_llm(2, "So there are 4711 of them in the end.", task="Observation: 4711")
    first = make_llm(1, "```python\nprint(len(rows))\n```", task="How many?")
    found = content(playbook, first, shown)[1].traits
    assert not {"new", "takes over", "by words alone"} & set(found)
    unseen = make_llm(2, "So there are 4711 of them in the end.", task="How many?")
    assert {"new", "takes over", "by words alone"} <= set(content(playbook, first, unseen)[1].traits)


def test_the_numbers_of_a_list_are_no_values(playbook: Playbook) -> None:
    says = "### Step 17: ask\n18. wait for them\n19) read what they say, all 4711 of them"
    found = content(playbook, speak(1, "a", PLAIN), speak(2, "b", says))[1]
    assert found.traits["new"] == "brings in 1 value seen nowhere before: 4711"
