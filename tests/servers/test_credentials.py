"""Credentials come from the environment or a private file, go to one host, and are shown nowhere."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runbook_tui.evidence import Store
from runbook_tui.incident.fetching import ServerError, resolve, spool_folder
from runbook_tui.intake.servers import KINDS
from tests.intake import samples
from tests.servers.conftest import Fetch
from tests.servers.loopback import Loopback, Reply, Request
from tests.servers.phoenix import Phoenix
from tests.servers.same_run import assert_sample, stored

SECRET = "s3cret-Token+of/the=night"
BASIC = base64.b64encode(f"user:{SECRET}".encode()).decode()
SENT = {
    "phoenix": ({"PHOENIX_API_KEY": SECRET}, f"Bearer {SECRET}"),
    "mlflow": ({"MLFLOW_TRACKING_TOKEN": SECRET}, f"Bearer {SECRET}"),
    "langfuse": ({"LANGFUSE_PUBLIC_KEY": "user", "LANGFUSE_SECRET_KEY": SECRET}, f"Basic {BASIC}"),
    "jaeger": ({"JAEGER_TOKEN": SECRET}, f"Bearer {SECRET}"),
    "tempo": ({"TEMPO_USERNAME": "user", "TEMPO_PASSWORD": SECRET}, f"Basic {BASIC}"),
    "clickhouse": ({"CLICKHOUSE_USER": "user", "CLICKHOUSE_PASSWORD": SECRET}, f"Basic {BASIC}"),
}


def echo(status: int) -> Any:
    """A server that says everything it was told."""

    def answer(request: Request) -> Reply:
        said = json.dumps({"message": f"you sent {request.headers.get('authorization')}"})
        return Reply(status, said.encode(), {"Retry-After": "0"})

    return answer


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
def test_they_are_sent_and_never_shown(
    fetch_from: Fetch, monkeypatch: pytest.MonkeyPatch, kind: str, status: int
) -> None:
    variables, header = SENT[kind]
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with Loopback(echo(status)) as server, pytest.raises(ServerError) as failed:
        fetch_from(kind, server.url, "x")
    assert {request.headers["authorization"] for request in server.requests} == {header}
    assert not any(SECRET in request.path + str(request.query) for request in server.requests)
    shown = f"{failed.value!s} {failed.value!r} {resolve(kind, url=server.url)!r}"
    assert SECRET not in shown
    assert BASIC not in shown


def test_they_are_in_no_file_and_no_output(tmp_path: Path) -> None:
    db, phoenix = tmp_path / "rb.db", Phoenix()
    environment = {**os.environ, "PHOENIX_API_KEY": SECRET, "PHOENIX_CLIENT_HEADERS": f"x-gate={SECRET}-2"}
    said = ""
    with Loopback(phoenix) as server:
        for wanted in (samples.SESSION, "nothing"):
            done = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "runbook_tui",
                    "--db",
                    str(db),
                    "capture",
                    "phoenix",
                    wanted,
                    "--url",
                    server.url,
                ],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            said += done.stdout + done.stderr
        assert {request.headers["x-gate"] for request in server.requests} == {f"{SECRET}-2"}
    with Store(db) as store:
        assert_sample(stored(store, samples.SESSION), runs=2)
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert SECRET.encode() not in written
    assert SECRET not in said


def test_a_redirect_takes_them_to_no_other_host(
    store: Store, fetch_from: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback(Phoenix()) as other:

        def away(request: Request) -> Reply:
            return Reply(307, b"", {"Location": f"{other.url}{request.path}"})

        with Loopback(away) as server:
            monkeypatch.setenv("PHOENIX_API_KEY", SECRET)
            with pytest.raises(ServerError, match="redirects to another host, not followed"):
                fetch_from("phoenix", server.url, samples.SESSION)
            assert other.requests == []
    assert not spool_folder(store.path).exists()


def test_a_redirect_on_the_same_host_is_followed(store: Store, fetch_from: Fetch) -> None:
    phoenix = Phoenix()

    def moved(request: Request) -> Any:
        if request.path.startswith("/old"):
            target = request.path.removeprefix("/old")
            query = "&".join(f"{name}={value}" for name, value in request.query.items())
            return Reply(308, b"", {"Location": f"{target}?{query}"})
        return phoenix(request)

    with Loopback(moved) as server:
        fetch_from("phoenix", f"{server.url}/old", samples.SESSION)
    assert_sample(stored(store, samples.SESSION), runs=2)


def test_a_redirect_in_a_circle_ends(fetch_from: Fetch) -> None:
    circle = Reply(302, b"", {"Location": "/round"})
    with Loopback(lambda _: circle) as server, pytest.raises(ServerError, match="redirects in a circle"):
        fetch_from("phoenix", server.url, "x")


def test_a_password_on_the_command_line_is_refused() -> None:
    with pytest.raises(ServerError, match="credentials in --url") as refused:
        resolve("phoenix", url=f"https://me:{'pw' * 4}@phoenix.example.com/x")
    assert "pwpw" not in str(refused.value)
    assert refused.value.where == "https://phoenix.example.com/x"


def test_a_netrc_file_is_not_asked(
    fetch_from: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login me password {SECRET}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Loopback(Phoenix()) as server:
        fetch_from("phoenix", server.url, samples.SESSION)
    assert not any("authorization" in request.headers for request in server.requests)
