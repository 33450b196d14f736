"""What counts in a dialogue: the user's decisions, and what the agent does with or without one.

Seen in sessions in which a user talks to an agent that can change something for them. There, a failure often
begins where the user changes what is to be done, or where the agent acts on what nobody had confirmed.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["Dialogue"]

_CONSENTS: Final = re.compile(
    r"(?i)\b(yes|yeah|yep|sure|correct|confirm(ed)?|go ahead|please proceed|proceed with|that's fine|perfect)\b"
)
_SEEKS_CONSENT: Final = re.compile(
    r"(?i)\b(confirm|would you like|like to proceed|proceed\?|shall I|is that ok)"
)
_DECIDES: Final = re.compile(
    r"(?i)\b(actually|instead|on second thought|rather|let['\u2019]?s|changed? my mind|no need|"
    r"don['\u2019]?t (?:want|need)|go ahead|decided|in that case|only)\b"
)


class Dialogue:
    """The state of a conversation, turn by turn."""

    def __init__(self) -> None:
        self._proposed = False
        self._consented = False

    def user_says(self, text: str) -> str | None:
        """What in a user's turn decides or changes what is to be done; a question or a plain answer does not."""
        self._consented = bool(_CONSENTS.search(text))
        found = _DECIDES.search(text)
        return found[0] if found and "?" not in text else None

    def agent_says(self, text: str) -> str | None:
        """By what words an agent puts its next act up for consent before it acts."""
        found = _SEEKS_CONSENT.search(text)
        self._proposed = found is not None
        return found[0] if found else None

    @property
    def is_agreed(self) -> bool:
        """Whether the last thing the agent said was a proposal and the user consented to it."""
        return self._proposed and self._consented
