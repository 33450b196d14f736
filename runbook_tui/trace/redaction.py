"""Secrets out of what is handed on. The evidence keeps the original; what leaves is masked and counted."""

from __future__ import annotations

import re
from typing import Any, Final

__all__ = ["MASK", "Redactor"]

MASK: Final = "[redacted]"

_NAMES: Final = (
    r"pass(?:word|wd|phrase)|pwd|(?:client_?|app_?)?secret(?:_?(?:key|access_?key))?|api[_-]?key|private[_-]?key"
    r"|access[_-]?key|(?:auth|access|refresh|id|session|bearer)[_-]?token|token|x-api-key|authorization"
)
_WHOLE: Final = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z)",
        r"\beyJ[\w-]{5,4000}\.[\w-]{5,8000}(?:\.[\w-]*)?",  # JWT
        r"\bsk-[A-Za-z0-9_-]{12,}",
        r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
        r"\bAIza[\w-]{30,}",
        r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}",
        r"\bxox[abeprs]-[\w-]{10,}",
        r"(?<=://)[^\s/@:]{0,200}:[^\s/@]{1,200}(?=@)",  # https://user:password@host
    )
)
_BEARER: Final = re.compile(r"(?i)\b((?:bearer|basic)\s+)(?=[\w.~+/=-]*[\d=._-])[\w.~+/-]{8,}=*")
_NAMED: Final = rf"(?<![A-Za-z0-9])(?:{_NAMES})"
"""`AWS_SECRET_ACCESS_KEY` too: an underscore before the name is no letter."""
_QUOTED: Final = re.compile(
    rf"(?i)({_NAMED}\\?[\"']?\s*[:=]\s*(\\?[\"']))(?!\[redacted\])(.{{1,500}}?)(?=\2)", re.DOTALL
)
_ASSIGNED: Final = re.compile(
    rf"(?i)({_NAMED}\\?[\"']?\s*[:=]\s*(?:(?:bearer|basic)\s+)?+)(?![\s\\\"']|\[redacted\])([^\s\"'\\,;&}}\])]+)"
)
_SECRET_KEY: Final = re.compile(rf"(?i)(?:.*[_-])?(?:{_NAMES})")


class Redactor:
    """Masks secrets and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def text(self, text: str) -> str:
        """The text with every secret masked."""
        for pattern in _WHOLE:
            text, found = pattern.subn(MASK, text)
            self.count += found
        for pattern in (_BEARER, _QUOTED, _ASSIGNED):
            text, found = pattern.subn(rf"\1{MASK}", text)
            self.count += found
        return text

    def tree(self, value: Any) -> Any:
        """Every text in a tree of JSON values, and every value whose key says that it is a secret."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(key)): self._under(str(key), item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.tree(item) for item in value]
        return value

    def _under(self, key: str, value: Any) -> Any:
        if isinstance(value, str) and value and _SECRET_KEY.fullmatch(key):
            self.count += 1
            return MASK
        return self.tree(value)
