"""What the app tells: one message at a time, and none that must be read goes away by itself."""

from __future__ import annotations

from typing import Any, Final

from textual.app import App
from textual.events import Event, Key, MouseDown

from runbook_tui.ui.frame import KeysLine

__all__ = ["Telling"]

_TOLD_S: Final = 5.0
"""How long a message stays."""
_UNTIL_KEY_S: Final = 86_400.0
"""For what stays until a key is pressed: longer than anybody waits."""


class Telling(App[None]):
    """Tells in the line of the keys, where it covers nothing; what is longer in a box over it."""

    _boxed = False

    def notify(self, message: str, **options: Any) -> None:
        """Say something for a moment; a warning, an error or a long text until the next key."""
        self._forget()
        severity = options.get("severity", "information")
        seconds = None if severity != "information" else options.get("timeout") or _TOLD_S
        line = next(iter(self.screen.query(KeysLine)), None)
        if line is None or not line.tell(message, severity, seconds):
            self._boxed = True
            super().notify(message, **{**options, "timeout": _UNTIL_KEY_S})

    def _forget(self) -> None:
        self.clear_notifications()
        self._boxed = False
        for line in self.screen.query(KeysLine):
            line.forget()

    async def on_event(self, event: Event) -> None:
        """What stood until a key is pressed was read, once one is; what that key tells comes after."""
        if isinstance(event, Key | MouseDown) and not event.is_forwarded and self.screen_stack:
            if self._boxed:
                self.clear_notifications()
                self._boxed = False
            for line in self.screen.query(KeysLine):
                line.key_pressed()
        await super().on_event(event)

    def action_help_quit(self) -> None:
        """What ctrl+c does here, in place of ending the app amid an incident."""
        self.notify("ctrl+c does not quit here, ctrl+q does; everything is saved.", markup=False)
