"""ClickHouse's HTTP interface around its real engine; run by an interpreter that has it, not imported.

Arguments: a port, a file of rows as JSON lines, and `maps` or `json` for the kind of table. The engine parses
queries and binds parameters; this only carries them, as the server's own HTTP handler does.
"""

# mypy: ignore-errors

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

from chdb.session import Session

USER, PASSWORD = "reader", "clickhouse-test-password"
COMMON = """
    Timestamp DateTime64(9), TraceId String, SpanId String, ParentSpanId String, TraceState String,
    SpanName LowCardinality(String), SpanKind LowCardinality(String), ServiceName LowCardinality(String),
    ResourceAttributes {kind}, ScopeName String, ScopeVersion String, SpanAttributes {kind}, Duration UInt64,
    StatusCode LowCardinality(String), StatusMessage String,
    Events Nested (Timestamp DateTime64(9), Name LowCardinality(String), Attributes {kind}),
    Links Nested (TraceId String, SpanId String, TraceState String, Attributes {kind})
"""
KINDS = {"maps": "Map(LowCardinality(String), String)", "json": "JSON"}


def prepared(rows: str, kind: str) -> Session:
    session = Session()
    session.query("CREATE DATABASE otel")
    columns = COMMON.format(kind=KINDS[kind])
    session.query(
        f"CREATE TABLE otel.otel_traces ({columns}) ENGINE = MergeTree ORDER BY (ServiceName, Timestamp)"
    )
    session.query(f"INSERT INTO otel.otel_traces SELECT * FROM file('{rows}', JSONEachRow)")
    session.query("SET session_timezone = 'America/New_York'")  # as text, times would be wrong by hours
    return session


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    session: Session

    def do_POST(self) -> None:
        import base64

        query = self.rfile.read(int(self.headers["Content-Length"])).decode()
        pairs = parse_qsl(urlsplit(self.path).query, keep_blank_values=True)
        bound = {name.removeprefix("param_"): value for name, value in pairs if name.startswith("param_")}
        expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != expected:
            return self.reply(403, b"Code: 516. DB::Exception: reader: Authentication failed", "516")
        try:
            answer = self.session.query(query, "JSON", params=bound).bytes()
        except RuntimeError as error:
            text = str(error)
            number = text.partition("Code: ")[2].partition(".")[0]
            return self.reply(404 if number in ("60", "81") else 400, text.encode(), number)
        return self.reply(200, answer)

    def reply(self, status: int, body: bytes, code: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status == 200 else "text/plain")
        if code:
            self.send_header("X-ClickHouse-Exception-Code", code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


if __name__ == "__main__":
    Handler.session = prepared(sys.argv[2], sys.argv[3])
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
