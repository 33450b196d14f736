"""What a machine can check about the house: who imports whom, how long functions are, what files give away."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "runbook_tui"
BELOW_UI = sorted(
    folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").is_file() and folder.name != "ui"
)
LONGEST_FUNCTION = 60


def test_imports_point_down() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_needs_one_that_needs_it() -> None:
    """Imports for types alone count too: two files that name each other are read as one."""
    graph = grimp.build_graph("runbook_tui", cache_dir=None)
    doors = {
        name for name in graph.modules if graph.find_children(name)
    }  # a package's door imports its rooms
    needs = {name: graph.find_modules_directly_imported_by(name) - doors for name in graph.modules - doors}
    TopologicalSorter(needs).prepare()  # raises CycleError, which names them


@pytest.mark.parametrize("package", BELOW_UI)
def test_nothing_below_the_screens_loads_textual(package: str) -> None:
    """The static graph cannot see an import that a library does later; a fresh interpreter can."""
    script = (
        "import importlib, pkgutil, sys\n"
        f"package = importlib.import_module('runbook_tui.{package}')\n"
        "for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "    importlib.import_module(module.name)\n"
        "sys.exit('textual' in sys.modules or 'runbook_tui.ui' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def _functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def test_no_function_is_long() -> None:
    long = [
        where for where, node in _functions() if (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_every_function_is_annotated() -> None:
    bare = []
    for where, node in _functions():
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        arguments += [found for found in (node.args.vararg, node.args.kwarg) if found is not None]
        unsaid = [one for one in arguments if one.annotation is None and one.arg not in ("self", "cls")]
        if unsaid or node.returns is None:
            bare.append(where)
    assert bare == []


def _tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_tracked_file_names_a_place_on_somebodys_machine() -> None:
    """Home folders and this checkout's own place; neither means anything to anybody else."""
    homes = r"(?<![\w.{}/:-])/(?:home|Users|root)/[A-Za-z0-9_.-]+/"
    here = [re.escape(str(ROOT)), re.escape(f"{Path.home()}/")]
    pattern = re.compile("|".join([homes, *(place for place in here if len(place) > 6)]).encode())
    found = [
        f"{path.relative_to(ROOT)}: {match[0].decode()}"
        for path in _tracked()
        if (match := pattern.search(path.read_bytes()))
    ]
    assert found == []
