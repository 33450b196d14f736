"""Where a server is and who one is: the product's variables, or a file of one's own names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from runbook_tui.incident.fetching import ServerError, known_sources, resolve
from runbook_tui.intake.servers import KINDS, sources_path

FILE = """\
sources:
  prod:
    kind: phoenix
    url: https://phoenix.example.com/
    project: support
    token: a-long-secret
  lake:
    kind: clickhouse
    url: https://reader:hush-hush@ch.example.com:8443
    project: otel
    table: spans
"""
PLAIN = """\
sources:
  prod:
    kind: tempo
    url: tempo.example.com
    token_env: NIGHT_TOKEN
"""


def _written(text: str, mode: int = 0o600) -> Path:
    path = sources_path()
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_named_sources() -> None:
    _written(FILE)
    prod, lake = resolve("prod"), resolve("lake", project="other")
    assert (prod.kind, prod.url, prod.project) == ("phoenix", "https://phoenix.example.com", "support")
    assert prod.authorization() == {"Authorization": "Bearer a-long-secret"}
    assert lake.url == "https://ch.example.com:8443"
    assert (lake.project, lake.table) == ("other", "spans")
    assert lake.authorization()["Authorization"].startswith("Basic ")
    assert "hush" not in repr(lake)
    assert known_sources() == ("prod", "lake", *KINDS)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_with_credentials_that_others_can_read_is_refused(mode: int) -> None:
    path = _written(FILE, mode)
    with pytest.raises(
        ServerError, match=f"others can read the credentials .{mode:04o}.*chmod 600"
    ) as refused:
        resolve("phoenix")
    assert str(path) in refused.value.where


def test_a_file_that_only_names_variables_may_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    _written(PLAIN, 0o644)
    with pytest.raises(ServerError, match=r"not set.*NIGHT_TOKEN"):
        resolve("prod")
    monkeypatch.setenv("NIGHT_TOKEN", "from-the-environment")
    source = resolve("prod")
    assert source.url == "https://tempo.example.com"
    assert source.credentials.token == "from-the-environment"


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("sources:\n  a:\n    kind: zipkin\n    url: x\n", ":3:", "kind"),
        ("sources:\n  a:\n    kind: tempo\n", ":2:", "url"),
        ("sources:\n  a:\n    kind: tempo\n    url: x\n    tokn: a-secret-here\n", ":5:", "tokn"),
        ("sources:\n  a:\n    kind: tempo\n    url: x\n    token: 123456789\n", ":5:", "token"),
        ("sources:\n  a: [a-secret-here\n", ":", "YAML"),
        ("sources:\n  a:\n    kind: tempo\n    kind: jaeger\n    url: x\n", ":4:", "YAML"),
        ("", ":1:1", "YAML"),
    ],
)
def test_what_is_wrong_in_it_has_a_place_and_no_value(text: str, where: str, said: str) -> None:
    path = _written(text)
    with pytest.raises(ServerError, match=r"sources\.yaml is not usable") as refused:
        resolve("a")
    assert f"{path}{where}" in refused.value.where
    assert said in refused.value.advice
    assert "secret" not in str(refused.value)
    assert "123456789" not in str(refused.value)


def test_the_variables_of_each_product(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PHOENIX_COLLECTOR_ENDPOINT": "http://phoenix.test:6006/v1/traces",
        "LANGFUSE_HOST": "https://us.langfuse.test/",
        "MLFLOW_TRACKING_URI": "https://ml.test/base",
        "CLICKHOUSE_HOST": "ch.test",
        "CLICKHOUSE_SECURE": "1",
        "TEMPO_URL": "http://tempo.test:3200/tempo",
    }.items():
        monkeypatch.setenv(name, value)
    found = {kind: resolve(kind).url for kind in KINDS}
    assert found == {
        "phoenix": "http://phoenix.test:6006",
        "mlflow": "https://ml.test/base",
        "langfuse": "https://us.langfuse.test",
        "jaeger": "http://localhost:16686",
        "tempo": "http://tempo.test:3200/tempo",
        "clickhouse": "https://ch.test:8443",
    }
    assert resolve("mlflow", url="127.0.0.1:5000").url == "http://127.0.0.1:5000"


@pytest.mark.parametrize("url", ["", "ftp://x", "http://", "http://x:99999", "databricks", "file:///etc"])
def test_an_address_that_is_none(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
    if url in ("", "databricks"):
        assert resolve("mlflow").url in ("http://localhost:5000", "https://databricks")
        return
    with pytest.raises(ServerError, match="not the address of a server"):
        resolve("mlflow")


def test_an_unknown_source_names_the_known_ones() -> None:
    _written(FILE)
    with pytest.raises(ServerError, match=r"no such source: zipkin: give one of phoenix, .*, lake"):
        resolve("zipkin")


def test_credentials_of_the_file_go_to_its_own_address_only() -> None:
    _written(FILE)
    with pytest.raises(ServerError, match="has an address already"):
        resolve("prod", url="https://elsewhere.example.com")


def test_doctor_says_what_is_wrong_with_the_file() -> None:
    def doctor() -> str:
        done = subprocess.run(
            [sys.executable, "-m", "runbook_tui", "doctor"], capture_output=True, text=True, check=False
        )
        return next(line for line in done.stdout.splitlines() if " sources " in line)

    assert doctor().startswith("ok  sources     none named in")
    _written(FILE)
    assert doctor().endswith(", 2 servers")
    _written(FILE, 0o644)
    assert doctor().startswith("no  sources     others can read the credentials (0644)")
