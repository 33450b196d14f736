"""Record every sample session again, then hold the stories to the recordings.

`python sample_sessions/record` records and checks; with `--check` it only checks.
"""

from __future__ import annotations

import sys
from pathlib import Path

import check
import compliance
import delegation
import goal_drift
import invoice
import legacy_empty
import loan
import pricing
import retry_loop

FOLDER = Path(__file__).resolve().parent.parent
SCENARIOS = (loan, compliance, invoice, pricing, legacy_empty, retry_loop, goal_drift, delegation)


def main() -> None:
    if sys.argv[1:] != ["--check"]:
        for scenario in SCENARIOS:
            for take in scenario.TAKES:
                take.record(FOLDER)
    for story in sorted(FOLDER.glob("*.yaml")):
        print(check.check_story(story))


if __name__ == "__main__":
    main()
