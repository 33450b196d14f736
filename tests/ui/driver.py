"""Drives the app as a person does: keys in, screen text out."""

from __future__ import annotations

from textual.app import App
from textual.pilot import Pilot

from runbook_tui.incident import Response
from runbook_tui.ui.incident_screen import IncidentScreen

__all__ = ["press", "response_of", "screen_text", "settle", "type_text"]


async def settle(pilot: Pilot[None]) -> None:
    """Wait until nothing is under way."""
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    await pilot.pause(0.05)


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause()


async def type_text(pilot: Pilot[None], text: str) -> None:
    names = {" ": "space", "-": "minus", ".": "full_stop", ",": "comma", ":": "colon", "/": "slash"}
    await pilot.press(*(names.get(char, char) for char in text))


def screen_text(app: App[None]) -> str:
    """What is on screen, line by line."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in lines[:height])[
        : width * height * 4
    ]


def response_of(app: App[None]) -> Response:
    screen = next(screen for screen in app.screen_stack if isinstance(screen, IncidentScreen))
    return screen.response
