"""Make hostile text safe to show: controls and invisible characters become visible symbols.

Trace text can carry terminal escapes (OSC 52 fills the clipboard, CSI answers type into the shell), C1
bytes, bidirectional overrides and zero-width characters. Whatever is shown or printed went through here.
"""

from __future__ import annotations

from typing import Any, Final

__all__ = ["is_visible", "visible", "visible_tree"]

_CONTROLS: Final = {code: 0x2400 + code for code in range(0x20) if code not in (0x09, 0x0A)}
_REPLACED: Final = (
    *range(0x80, 0xA0),  # C1
    *(0xAD, 0x61C, 0x180E, 0xFEFF),  # soft hyphen, Arabic letter mark, Mongolian separator, BOM
    *range(0x200B, 0x2010),  # zero width, marks
    *range(0x2028, 0x202F),  # separators, embeddings and overrides
    *range(0x2060, 0x2070),  # joiners, isolates
    *range(0xFFF9, 0xFFFC),  # annotations
    *range(0xD800, 0xE000),  # lone surrogates
    *range(0xE0000, 0xE0080),  # tags
)
_TABLE: Final = {**_CONTROLS, 0x7F: 0x2421, **dict.fromkeys(_REPLACED, 0xFFFD)}
_UNSAFE: Final = frozenset(map(chr, _TABLE))
_SAFE_BYTES: Final = bytes(code for code in range(0x80) if code not in _TABLE)


def is_visible(text: str) -> bool:
    """Whether `visible` would leave the text as it is."""
    # Nothing unsafe is printable; a few safe characters (newlines, no-break spaces) are not either.
    if text.isprintable():
        return True
    if text.isascii():
        return not text.encode().translate(None, _SAFE_BYTES)
    return ("\n" in text and text.replace("\n", "").isprintable()) or _UNSAFE.isdisjoint(text)


def visible(text: str) -> str:
    """Replace what a terminal would act on or hide; tabs and newlines stay.

    C0 controls become their Unicode pictures (ESC is `␛`), everything else U+FFFD, one character for
    one character so that columns and offsets hold. Lone surrogates, which no file could store, go too.
    """
    if is_visible(text):
        return text
    return text.replace("\r\n", "\n").translate(_TABLE)


def visible_tree(value: Any) -> Any:
    """`visible` for every string, keys included, in a tree of JSON values."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(str(key)): visible_tree(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [visible_tree(item) for item in value]
    return value
