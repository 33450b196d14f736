"""Trace servers: one small module a server that finds traces and pages through them, as received."""

from runbook_tui.intake.servers.client import Limits
from runbook_tui.intake.servers.config import known_sources, resolve, sources_path
from runbook_tui.intake.servers.opening import opened
from runbook_tui.intake.servers.source import (
    KINDS,
    Credentials,
    ServerError,
    SessionLackingError,
    Source,
)
from runbook_tui.intake.servers.walk import Server, walk
from runbook_tui.intake.servers.wanted import Marker, Page, Wanted

__all__ = [
    "KINDS",
    "Credentials",
    "Limits",
    "Marker",
    "Page",
    "Server",
    "ServerError",
    "SessionLackingError",
    "Source",
    "Wanted",
    "known_sources",
    "opened",
    "resolve",
    "sources_path",
    "walk",
]
