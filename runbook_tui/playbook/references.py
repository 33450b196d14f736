"""The second pass over a playbook: do the parts that refer to each other agree?

It reads plain data and skips what has the wrong type, which the models report. So one run of
`playbook check` says everything that is wrong, even in a file that is far from valid.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from runbook_tui.playbook.commands import BUILTIN_VARS, SubstitutionError, placeholders
from runbook_tui.playbook.problems import Finding, Loc, did_you_mean, dotted, shown
from runbook_tui.playbook.shells import shell_findings
from runbook_tui.trace.words import ROOMS

Json = Any  # plain data of any shape: every use below asks for the type it needs
Node = tuple[Loc, Mapping[str, Json]]


def findings_in(data: Json, playbook_ids: Collection[str]) -> list[Finding]:
    """Check that everything a playbook refers to is there, and that its parts fit each other.

    Args:
        data: The playbook with everything it inherits, as plain data.
        playbook_ids: The ids another playbook may be named by.
    """
    root = _mapping(data)
    steps = list(_steps(root))
    return [
        *_order(root),
        *_unique_ids(root, steps),
        *_step_forms(steps),
        *_variables(root, steps),
        *_commands(steps),
        *_contain(root, steps),
        *_conditions(root, {step["id"]: step for _, step in steps if isinstance(step.get("id"), str)}),
        *_other_playbooks(root, playbook_ids),
        *_postmortem(root),
    ]


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _items(owner: Mapping[str, Json], key: str, loc: Loc) -> Iterator[Node]:
    """The mappings in a list, with their places; nothing if there is no such list."""
    value = owner.get(key)
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, Mapping):
            yield (*loc, key, index), item


def _steps(root: Mapping[str, Json]) -> Iterator[Node]:
    for room, plan in _mapping(root.get("rooms")).items():
        yield from _items(_mapping(plan), "steps", ("rooms", room))


def _options(steps: Iterable[Node]) -> Iterator[Node]:
    for loc, step in steps:
        if step.get("kind") == "choice":
            yield from _items(step, "options", loc)


def _runs(steps: Iterable[Node]) -> Iterator[Node]:
    for loc, option in _options(steps):
        if isinstance(option.get("run"), Mapping):
            yield (*loc, "run"), option["run"]


def _order(root: Mapping[str, Json]) -> Iterator[Finding]:
    order = root.get("order")
    if not isinstance(order, list):
        return
    missing = [room for room in ROOMS if room not in order]
    seen: set[str] = set()
    if missing:
        yield Finding(("order",), f"not in the order: {', '.join(missing)}", "all six rooms, each once")
    for index, room in enumerate(order):
        if isinstance(room, str) and room in seen:
            yield Finding(("order", index), f"room {shown(room)} is there twice", "all six rooms, each once")
        elif isinstance(room, str):
            seen.add(room)


def _unique_ids(root: Mapping[str, Json], steps: list[Node]) -> Iterator[Finding]:
    yield from _repeated(steps, "step")
    for loc, step in steps:
        for key in ("options", "items"):
            yield from _repeated(_items(step, key, loc), key.removesuffix("s"))
    yield from _repeated(_items(_mapping(root.get("classification")), "rules", ("classification",)), "rule")
    yield from _repeated(_items(root, "causes", ()), "cause rule")
    yield from _repeated(_items(_mapping(root.get("postmortem")), "checklist", ("postmortem",)), "item")


def _repeated(nodes: Iterable[Node], what: str) -> Iterator[Finding]:
    seen: dict[str, Loc] = {}
    for loc, node in nodes:
        name = node.get("id")
        if isinstance(name, str) and name in seen:
            yield Finding(
                (*loc, "id"), f"another {what} has the id {shown(name)}", f"at {dotted(seen[name])}"
            )
        elif isinstance(name, str):
            seen[name] = loc


def _step_forms(steps: list[Node]) -> Iterator[Finding]:
    for loc, option in _options(steps):
        stated = [key for key in ("run", "manual") if option.get(key) is not None]
        if len(stated) != 1:
            said = "both `run` and `manual`" if stated else "neither `run` nor `manual`"
            yield Finding(loc, f"the option states {said}", "state one of the two")
    for loc, step in steps:
        if step.get("kind") != "ask":
            continue
        picks = step.get("type", "text") == "choice"
        options = step.get("options", [])
        if picks and isinstance(options, list) and len(options) < 2:
            yield Finding((*loc, "options"), "a question of type choice needs at least two options")
        if not picks and options:
            yield Finding((*loc, "options"), "only a question of type choice has options")
        if isinstance(options, list) and len({str(option) for option in options}) < len(options):
            yield Finding((*loc, "options"), "the same option is there twice")
        if "min_length" in step and step.get("type", "text") != "text":
            yield Finding((*loc, "min_length"), "only a question of type text has a shortest length")


def _variables(root: Mapping[str, Json], steps: list[Node]) -> Iterator[Finding]:
    declared = _mapping(root.get("vars"))
    for name, variable in declared.items():
        if name in BUILTIN_VARS:
            yield Finding(
                ("vars", name), f"{shown(name)} is always there and cannot be declared", "remove it"
            )
        yield from _default(name, _mapping(variable))
    if "vars" in root and not isinstance(root["vars"], Mapping):
        return  # the models say so; to call every variable undeclared as well would bury it
    known = [*declared, *BUILTIN_VARS]
    for loc, argv in _argvs(steps):
        for index, argument in enumerate(argv):
            if isinstance(argument, str):
                yield from _argument(loc, index, argument, known)
        yield from shell_findings(loc, argv)


def _default(name: str, variable: Mapping[str, Json]) -> Iterator[Finding]:
    default, pattern = variable.get("default"), variable.get("pattern")
    if not isinstance(default, str) or not isinstance(pattern, str):
        return
    with suppress(re.error, RecursionError, OverflowError):  # the models report a pattern that is none
        if default.startswith("-"):
            yield Finding(("vars", name, "default"), "a value must not start with a hyphen")
        elif not re.fullmatch(pattern, default):
            yield Finding(("vars", name, "default"), f"{shown(default)} does not match the pattern {pattern}")


def _argvs(steps: list[Node]) -> Iterator[tuple[Loc, list[Json]]]:
    for loc, run in _runs(steps):
        owners: list[Node] = [(loc, run), ((*loc, "verify"), _mapping(run.get("verify")))]
        for owner_loc, owner in owners:
            for key in ("argv", "undo"):
                if isinstance(owner.get(key), list):
                    yield (*owner_loc, key), owner[key]


def _argument(loc: Loc, index: int, argument: str, known: list[str]) -> Iterator[Finding]:
    try:
        names = placeholders(argument)
    except SubstitutionError as error:
        yield Finding((*loc, index), str(error))
        return
    if names and index == 0:
        yield Finding((*loc, index), "the program must not be a placeholder", "name the program itself")
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or "declare it under `vars`"
            yield Finding((*loc, index), f"variable {shown(name)} is not declared", hint)


def _commands(steps: list[Node]) -> Iterator[Finding]:
    for loc, run in _runs(steps):
        effect, undo = run.get("effect"), run.get("undo")
        if effect == "reversible" and undo is None:
            yield Finding((*loc, "undo"), "a reversible command needs the command that undoes it")
        if effect == "irreversible" and undo is not None:
            yield Finding((*loc, "undo"), "an irreversible command cannot have an undo")
        verify = _mapping(run.get("verify"))
        if verify.get("expect") is not None and verify.get("argv") is None:
            yield Finding(
                (*loc, "verify", "expect"), "there is no command whose output this could be", "add argv"
            )


def _contain(root: Mapping[str, Json], steps: list[Node]) -> Iterator[Finding]:
    """The contained clock starts when a check passes: a stop action without one could never start it."""
    here: Loc = ("rooms", "contain")
    stops = [(loc, step) for loc, step in steps if loc[:2] == here and step.get("kind") == "choice"]
    plan = _mapping(root.get("rooms")).get("contain")
    if isinstance(plan, Mapping) and isinstance(plan.get("steps", []), list) and not stops:
        yield Finding((*here, "steps"), "no step of kind choice: the room has no stop action")
    for loc, run in _runs(stops):
        if run.get("effect") != "read" and run.get("verify") is None:
            yield Finding((*loc, "verify"), "a stop action needs `verify`", "an exit status of 0 is no proof")
    options = [option for _, option in _options(stops)]
    if options and not any(option.get("manual") is not None for option in options):
        yield Finding((*here, "steps"), "no option is done by hand", "add: I stopped it another way")


def _conditions(root: Mapping[str, Json], steps: Mapping[str, Mapping[str, Json]]) -> Iterator[Finding]:
    for loc, rule in _rules(root):
        when = rule.get("when")
        if not isinstance(when, Mapping):
            continue
        if not any(_stated(clause) for clause in when.values()):
            yield Finding((*loc, "when"), "the condition states nothing, so it would always hold")
        for step_id, answer in _mapping(when.get("answers")).items():
            place = (*loc, "when", "answers", step_id)
            if step_id not in steps:
                yield Finding(place, f"no step has the id {shown(step_id)}", did_you_mean(step_id, steps))
            elif isinstance(answer, str) and answer not in (answers := _answers(steps[step_id]) or [answer]):
                said = ", ".join(answers)
                yield Finding(place, f"{shown(answer)} is no answer of {step_id}; one of {said}")


def _answers(step: Mapping[str, Json]) -> list[str]:
    """The answers a question can have; none listed if it takes any text."""
    if step.get("kind") != "ask":
        return []
    if step.get("type") == "yes_no":
        return ["yes", "no"]
    options = step.get("options")
    return [option for option in options if isinstance(option, str)] if isinstance(options, list) else []


def _stated(clause: Json) -> bool:
    if isinstance(clause, Mapping):
        return any(inner is not None for inner in clause.values())
    return clause is not None and clause != []


def _rules(root: Mapping[str, Json]) -> Iterator[Node]:
    yield from _items(_mapping(root.get("classification")), "rules", ("classification",))
    yield from _items(root, "causes", ())
    yield from _items(_mapping(root.get("postmortem")), "severity", ("postmortem",))


def _other_playbooks(root: Mapping[str, Json], playbook_ids: Collection[str]) -> Iterator[Finding]:
    actions = _mapping(_mapping(root.get("classification")).get("first_actions"))
    for mode, action in actions.items():
        target = _mapping(action).get("playbook")
        if isinstance(target, str) and target not in playbook_ids:
            loc: Loc = ("classification", "first_actions", mode, "playbook")
            yield Finding(loc, f"no playbook has the id {shown(target)}", did_you_mean(target, playbook_ids))


def _postmortem(root: Mapping[str, Json]) -> Iterator[Finding]:
    factors = _mapping(_mapping(root.get("postmortem")).get("factors"))
    ask, least = factors.get("ask", 3), factors.get("min", 2)
    if isinstance(ask, int) and isinstance(least, int) and least > ask:
        yield Finding(("postmortem", "factors", "min"), f"more are required ({least}) than asked for ({ask})")
