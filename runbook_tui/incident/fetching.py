"""Fetch a session from a trace server into the store: whole or not at all, and going on after an interruption."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec

from runbook_tui.evidence import IncidentTable, Store
from runbook_tui.incident.importing import Added, add_capture
from runbook_tui.incident.preparing import Prepared, prepare
from runbook_tui.incident.spool import Spool
from runbook_tui.intake import CaptureError
from runbook_tui.intake.servers import (
    Limits,
    ServerError,
    SessionLackingError,
    Source,
    Wanted,
    known_sources,
    opened,
    resolve,
    walk,
)
from runbook_tui.playbook import Playbook, Playbooks
from runbook_tui.trace import RunbookError
from runbook_tui.trace.clock import Clock, now_utc

__all__ = [
    "Brought",
    "FetchCancelledError",
    "FetchProgress",
    "Fetched",
    "ServerError",
    "SessionLackingError",
    "Source",
    "Wanted",
    "fetch",
    "fetch_for_incident",
    "known_sources",
    "resolve",
    "spool_folder",
]

_POLL: Final = 0.1
"""Seconds between two looks at whether fetching is still wanted."""


class FetchCancelledError(RunbookError):
    """Nobody wants it any more. What was fetched is kept aside; the store is as it was."""


class FetchProgress(msgspec.Struct, frozen=True):
    """How far it has got."""

    stage: str
    """`asking`, `fetching` or `storing`."""
    done: int = 0
    total: int | None = None
    """Traces while fetching, bytes while storing."""
    size: int = 0
    """Bytes fetched so far."""


class Fetched(msgspec.Struct, frozen=True):
    """What came of it."""

    source: str
    url: str
    wanted: str
    traces: int
    pages: int
    size: int
    """Bytes of the capture as kept."""
    resumed: bool
    """Whether an earlier run had begun it."""
    added: Added


class Brought(msgspec.Struct, frozen=True):
    """What a fetch brought to an open incident."""

    fetched: Fetched
    prepared: Prepared | None
    """The incident's session as it is now; None where nothing was added to it."""


def fetch(
    store: Store,
    source: Source,
    wanted: Wanted,
    playbook: Playbook,
    *,
    fresh: bool = False,
    progress: Callable[[FetchProgress], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    limits: Limits | None = None,
    clock: Clock = now_utc,
) -> Fetched:
    """Fetch what is wanted and bring it into the store.

    Args:
        store: the store; pages wait in a folder beside its file until they are complete.
        source: the server.
        wanted: a session or trace, or the latest ones of an agent.
        playbook: what to diagnose with.
        fresh: begin anew, whatever an earlier run had fetched.
        progress: told after each page and while storing.
        cancelled: asked ten times a second.
        limits: how patient to be with the server.
        clock: the present.

    Raises:
        SessionLackingError: the server has none of it.
        ServerError: the server or the connection failed; what came is kept for the next run.
        FetchCancelledError: it was cancelled.
        StoreError: the database cannot be written.
    """
    tell = progress or (lambda _: None)
    with Spool(spool_folder(store.path), source, wanted, clock, fresh=fresh) as spool:
        resumed = spool.marker is not None
        tell(FetchProgress("asking"))
        try:
            asyncio.run(_unless(cancelled, _pages(spool, source, wanted, limits, tell)))
        except SessionLackingError:
            spool.remove()
            raise
        except ServerError:
            if spool.marker is None:
                spool.remove()
            raise
        except (FetchCancelledError, KeyboardInterrupt):
            if spool.marker is None:
                spool.remove()
            raise
        marker = spool.marker
        assert marker is not None
        tell(FetchProgress("storing", 0, spool.size, spool.size))
        added = _stored(store, spool, source, playbook, tell, clock)
        spool.remove()
    return Fetched(
        source.name, source.url, str(wanted), len(marker.traces), marker.pages, spool.size, resumed, added
    )


def fetch_for_incident(
    db: Path,
    playbooks: Playbooks,
    incident_id: str,
    source: Source,
    wanted: Wanted,
    *,
    progress: Callable[[FetchProgress], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    limits: Limits | None = None,
    clock: Clock = now_utc,
) -> Brought:
    """Fetch beside an open incident, on a thread and with a store of its own; see `fetch`.

    Late spans of the incident's session make it a longer one: it is diagnosed again, for the response to take in.
    """
    with Store(db) as store:
        found = fetch(
            store,
            source,
            wanted,
            playbooks.default,
            progress=progress,
            cancelled=cancelled,
            limits=limits,
            clock=clock,
        )
        row = IncidentTable(store).get(incident_id)
        grown = row is not None and row.session_id in found.added.sessions and found.added.new_spans > 0
        return Brought(found, prepare(store, playbooks, incident_id) if grown else None)


def spool_folder(db: Path) -> Path:
    """Where the pages of a database's fetches wait."""
    return db.with_name(f"{db.name}.fetching")


async def _pages(
    spool: Spool,
    source: Source,
    wanted: Wanted,
    limits: Limits | None,
    tell: Callable[[FetchProgress], None],
) -> None:
    async with opened(source, limits) as server:
        async for page, marker in walk(server, wanted, spool.marker):
            spool.append(page.data, marker)
            tell(FetchProgress("fetching", page.done, page.total, spool.size))


async def _unless(cancelled: Callable[[], bool], work: Awaitable[None]) -> None:
    """Do the work while it is wanted; it ends at once when it no longer is, even amid a silent connection."""
    task = asyncio.ensure_future(work)
    while not task.done():
        await asyncio.wait({task}, timeout=_POLL)
        if cancelled() and not task.done():
            task.cancel()
            await asyncio.wait({task})
    if task.cancelled():
        raise FetchCancelledError("cancelled", "fetching", "the store is as it was; the same again goes on")
    task.result()


def _stored(
    store: Store,
    spool: Spool,
    source: Source,
    playbook: Playbook,
    tell: Callable[[FetchProgress], None],
    clock: Clock,
) -> Added:
    def reading(done: int, total: int) -> None:
        tell(FetchProgress("storing", done, total, spool.size))

    try:
        return add_capture(store, spool.path, playbook, reading, clock)
    except CaptureError as error:
        # What the server gave cannot be read, today or tomorrow; its place on disk says nothing to anybody.
        spool.remove()
        raise ServerError(f"{source.kind} gave nothing to store", source.url, error.what) from error
