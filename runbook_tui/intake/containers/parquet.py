"""Parquet, as data frames are saved. Needs pyarrow, which is large: an extra."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from runbook_tui.intake.errors import CaptureError

__all__ = ["read", "recognises"]

_MAGIC: Final = b"PAR1"
_ROWS: Final = 512


def recognises(head: bytes) -> bool:
    """Whether it begins as Parquet files do."""
    return head.startswith(_MAGIC)


def read(stream: BinaryIO, where: str) -> Iterator[Any]:
    """A record a row; times as whole nanoseconds, because Python's own do not reach so far.

    Raises:
        CaptureError: pyarrow is not installed, or the file is damaged.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        advice = "install it with: pip install 'runbook-tui[parquet]', or export JSON lines"
        raise CaptureError("Parquet needs pyarrow", where, advice) from None
    try:
        source = pyarrow.BufferReader(stream.read())
        for batch in pyarrow.parquet.ParquetFile(source).iter_batches(_ROWS):
            columns = {
                str(name): _plain(column, pyarrow)
                for name, column in zip(batch.schema.names, batch.columns, strict=True)
            }
            for index in range(batch.num_rows):
                yield {name: column[index] for name, column in columns.items()}
    except (pyarrow.ArrowException, OSError, ValueError, TypeError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise CaptureError("cannot read the Parquet file", where, f"{reason}; export it again") from error


def _plain(column: Any, pyarrow: Any) -> list[Any]:
    types = pyarrow.types
    if types.is_timestamp(column.type):
        column = column.cast(pyarrow.timestamp("ns", column.type.tz), safe=False).cast(pyarrow.int64())
    elif types.is_list(column.type) and types.is_timestamp(column.type.value_type):
        column = column.cast(pyarrow.list_(pyarrow.timestamp("us", column.type.value_type.tz)), safe=False)
    found: list[Any] = column.to_pylist()
    return found
