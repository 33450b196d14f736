"""The sample sessions and their stories, as shipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from runbook_tui.trace import RunbookError

__all__ = ["Story", "load_story", "samples_dir", "story_names"]


class Story(BaseModel):
    """What happened in a sample session, and what to look for in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str
    agent: str
    session: str
    clean_session: str
    file: str
    clean_file: str
    detected_at: str
    how_detected: str
    story: Any
    look_for: tuple[str, ...]
    origin_step: int
    mode: str
    pattern: str | None = None
    first_bad_action_step: int | None = None
    actions_after_origin: int
    flags: tuple[str, ...]

    @property
    def path(self) -> Path:
        """The failed run."""
        return samples_dir() / self.file

    @property
    def clean_path(self) -> Path:
        """The clean run of the same agent."""
        return samples_dir() / self.clean_file


def samples_dir() -> Path:
    """Where the sample sessions are: in the installed package, else in the checkout."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "_shipped" / "sample_sessions"
    return shipped if shipped.is_dir() else package.parent / "sample_sessions"


def story_names() -> tuple[str, ...]:
    """The names of the sample sessions."""
    return tuple(sorted(path.stem for path in samples_dir().glob("*.yaml")))


def load_story(name: str) -> Story:
    """The story of a sample session.

    Raises:
        RunbookError: there is no such sample, or its file is damaged.
    """
    path = samples_dir() / f"{name}.yaml"
    if name not in story_names():
        raise RunbookError("no such sample", name, f"choose one of: {', '.join(story_names())}")
    try:
        return Story.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise RunbookError("cannot read the sample", str(path), str(error).splitlines()[0]) from error
