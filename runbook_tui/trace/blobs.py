"""Bytes inside texts, as agents send images and files: told by type and size, not shown."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

__all__ = ["without_blobs"]

_BLOB: Final = re.compile(
    r"(?:data:(?P<type>[\w.+-]+/[\w.+-]+)?(?:;[\w=-]+)*;base64,)?(?P<body>[A-Za-z0-9+/_-]{256,}={0,2})"
)
_MAGIC: Final = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
    b"%PDF": "application/pdf",
    b"PK\x03\x04": "application/zip",
    b"\x1f\x8b": "application/gzip",
    b"OggS": "audio/ogg",
    b"ID3": "audio/mpeg",
}


def without_blobs(text: str) -> str:
    """The text with each run of base64 in it replaced by its type and size."""
    if len(text) < 256:
        return text
    return _BLOB.sub(_told, text)


def _told(match: re.Match[str]) -> str:
    body = match["body"]
    if match["type"] is None and not _is_mixed(body):
        return match[0]  # a long word, a rule of dashes
    kind = match["type"] or _kind(body)
    return f"[{kind}, {_size(len(body.rstrip('=')) * 3 // 4)}]"


def _is_mixed(body: str) -> bool:
    """Whether it looks random: base64 of anything has letters of both cases and digits early on."""
    start = body[:200]
    return (
        any(char.isdigit() for char in start)
        and any(map(str.isupper, start))
        and any(map(str.islower, start))
    )


def _kind(body: str) -> str:
    try:
        start = base64.b64decode(body[:16].replace("-", "+").replace("_", "/"))
    except (binascii.Error, ValueError):
        return "base64"
    return next((name for magic, name in _MAGIC.items() if start.startswith(magic)), "base64")


def _size(number: int) -> str:
    if number < 1000:
        return f"{number} B"
    return f"{number / 1000:.1f} kB" if number < 1_000_000 else f"{number / 1e6:.1f} MB"
