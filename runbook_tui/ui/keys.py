"""One table of keys. Bindings, footer and help are made from it; a key is declared nowhere else."""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from textual.binding import Binding, BindingType

from runbook_tui.trace.words import ROOMS

__all__ = ["KEYS", "Key", "Pane", "bindings", "keys_of"]

Pane = Literal[
    "everywhere",
    "incident",
    "list",
    "trace",
    "detail",
    "postmortem",
    "blast",
    "steps",
    "home",
    "beside",
    "agents",
    "over",
]


class Key(msgspec.Struct, frozen=True):
    """One key and what it does where."""

    pane: Pane
    keys: str
    """Textual key names, comma-separated."""
    shown: str
    """As written on screen."""
    action: str
    label: str
    footer: bool = False


KEYS: Final[tuple[Key, ...]] = (
    Key("everywhere", "question_mark", "?", "app.keys", "keys", footer=True),
    Key("everywhere", "ctrl+q", "ctrl+q", "app.quit", "quit"),
    Key("everywhere", "q", "q", "app.leave", "back"),
    *(
        Key("incident", str(number), str(number), f"screen.room('{room}')", room.replace("_", " "))
        for number, room in enumerate(ROOMS, 1)
    ),
    Key("incident", "right_square_bracket", "]", "screen.next_room(1)", "next room", footer=True),
    Key("incident", "left_square_bracket", "[", "screen.next_room(-1)", "previous room"),
    Key("incident", "u", "u", "screen.undo", "undo the last act"),
    Key("incident", "equals_sign", "=", "screen.freeze", "freeze live data, or let it go on"),
    Key("incident", "T", "T", "screen.set_detected", "set when it was detected"),
    Key("list", "enter", "enter", "choose", "choose", footer=True),
    Key("list", "j,down", "j", "move(1)", "down"),
    Key("list", "k,up", "k", "move(-1)", "up"),
    Key("list", "pagedown,ctrl+d", "pgdn", "page(1)", "page down"),
    Key("list", "pageup,ctrl+u", "pgup", "page(-1)", "page up"),
    Key("list", "g,home", "g", "edge(-1)", "first"),
    Key("list", "G,end", "G", "edge(1)", "last"),
    Key("steps", "x", "x", "skip", "skip this step, with a reason"),
    Key("trace", "e", "e", "flag(1)", "next flag", footer=True),
    Key("trace", "E", "E", "flag(-1)", "previous flag"),
    Key("trace", "s", "s", "suspect", "next suspect", footer=True),
    Key("trace", "b", "b", "cause", "to the cause", footer=True),
    Key("trace", "B", "B", "use", "forward to what uses it"),
    Key("trace", "less_than_sign,ctrl+o,alt+left", "<", "history(-1)", "back to before the jump"),
    Key("trace", "greater_than_sign,alt+right", ">", "history(1)", "forth again"),
    Key("trace", "o", "o", "origin", "mark origin", footer=True),
    Key("trace", "c", "c", "cascade", "add to the cascade, or take out; on the origin take it as proposed"),
    Key("trace", "m", "m", "mark", "mark"),
    Key("trace", "a", "a", "note", "note"),
    Key("trace", "d", "d", "beside", "beside a good run", footer=True),
    Key("trace", "D", "D", "other_good", "beside another good run"),
    Key("trace", "A", "A", "agents", "agents, and who set whom to work"),
    Key("trace", "t", "t", "timeline", "timeline, or the tree again"),
    Key("trace", "l,right", "l", "unfold", "unfold"),
    Key("trace", "h,left", "h", "fold", "fold, or to the parent"),
    Key("trace", "right_curly_bracket", "}", "sibling(1)", "next beside it"),
    Key("trace", "left_curly_bracket", "{", "sibling(-1)", "previous beside it"),
    Key("trace", "H", "H", "fold_level", "fold or unfold all of this depth"),
    Key("trace", "Z", "Z", "fold_all", "fold all, or unfold all"),
    Key("trace", "z", "z", "fold_repeats", "fold or unfold repeats and wrappers"),
    Key("trace", "v", "v", "payload", "whole payload"),
    Key("trace", "f", "f", "filter", "filter", footer=True),
    Key("trace", "F", "F", "show_all", "show all again"),
    Key("trace", "y", "y", "copy('markdown')", "copy the span, or the value under the cursor"),
    Key("trace", "Y", "Y", "copy('json')", "copy the span as JSON"),
    Key("trace", "colon", ":", "goto", "go to step"),
    Key("trace", "slash", "/", "search", "search", footer=True),
    Key("trace", "n", "n", "hit(1)", "next hit"),
    Key("trace", "N", "N", "hit(-1)", "previous hit"),
    Key("trace", "escape", "esc", "end_search", "end the search"),
    Key("trace", "tab", "tab", "tab(1)", "next tab of the detail", footer=True),
    Key("trace", "shift+tab", "shift+tab", "tab(-1)", "previous tab"),
    Key("trace", "enter", "enter", "detail", "into the detail"),
    Key("detail", "escape,tab", "esc", "leave", "back to the tree", footer=True),
    Key("detail", "l,right", "l", "value(1)", "next value", footer=True),
    Key("detail", "h,left", "h", "value(-1)", "previous value"),
    Key("detail", "j,down", "j", "line(1)", "down"),
    Key("detail", "k,up", "k", "line(-1)", "up"),
    Key("detail", "z", "z", "fold", "fold or unfold JSON"),
    Key("detail", "pagedown,space", "pgdn", "turn(1)", "page down"),
    Key("detail", "pageup", "pgup", "turn(-1)", "page up"),
    Key("beside", "right_square_bracket,n", "]", "divergence(1)", "next divergence", footer=True),
    Key("beside", "left_square_bracket,N", "[", "divergence(-1)", "previous divergence", footer=True),
    Key("beside", "escape,q,d", "esc", "back", "back to the tree", footer=True),
    Key("agents", "escape,q,A", "esc", "back", "back to the tree", footer=True),
    *(
        Key("over", str(number), str(number), f"to_room('{room}')", room.replace("_", " "))
        for number, room in enumerate(ROOMS, 1)
    ),
    Key("blast", "x", "x", "expand", "one row an action", footer=True),
    Key("postmortem", "p", "p", "preview", "preview", footer=True),
    Key("postmortem", "w", "w", "write", "write files", footer=True),
    Key("postmortem", "c", "c", "close", "close the incident", footer=True),
    Key("postmortem", "d", "d", "defer", "put a line off"),
    Key("postmortem", "x,delete", "x", "remove", "take an entry out"),
    Key("home", "f,slash", "f", "screen.filter", "filter the sessions", footer=True),
    Key("home", "F", "F", "screen.show_all", "show all again"),
    Key("home", "S", "S", "screen.sort", "sort by something else", footer=True),
    Key("home", "L", "L", "screen.like", "sessions that failed like this one", footer=True),
    Key("home", "equals_sign", "=", "screen.freeze", "freeze live data, or let it go on"),
)


def keys_of(*panes: Pane) -> tuple[Key, ...]:
    """The keys of these panes, in table order."""
    return tuple(key for key in KEYS if key.pane in panes)


def bindings(*panes: Pane) -> list[BindingType]:
    """Textual bindings for these panes."""
    return [
        Binding(key.keys, key.action, key.label, key_display=key.shown, show=key.footer, tooltip=key.label)
        for key in keys_of(*panes)
    ]
