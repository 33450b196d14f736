"""The screens. Importing this loads Textual; nothing below does."""

from runbook_tui.ui.app import RunbookApp, Start

__all__ = ["RunbookApp", "Start"]
