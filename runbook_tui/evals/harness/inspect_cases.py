"""One sample a case: RUNBOOK_TUI_RUNS=FOLDER python eval_cases.py

`inspect eval eval_cases.py --model none` shows the same, but ends with status 0 whatever the scores are.
"""

from __future__ import annotations

import sys
from typing import Any

import inspect_ai
from case_results import case_results, said
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import CORRECT, INCORRECT, Score, Scorer, Target, accuracy, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver


@solver
def recorded() -> Solver:
    """Calls no model: the runs are recorded already."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001
        state.output = ModelOutput.from_content("none", state.metadata["said"])
        return state

    return solve


@scorer(metrics=[accuracy()])
def holds() -> Scorer:
    """Whether the case lets the change ship."""

    async def score(state: TaskState, target: Target) -> Score:  # noqa: ARG001
        blocks = state.metadata["blocks"]
        return Score(value=INCORRECT if blocks else CORRECT, explanation=state.metadata["said"])

    return score


@task
def eval_cases() -> Task:
    """The cases that incidents left behind."""
    samples = [
        Sample(
            id=result["case"],
            input=result["case"],
            metadata={"severity": result["severity"], "blocks": result["blocks"], "said": said(result)},
        )
        for result in case_results()
    ]
    return Task(dataset=MemoryDataset(samples), solver=recorded(), scorer=holds())


def main() -> int:
    """1 when a case blocks, or could not be judged."""
    (log,) = inspect_ai.eval(eval_cases(), model="none/none", display="plain")
    scores: list[Any] = [score for sample in log.samples or [] for score in (sample.scores or {}).values()]
    held = log.status == "success" and bool(scores) and all(score.value == CORRECT for score in scores)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
