"""One case each: RUNBOOK_TUI_RUNS=FOLDER python eval_cases.py"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from case_results import case_results, said
from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import EvaluationReason, Evaluator, EvaluatorContext


@dataclass
class LetsShip(Evaluator[dict[str, Any], str, dict[str, Any]]):
    """Whether the case lets the change ship."""

    def evaluate(self, ctx: EvaluatorContext[dict[str, Any], str, dict[str, Any]]) -> EvaluationReason:
        """The verdict of the gate."""
        return EvaluationReason(value=not ctx.inputs["blocks"], reason=ctx.output)


def main() -> int:
    """1 when a case blocks, or could not be judged."""
    results = case_results()
    dataset = Dataset[dict[str, Any], str, dict[str, Any]](
        name="runbook-tui",
        cases=[
            Case(name=result["case"], inputs=result, metadata={"severity": result["severity"]})
            for result in results
        ],
        evaluators=[LetsShip()],
    )
    report = dataset.evaluate_sync(said, progress=False)
    report.print(include_input=False, include_reasons=True)
    held = [item.value for case in report.cases for item in case.assertions.values()]
    return 0 if len(held) == len(results) and all(held) and not report.failures else 1


if __name__ == "__main__":
    sys.exit(main())
