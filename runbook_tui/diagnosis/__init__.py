"""Session to findings: flags, signals, mode, causes, reading order. Pure; no model is called."""

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.contract import Contract, contracts, result_fields
from runbook_tui.diagnosis.diagnose import actions_after, diagnose

__all__ = ["Case", "Contract", "actions_after", "contracts", "diagnose", "result_fields"]
