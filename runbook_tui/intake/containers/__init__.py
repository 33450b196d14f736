"""One small module a container that is not JSON: it recognises its first bytes and yields what is inside.

What comes out are records, as a JSON file would hold them, or spans and log records where the container is a
wire format of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

import msgspec

from runbook_tui.intake.containers import csv_rows, parquet, protobuf, zipped

__all__ = ["CONTAINERS", "HEAD", "Container", "container_of"]

HEAD: Final = 4096
"""Bytes of a file that are looked at to recognise it."""


class Container(msgspec.Struct, frozen=True):
    """A container."""

    name: str
    recognises: Callable[[bytes], bool]
    read: Callable[[BinaryIO, str], Iterator[Any]]
    """From the open file and its name for messages; raises CaptureError."""


CONTAINERS: Final[tuple[Container, ...]] = (
    Container("zip", zipped.recognises, zipped.read),
    Container("parquet", parquet.recognises, parquet.read),
    Container("csv", csv_rows.recognises, csv_rows.read),
    Container("otlp-protobuf", protobuf.recognises, protobuf.read),
)
"""In the order in which they are asked; protobuf has no mark of its own and comes last."""


def container_of(head: bytes) -> Container | None:
    """The container of a file, by its first bytes; None for text of JSON and for the unknown."""
    return next((container for container in CONTAINERS if container.recognises(head)), None)
