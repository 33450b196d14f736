"""A value never becomes part of a shell's script."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_tui.playbook import check_playbooks, new_playbook

WRITTEN = 'argv: [kubectl, -n, "{{namespace}}", scale, "deployment/{{agent}}", --replicas=0]'


@pytest.mark.parametrize(
    ("argv", "place"),
    [
        ('[sh, -c, "rm -rf {{namespace}}"]', 2),
        ('[/bin/bash, -euxc, "rm -rf {{namespace}}"]', 2),
        ('[bash, -c, -e, "rm -rf {{namespace}}"]', 3),
        ('[bash, -o, pipefail, -c, "rm -rf {{namespace}}"]', 4),
        ('[kubectl, exec, pod, --, sh, -c, "rm -rf {{ namespace }}"]', 6),
        ('[busybox, sh, -c, "rm -rf {{agent}}"]', 3),
        ('[sh, -c, \'rm -rf "$1"\', sh, "{{namespace}}"]', None),
        ('[sh, -c, "systemctl stop agent"]', None),
        ('[sh, stop.sh, "{{namespace}}"]', None),
        ('[kubectl, -c, "{{namespace}}", get, pods]', None),
    ],
)
def test_a_variable_in_a_script_is_refused(argv: str, place: int | None, tmp_path: Path) -> None:
    text = new_playbook("my-pb")
    assert text.count(WRITTEN) == 1
    file = tmp_path / "my-pb.yaml"
    file.write_text(text.replace(WRITTEN, f"argv: {argv}"), encoding="utf-8")
    found = [problem for problem in check_playbooks([file]) if "shell script" in str(problem)]
    assert [problem.where.rpartition(".")[2] for problem in found] == ([] if place is None else [str(place)])
    assert len(check_playbooks([file])) == len(found), "and nothing else is wrong"
