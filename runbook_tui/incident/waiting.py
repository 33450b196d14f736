"""Requests that were read and are still in the inbox: what each waits for, and where its spans went."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec

from runbook_tui.evidence import Received

__all__ = ["Waiting"]

Key = tuple[str, str]


class _Request(msgspec.Struct):
    received: Received
    lots: set[str] = msgspec.field(default_factory=set)
    """The lots that hold something of it."""
    sessions: set[str] = msgspec.field(default_factory=set)
    """The sessions it is in."""
    unheard: set[Key] = msgspec.field(default_factory=set)
    """The spans that its log records name."""


class Waiting:
    """A request leaves when no lot holds anything of it and its log records have found their spans."""

    def __init__(self) -> None:
        self._requests: dict[int, _Request] = {}

    def add(self, request: Received) -> None:
        """A request was read."""
        self._requests[request.number] = _Request(request)

    def put(self, number: int, lot: str) -> None:
        """A lot holds something of it."""
        self._requests[number].lots.add(lot)

    def names(self, number: int, spans: Iterable[Key]) -> None:
        """Its log records name these spans."""
        self._requests[number].unheard.update(spans)

    def is_in_a_lot(self, number: int) -> bool:
        """Whether any lot holds something of it."""
        return bool(self._requests[number].lots)

    def went(self, numbers: Iterable[int], sessions: Iterable[str]) -> None:
        """What a lot held of these requests is in these sessions now."""
        into = list(sessions)
        for number in numbers:
            if number in self._requests:
                self._requests[number].sessions.update(into)

    def written(self, lots: Collection[str]) -> None:
        """Nothing waits in these lots any more."""
        for request in self._requests.values():
            request.lots.difference_update(lots)

    def ready(self, lots: Collection[str], heard: Collection[Key]) -> list[int]:
        """Those that only these lots hold something of, their log records among those heard."""
        return [
            number
            for number, request in self._requests.items()
            if request.lots.issubset(lots) and request.unheard.issubset(heard)
        ]

    def unread(self, before: str | None = None) -> list[int]:
        """Those that no lot holds anything of: their log records name spans that never came.

        Args:
            before: RFC 3339; only those received before then.
        """
        return [
            number
            for number, request in self._requests.items()
            if not request.lots and (before is None or request.received.received_at < before)
        ]

    def by_form(self, numbers: Iterable[int]) -> Iterator[tuple[str, list[bytes], set[str]]]:
        """Form, bodies in order of arrival, and sessions of these requests, one form after the other."""
        forms: dict[str, list[_Request]] = {}
        for number in sorted(numbers):
            request = self._requests[number]
            forms.setdefault(request.received.form, []).append(request)
        for form, requests in forms.items():
            sessions = {name for request in requests for name in request.sessions}
            yield form, [request.received.body for request in requests], sessions

    def forget(self, numbers: Iterable[int]) -> None:
        """They left the inbox."""
        for number in numbers:
            del self._requests[number]

    @property
    def oldest(self) -> str | None:
        """When the oldest request that is not in a session was received; None when all are."""
        waiting = (request.received.received_at for request in self._requests.values() if request.lots)
        return min(waiting, default=None)
