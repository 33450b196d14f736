"""OTLP/JSON: ids, integers and the values of attributes, as spans and log records have them."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

import msgspec

__all__ = ["AnyValue", "KeyValue", "attributes_of", "hex_id", "integer", "is_remote", "value_of"]

_INT64: Final = range(-(2**63), 2**64)


class _Base(msgspec.Struct, rename="camel"):
    pass


class AnyValue(_Base):
    """OTLP AnyValue; exactly one field is set, or none for null."""

    string_value: str | None = None
    bool_value: bool | None = None
    int_value: int | str | None = None
    double_value: float | str | None = None
    array_value: ArrayValue | None = None
    kvlist_value: KeyValueList | None = None
    bytes_value: str | None = None


class ArrayValue(_Base):
    """OTLP ArrayValue."""

    values: list[AnyValue] = []


class KeyValue(_Base):
    """OTLP KeyValue."""

    key: str
    value: AnyValue | None = None


class KeyValueList(_Base):
    """OTLP KeyValueList."""

    values: list[KeyValue] = []


def hex_id(text: str, size: int) -> str:
    """An id of `size` bytes as lower-case hex, from hex or base64, told apart by length and alphabet."""
    if len(text) == size * 2:
        try:
            return bytes.fromhex(text).hex()
        except ValueError:
            pass
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) == size:
        return decoded.hex()
    raise ValueError(f"not an id of {size} bytes: {text[:40]!r}")


def integer(value: int | str) -> int:
    """A 64-bit integer, a number or the text of one.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, str) and len(value) > 20:
        raise ValueError("not a 64-bit integer")
    number = int(value)
    if number not in _INT64:
        raise ValueError("not a 64-bit integer")
    return number


def is_remote(flags: int) -> bool:
    """Whether a span's flags say that its parent is remote: bit 9 of `Span.flags` in opentelemetry/proto/trace/v1."""
    return flags & 0x200 != 0


def attributes_of(pairs: list[KeyValue]) -> dict[str, Any]:
    """Attributes as a plain dict."""
    return {
        pair.key: text
        if (value := pair.value) is not None and (text := value.string_value) is not None
        else value_of(value)
        for pair in pairs
    }


def value_of(value: AnyValue | None) -> Any:
    """The one value that is set; None where none is."""
    if value is None:
        return None
    if value.string_value is not None:
        return value.string_value
    if value.int_value is not None:
        return integer(value.int_value)
    if value.bool_value is not None:
        return value.bool_value
    if value.double_value is not None:
        return float(value.double_value)
    if value.array_value is not None:
        return [value_of(item) for item in value.array_value.values]
    if value.kvlist_value is not None:
        return {pair.key: value_of(pair.value) for pair in value.kvlist_value.values}
    return value.bytes_value
