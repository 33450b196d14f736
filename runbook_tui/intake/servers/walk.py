"""Fetching, the same for every server: find the traces that are wanted, then each one page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, Protocol

from runbook_tui.intake.servers.source import ServerError, SessionLackingError, Source
from runbook_tui.intake.servers.wanted import Marker, Page, Wanted

__all__ = ["Server", "lacking", "walk"]

_ODD: Final = (KeyError, TypeError, AttributeError, ValueError, IndexError, RecursionError)
"""What JSON of another shape than the server's API has may raise in its module."""
_MOST_PAGES: Final = 100_000
"""A server that always names another page has lost its way."""


class Server(Protocol):
    """What a server's module can do. Keys of traces are its own; they must outlive the process."""

    source: Source

    async def find(self, wanted: Wanted) -> list[str]:
        """The keys of the traces that are wanted, none twice; [] where there are none.

        Raises:
            ServerError: the server cannot be asked.
        """

    async def page(self, trace: str, cursor: str | None) -> tuple[bytes, str | None]:
        """The spans of a trace from a cursor on, as lines of JSON, and the cursor of the next page, None on the last.

        Raises:
            ServerError: the server cannot be asked, or has lost the trace.
        """


async def walk(server: Server, wanted: Wanted, marker: Marker | None) -> AsyncIterator[tuple[Page, Marker]]:
    """The pages of everything that is wanted, each with the marker to go on from when it is safe.

    Args:
        server: the server.
        wanted: what to fetch.
        marker: where an earlier run got to; None begins at the beginning.

    Raises:
        SessionLackingError: the server has nothing of the kind.
        ServerError: the server cannot be asked.
    """
    if marker is None:
        try:
            traces = await server.find(wanted)
        except _ODD as error:
            raise _unknown_form(server.source) from error
        if not traces:
            raise lacking(server.source, wanted)
        marker = Marker(list(dict.fromkeys(traces)))
    total = len(marker.traces)
    done, cursor, pages = marker.done, marker.cursor, marker.pages
    while done < total:
        try:
            data, following = await server.page(marker.traces[done], cursor)
        except _ODD as error:
            raise _unknown_form(server.source) from error
        if following is not None and (following == cursor or pages > _MOST_PAGES):
            raise ServerError(
                f"{server.source.kind} names the same page again", server.source.url, "report it to its maker"
            )
        cursor = following
        done += following is None
        pages += 1
        yield Page(data, done, total), Marker(marker.traces, done, cursor, pages)


def _unknown_form(source: Source) -> ServerError:
    what = f"{source.kind} answers in a form that is not its API's"
    return ServerError(what, source.url, "is that its address, and is it a version that is read?")


def lacking(source: Source, wanted: Wanted) -> SessionLackingError:
    """The error of a server that has nothing of what is wanted."""
    if wanted.session is not None:
        where = f"{source.url}: {wanted.session}"
        advice = "check the id and the project; it may not have arrived yet, or have rotated out"
        return SessionLackingError(f"{source.kind} has no such session or trace", where, advice)
    of = f" of {wanted.agent}" if wanted.agent else ""
    return SessionLackingError(
        f"{source.kind} has no trace{of}", source.url, "check the agent's name, the project and --since"
    )
