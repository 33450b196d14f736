"""A server can fail in many ways; each is one line that says what to do, and leaves nothing behind."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runbook_tui.evidence import Store
from runbook_tui.incident.fetching import ServerError, SessionLackingError, spool_folder
from runbook_tui.intake.servers import KINDS, Limits
from runbook_tui.trace import RunbookError
from tests.intake import samples
from tests.servers.conftest import QUICK, Fetch
from tests.servers.loopback import Loopback, Reply
from tests.servers.phoenix import PAGES, Phoenix
from tests.servers.real.servers import free_port
from tests.servers.same_run import assert_sample, stored

HTML = Reply(200, b"<!DOCTYPE html><title>Sign in</title>", {"Content-Type": "text/html"})
FAILURES = {
    "wants credentials": (Reply(401, b'{"detail":"Not authenticated"}'), "wants credentials (401)"),
    "forbids": (Reply(403, b"no"), "wants credentials (403)"),
    "a web page": (HTML, "a web page, not {kind}, answers"),
    "cut off": (Reply(200, b'{"data": [{"trace_id'), "answers with invalid JSON"),
    "slow": (Reply(200, b"{}", wait=5), "does not answer in time"),
    "refuses": (Reply(418, b'{"message":"a  teapot\\n"}'), "refuses the request (418)"),
    "fails": (Reply(500, b'{"error":{"message":"disk full"}}'), "failed (500)"),
    "unavailable": (Reply(503, b"", {"Retry-After": "0"}), "failed (503)"),
    "too many requests": (Reply(429, b"", {"Retry-After": "0"}), "too many requests"),
    "breaks off": (Reply(200, b'{"data": []}', drop=True), "broke the connection off"),
}


@pytest.fixture(autouse=True)
def _nothing_is_left(store: Store) -> Iterator[None]:
    yield
    assert not spool_folder(store.path).exists()


def _is_empty(store: Store) -> bool:
    tables = ("session", "span", "capture", "capture_chunk")
    return not any(store.connection.execute(f"select 1 from {table}").fetchone() for table in tables)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_has_its_line(store: Store, fetch_from: Fetch, kind: str, name: str) -> None:
    reply, said = FAILURES[name]
    with Loopback(lambda _: reply) as server, pytest.raises(ServerError) as failed:
        fetch_from(kind, server.url, samples.SESSION)
    what, where, advice = failed.value.what, failed.value.where, failed.value.advice
    assert said.format(kind=kind) in what
    assert where.startswith(server.url)
    assert advice
    assert "\n" not in str(failed.value)
    assert _is_empty(store)


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_is_down(store: Store, fetch_from: Fetch, kind: str) -> None:
    with pytest.raises(ServerError, match=f"cannot reach {kind}.*connection refused"):
        fetch_from(kind, f"http://127.0.0.1:{free_port()}", "x")
    assert _is_empty(store)


def test_no_such_host(fetch_from: Fetch) -> None:
    with pytest.raises(ServerError, match="cannot reach phoenix"):
        fetch_from("phoenix", "http://phoenix.invalid:6006", "x")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["data", "traces", "trace", "spans", "meta", "result", "services", "observations", "traceID"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("kind", KINDS)
def test_json_of_any_other_shape(store: Store, fetch_from: Fetch, kind: str) -> None:
    """Whatever a server says, it is an error of the one kind that is shown as a line."""
    answers: list[Any] = [None]

    @settings(max_examples=12, suppress_health_check=list(HealthCheck))
    @given(_JSON)
    def check(value: Any) -> None:
        answers[0] = value
        for wanted in ({"session": "a" * 32}, {"session": "s"}, {"latest": 2, "agent": "desk"}):
            with pytest.raises(RunbookError):
                fetch_from(kind, server.url, **wanted)
        assert _is_empty(store)

    with Loopback(lambda _: answers[0]) as server:
        check()


def test_what_a_server_says_is_safe_to_show(fetch_from: Fetch) -> None:
    evil = Reply(400, b'{"message":"\\u001b]52;c;ZXZpbA==\\u0007 \\u202e gone\\n[red]"}')
    with Loopback(lambda _: evil) as server, pytest.raises(ServerError) as failed:
        fetch_from("phoenix", server.url, "x")
    assert not any(ord(sign) < 0x20 or sign == "\u202e" for sign in str(failed.value))


def test_busy_for_a_moment(store: Store, fetch_from: Fetch) -> None:
    phoenix = Phoenix()
    refused = [Reply(429, b"", {"Retry-After": "0.1"}), Reply(503), Reply(200, b"{", drop=True)]
    phoenix.before = lambda *_: refused.pop() if refused and phoenix.pages == 1 else None
    with Loopback(phoenix) as server:
        fetch_from("phoenix", server.url, samples.SESSION, limits=Limits(tries=4, first_wait=0.01))
    assert not refused
    assert_sample(stored(store, samples.SESSION), runs=2)


def test_a_wait_too_long_to_sit_through(fetch_from: Fetch) -> None:
    much = Reply(429, b"", {"Retry-After": "3600"})
    with Loopback(lambda _: much) as server:
        with pytest.raises(ServerError, match="wait 3600 seconds; it goes on where it stopped"):
            fetch_from("langfuse", server.url, "x")
        assert len(server.requests) == 1


def test_an_answer_without_end(fetch_from: Fetch) -> None:
    small = Limits(answer=1 << 20)
    huge = Reply(200, b'{"data": "' + b"x" * (2 << 20) + b'"}')
    with Loopback(lambda _: huge) as server, pytest.raises(ServerError, match="more than 1 MB at once"):
        fetch_from("phoenix", server.url, "x", limits=small)


def test_a_cursor_that_goes_in_a_circle(fetch_from: Fetch) -> None:
    def circle(_: Phoenix, request: Any) -> Any:
        return {"data": [], "next_cursor": "1"} if request.query.get("limit") == "200" else None

    phoenix = Phoenix()
    phoenix.before = circle
    with Loopback(phoenix) as server, pytest.raises(ServerError, match="the same page again"):
        fetch_from("phoenix", server.url, samples.SESSION)
    phoenix.before = None
    with Loopback(phoenix, port=server.port) as mended:
        assert fetch_from("phoenix", mended.url, samples.SESSION, fresh=True).pages == PAGES


def test_a_session_without_spans(store: Store, fetch_from: Fetch) -> None:
    phoenix = Phoenix()
    phoenix.spans = {trace: [] for trace in phoenix.spans}
    with Loopback(phoenix) as server, pytest.raises(ServerError, match="gave nothing to store"):
        fetch_from("phoenix", server.url, samples.SESSION)
    assert _is_empty(store)


def test_what_is_not_there(store: Store, fetch_from: Fetch) -> None:
    with Loopback(Phoenix()) as server:
        for wanted in ("nothing", "0" * 32, "../../etc", "a b?c#d"):
            with pytest.raises(SessionLackingError, match="no such session or trace"):
                fetch_from("phoenix", server.url, wanted)
        with pytest.raises(SessionLackingError, match="no trace of nobody"):
            fetch_from("phoenix", server.url, latest=1, agent="nobody")
    assert _is_empty(store)


def test_a_certificate_nobody_signed(fetch_from: Fetch, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
    ]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("openssl is needed to make a certificate")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Loopback(Phoenix(), tls=context) as server:
        with pytest.raises(ServerError, match="certificate that is not trusted"):
            fetch_from("phoenix", server.url, samples.SESSION)
        (tmp_path / "sources.yaml").write_text(
            f"sources:\n  own:\n    kind: phoenix\n    url: {server.url}\n    ca_file: {certificate}\n"
        )
        assert fetch_from("own", None, samples.SESSION).pages == PAGES
    with Loopback(Phoenix()) as plain, pytest.raises(ServerError, match="does not speak TLS"):
        fetch_from("phoenix", plain.url.replace("http:", "https:"), samples.SESSION, limits=QUICK)
