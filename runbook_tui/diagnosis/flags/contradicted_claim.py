"""UNGROUNDED_VALUE, of a claim: what a step says of a result is not what the result says.

Counts ("11 available options" of 10), "none found" beside rows, success after a failure, a status, the cheapest, the
latest: held against the results that came since the same agent spoke (see `claims`). Wrong where a sentence limits
itself by a word that the rows do not carry; the flag names both sides, so that takes one look. Source: a quarter to a
third of the annotated causes of agent failures are claims that a result contradicts.
"""

from __future__ import annotations

from collections.abc import Iterator

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.claims import contradicted_claims
from runbook_tui.trace import Flag

__all__ = ["detect"]


def detect(case: Case) -> Iterator[Flag]:
    """One flag a step, naming the first contradicted sentence."""
    for claim in contradicted_claims(case):
        detail = f'says "{claim.sentence}"; of step {claim.result.number}, {claim.detail}'
        yield case.flag("UNGROUNDED_VALUE", "P1", claim.step, detail)
