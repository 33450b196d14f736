"""Token estimates for calls whose counts were not recorded. Never reaches for a network.

tiktoken downloads its vocabularies at run time, so it is asked only when the vocabulary already lies,
whole, in its cache folder; else the estimate is by script: about four characters a token, one for CJK.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["estimate_tokens", "vocabulary_path"]

_CACHE_NAME: Final = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
"""Where tiktoken keeps `cl100k_base`: the SHA-1 of its address."""
_SHA256_START: Final = "223921b7"
_WIDE: Final = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0002ffff]")


def estimate_tokens(text: str) -> int:
    """About how many tokens a model would count."""
    return _counter()(text)


def vocabulary_path() -> Path | None:
    """The vocabulary in tiktoken's cache folder, whole; None when there is none."""
    folder = os.environ.get("TIKTOKEN_CACHE_DIR", "")
    vocabulary = Path(folder) / _CACHE_NAME
    if not folder or not vocabulary.is_file():
        return None
    digest = hashlib.sha256(vocabulary.read_bytes()).hexdigest()
    return vocabulary if digest.startswith(_SHA256_START) else None


@cache
def _counter() -> Callable[[str], int]:
    if vocabulary_path() is None:
        return _by_script
    import tiktoken

    encoding = tiktoken.get_encoding("cl100k_base")
    return lambda text: len(encoding.encode_ordinary(text))


def _by_script(text: str) -> int:
    wide = len(_WIDE.findall(text))
    return wide + (len(text) - wide + 3) // 4
