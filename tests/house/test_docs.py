"""What the docs say is what the code does."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from runbook_tui.incident.samples import story_names
from runbook_tui.ui.keys import KEYS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_keys_in_the_readme_are_those_of_the_code() -> None:
    spec = importlib.util.spec_from_file_location("keys_doc", ROOT / "docs" / "keys.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.with_table(README) == README, "run: python docs/keys.py"


def test_every_key_is_described_and_means_one_thing_in_a_pane() -> None:
    seen: set[tuple[str, str]] = set()
    for key in KEYS:
        assert key.label
        for name in key.keys.split(","):
            assert (key.pane, name) not in seen, key
            seen.add((key.pane, name))


def test_files_and_samples_named_in_the_readme_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
    for name in story_names():
        assert name in README


def test_the_project_has_what_people_expect() -> None:
    for name in ("LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "constraints.txt", ".ci/run"):
        assert (ROOT / name).exists(), name
