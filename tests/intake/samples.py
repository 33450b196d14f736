"""One small run, written in every form that is read: a model asks for a lookup, gets it, and answers."""

from __future__ import annotations

import base64
import csv
import io
import json
import struct
import zipfile
from typing import Any, Final

from tests.factories import TRACE, request, span_id, wire_span

ARGUMENTS: Final = {"order_id": "A-1"}
RESULT: Final = {"total": 12, "open": True}
TASK: Final = "Where is it?"
SESSION: Final = "s-1"
CALL: Final = "call_abc123"
TOKENS: Final = (17, 5)
"""Input and output tokens of both model calls together."""

Document = Any


def _json(value: Any) -> str:
    return json.dumps(value)


def _time(number: int) -> str:
    return f"2026-11-20T02:14:{number:02d}.250000+00:00"


def _nanos(number: int) -> int:
    return 1_795_140_840_250_000_000 + number * 10**9


ASKING: Final = {
    "id": CALL,
    "type": "function",
    "function": {"name": "lookup", "arguments": _json(ARGUMENTS)},
}
FIRST: Final = [{"role": "user", "content": TASK}]
SECOND: Final = [
    *FIRST,
    {"role": "assistant", "content": None, "tool_calls": [ASKING]},
    {"role": "tool", "tool_call_id": CALL, "content": _json(RESULT)},
]
GENAI: Final[tuple[dict[str, Any], ...]] = (
    {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "desk",
        "gen_ai.conversation.id": SESSION,
    },
    {
        "gen_ai.operation.name": "chat",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 2,
        "gen_ai.input.messages": _json(FIRST),
        "gen_ai.output.messages": _json([{"role": "assistant", "tool_calls": [ASKING]}]),
    },
    {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "lookup",
        "gen_ai.tool.call.id": CALL,
        "gen_ai.tool.call.arguments": _json(ARGUMENTS),
        "gen_ai.tool.call.result": _json(RESULT),
    },
    {
        "gen_ai.operation.name": "chat",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.input.messages": _json(SECOND),
        "gen_ai.output.messages": _json([{"role": "assistant", "content": "On its way."}]),
    },
)


def _times(number: int) -> dict[str, str]:
    return {"startTimeUnixNano": str(_nanos(number)), "endTimeUnixNano": str(_nanos(number + 1))}


WIRE: Final = [
    wire_span(
        number,
        said,
        **_times(max(1, number)),
        **({"parentSpanId": span_id(1)} if number > 1 else {}),
    )
    for number, said in enumerate(GENAI, 1)
]
OTLP: Final = request(*WIRE)


def _snake(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            "".join(f"_{c.lower()}" if c.isupper() else c for c in key): _snake(v) for key, v in value.items()
        }
    return [_snake(item) for item in value] if isinstance(value, list) else value


def _base64(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: base64.b64encode(bytes.fromhex(v)).decode() if key in _IDS and v else _base64(v)
            for key, v in value.items()
        }
    return [_base64(item) for item in value] if isinstance(value, list) else value


_IDS: Final = ("traceId", "spanId", "parentSpanId")
OLD: Final = {
    "batches": [
        {
            "resource": {},
            "instrumentationLibrarySpans": [{"instrumentationLibrary": {}, "spans": _base64(WIRE)}],
        }
    ]
}
JAEGER: Final = {
    "data": [
        {
            "traceID": TRACE,
            "processes": {"p1": {"serviceName": "desk", "tags": []}},
            "spans": [
                {
                    "traceID": TRACE,
                    "spanID": f"{number:x}",
                    "operationName": f"span {number}",
                    "references": [{"refType": "CHILD_OF", "traceID": TRACE, "spanID": "1"}]
                    if number > 1
                    else [],
                    "startTime": _nanos(number) // 1000,
                    "duration": 900_000,
                    "tags": [
                        {"key": key, "type": "string", "value": str(value)} for key, value in said.items()
                    ],
                    "logs": [],
                    "processID": "p1",
                }
                for number, said in enumerate(GENAI, 1)
            ],
        }
    ]
}
CLICKHOUSE: Final[list[dict[str, Any]]] = [
    {
        "Timestamp": f"2026-11-20 02:14:{number:02d}.250000000",
        "TraceId": TRACE,
        "SpanId": span_id(number),
        "ParentSpanId": span_id(1) if number > 1 else "",
        "SpanName": f"span {number}",
        "ResourceAttributes": {},
        "SpanAttributes": {key: str(value) for key, value in said.items()},
        "Duration": "900000000",
        "StatusCode": "Unset",
        "StatusMessage": "",
        "Events.Timestamp": [],
        "Events.Name": [],
        "Events.Attributes": [],
    }
    for number, said in enumerate(GENAI, 1)
]
OPENINFERENCE: Final[tuple[dict[str, Any], ...]] = (
    {"llm": None, "session": {"id": SESSION}},
    {
        "llm": {
            "token_count": {"prompt": 7.0, "completion": 2.0},
            "input_messages": [{"message.role": "user", "message.content": TASK}],
            "output_messages": [
                {
                    "message.role": "assistant",
                    "message.tool_calls": [
                        {
                            "tool_call.id": CALL,
                            "tool_call.function.name": "lookup",
                            "tool_call.function.arguments": _json(ARGUMENTS),
                        }
                    ],
                }
            ],
        }
    },
    {"input": {"value": _json(ARGUMENTS)}, "output": {"value": _json(RESULT)}, "tool": {"name": "lookup"}},
    {
        "llm": {
            "token_count": {"prompt": 10.0, "completion": 3.0},
            "input_messages": [{"message.role": "user", "message.content": TASK}],
            "output_messages": [{"message.role": "assistant", "message.content": "On its way."}],
        }
    },
)
_PHOENIX: Final = ("AGENT", "LLM", "TOOL", "LLM")
PHOENIX: Final[list[dict[str, Any]]] = [
    {
        "name": "lookup" if kind == "TOOL" else "desk" if kind == "AGENT" else "ChatModel",
        "span_kind": kind,
        "parent_id": span_id(1) if number > 1 else None,
        "start_time": _time(number),
        "end_time": _time(number + 1),
        "status_code": "OK",
        "status_message": "",
        "events": [],
        "context.span_id": span_id(number),
        "context.trace_id": TRACE,
        "attributes.openinference.span.kind": kind,
        **{f"attributes.{key}": value for key, value in said.items()},
    }
    for number, (kind, said) in enumerate(zip(_PHOENIX, OPENINFERENCE, strict=True), 1)
]


def _agents_span(number: int, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "object": "trace.span",
        "id": f"span_{number}",
        "trace_id": "trace_1",
        "parent_id": "span_1" if number > 1 else None,
        "started_at": _time(number),
        "ended_at": _time(number + 1),
        "span_data": data,
        "error": None,
    }


AGENTS_SDK: Final = [
    {"object": "trace", "id": "trace_1", "workflow_name": "Desk", "group_id": SESSION},
    _agents_span(1, {"type": "agent", "name": "desk"}),
    _agents_span(
        2,
        {
            "type": "generation",
            "model": "m",
            "input": FIRST,
            "output": [{"role": "assistant", "tool_calls": [ASKING]}],
            "usage": {"input_tokens": 7, "output_tokens": 2},
        },
    ),
    _agents_span(
        3,
        {
            "type": "function",
            "name": "lookup",
            "input": _json(ARGUMENTS),
            "output": "{'total': 12, 'open': True}",
        },
    ),
    _agents_span(
        4, {"type": "response", "response_id": "r2", "usage": {"input_tokens": 10, "output_tokens": 3}}
    ),
]


def _run(number: int, kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"0000-{number}",
        "trace_id": "0000-1",
        "parent_run_id": "0000-1" if number > 1 else None,
        "dotted_order": ".".join(f"2026T{n}Z0000-{n}" for n in ((1, number) if number > 1 else (1,))),
        "run_type": kind,
        "name": name,
        "start_time": _time(number),
        "extra": {"metadata": {"session_id": SESSION, "lc_agent_name": "desk"}},
        **fields,
    }


def _generation(message: dict[str, Any], tokens: tuple[int, int]) -> dict[str, Any]:
    usage = {"input_tokens": tokens[0], "output_tokens": tokens[1]}
    kwargs = {"type": "ai", "usage_metadata": usage, **message}
    constructed = {"lc": 1, "type": "constructor", "id": ["langchain", "AIMessage"], "kwargs": kwargs}
    return {"generations": [[{"text": "", "message": constructed}]]}


_HUMAN: Final = {"lc": 1, "id": ["langchain", "HumanMessage"], "kwargs": {"type": "human", "content": TASK}}
LANGSMITH: Final[list[dict[str, Any]]] = [
    {
        "post": [
            _run(1, "chain", "desk", inputs={"messages": FIRST}, outputs={}),
            _run(2, "llm", "ChatModel", inputs={"messages": [[_HUMAN]]}, outputs={}),
            _run(3, "tool", "lookup", inputs=ARGUMENTS),
            _run(4, "llm", "ChatModel", inputs={"messages": [[_HUMAN]]}),
        ],
        "patch": [
            {
                "id": "0000-2",
                "end_time": _time(3),
                "inputs": {},
                "outputs": _generation(
                    {"content": "", "tool_calls": [{"name": "lookup", "args": ARGUMENTS, "id": CALL}]}, (7, 2)
                ),
            }
        ],
    },
    {
        "patch": [
            {
                "id": "0000-3",
                "end_time": _time(4),
                "outputs": {"output": {"type": "tool", "content": _json(RESULT), "tool_call_id": CALL}},
            },
            {
                "id": "0000-4",
                "end_time": _time(5),
                "outputs": _generation({"content": "On its way."}, (10, 3)),
            },
            {"id": "0000-1", "end_time": _time(6), "outputs": {"messages": []}},
        ]
    },
]


def _observation(number: int, kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"obs-{number}",
        "traceId": "trace-1",
        "parentObservationId": "obs-1" if number > 1 else None,
        "type": kind,
        "name": name,
        "level": "DEFAULT",
        "startTime": _time(number).replace("+00:00", "Z"),
        "endTime": _time(number + 1).replace("+00:00", "Z"),
        **fields,
    }


LANGFUSE: Final[dict[str, Any]] = {
    "id": "trace-1",
    "name": "desk",
    "sessionId": SESSION,
    "observations": [
        _observation(1, "AGENT", "desk", input=TASK),
        _observation(
            2,
            "GENERATION",
            "chat",
            input={"messages": FIRST},
            output={"role": "assistant", "tool_calls": [ASKING]},
            usageDetails={"input": 7, "output": 2, "total": 9},
        ),
        _observation(3, "TOOL", "lookup", input=ARGUMENTS, output=_json(RESULT)),
        _observation(
            4,
            "GENERATION",
            "chat",
            input=_json(SECOND),
            output="On its way.",
            usage={"input": 10, "output": 3},
        ),
    ],
}


def _mlflow_span(number: int, kind: str, name: str, given: Any, got: Any, **more: Any) -> dict[str, Any]:
    said = {"spanType": kind, "spanInputs": given, "spanOutputs": got, **more}
    return {
        "trace_id": base64.b64encode(bytes.fromhex(TRACE)).decode(),
        "span_id": base64.b64encode(bytes.fromhex(span_id(number))).decode(),
        "parent_span_id": base64.b64encode(bytes.fromhex(span_id(1))).decode() if number > 1 else None,
        "name": name,
        "start_time_unix_nano": _nanos(number),
        "end_time_unix_nano": _nanos(number + 1),
        "status": {"code": "STATUS_CODE_OK", "message": ""},
        "attributes": {f"mlflow.{key}": _json(value) for key, value in said.items()},
        "events": [],
    }


def _completion(message: dict[str, Any]) -> dict[str, Any]:
    return {"object": "chat.completion", "id": "c", "model": "m", "choices": [{"message": message}]}


MLFLOW: Final[dict[str, Any]] = {
    "info": {"trace_id": f"tr-{TRACE}", "state": "OK", "trace_metadata": {"mlflow.trace.session": SESSION}},
    "data": {
        "spans": [
            _mlflow_span(1, "AGENT", "desk", {"task": TASK}, "On its way."),
            _mlflow_span(
                2,
                "CHAT_MODEL",
                "Completions",
                {"messages": FIRST},
                _completion({"role": "assistant", "tool_calls": [ASKING]}),
                **{"chat.tokenUsage": {"input_tokens": 7, "output_tokens": 2}},
            ),
            _mlflow_span(3, "TOOL", "lookup", ARGUMENTS, RESULT),
            _mlflow_span(
                4,
                "CHAT_MODEL",
                "Completions",
                {"messages": SECOND},
                _completion({"role": "assistant", "content": "On its way."}),
                **{"chat.tokenUsage": {"input_tokens": 10, "output_tokens": 3}},
            ),
        ]
    },
}


def _mlflow_answer(trace: dict[str, Any]) -> dict[str, Any]:
    """The trace as the API answers: typed attributes in snake_case, and the description under another name."""
    spans = [
        {
            **span,
            "attributes": [
                {"key": key, "value": {"string_value": json.loads(value) if key.endswith("Type") else value}}
                for key, value in span["attributes"].items()
            ],
        }
        for span in trace["data"]["spans"]
    ]
    return {"trace_info": trace["info"], "spans": spans}


def _model_event(number: int, asked: Any, message: dict[str, Any], usage: dict[str, int]) -> dict[str, Any]:
    return {
        "event": "model",
        "uuid": f"event-{number}",
        "span_id": "solver",
        "timestamp": _time(number),
        "completed": _time(number + 1),
        "model": "m",
        "input": [],
        **asked,
        "output": {"model": "m", "choices": [{"message": message, "stop_reason": "stop"}], "usage": usage},
    }


SAMPLE: Final = {
    "id": 1,
    "epoch": 1,
    "uuid": SESSION,
    "input": TASK,
    "started_at": _time(1),
    "completed_at": _time(9),
    "attachments": {"0a": _json(RESULT)},
    "events_data": {"messages": SECOND},
    "events": [
        {"event": "span_begin", "id": "solver", "type": "agent", "name": "desk", "timestamp": _time(1)},
        _model_event(
            2,
            {"input_refs": [[0, 1]]},
            {"role": "assistant", "tool_calls": [{"id": CALL, "function": "lookup", "arguments": ARGUMENTS}]},
            {"input_tokens": 4, "input_tokens_cache_read": 3, "output_tokens": 2},
        ),
        {
            "event": "tool",
            "uuid": "event-3",
            "span_id": "solver",
            "timestamp": _time(3),
            "completed": _time(4),
            "id": CALL,
            "function": "lookup",
            "arguments": ARGUMENTS,
            "result": "attachment://0a",
        },
        _model_event(
            4,
            {"input": SECOND},
            {"role": "assistant", "content": "On its way."},
            {"input_tokens": 10, "output_tokens": 3},
        ),
        {"event": "span_end", "id": "solver", "timestamp": _time(8)},
    ],
}
INSPECT: Final = {"version": 2, "status": "success", "eval": {"task": "desk"}, "samples": [SAMPLE]}


def _line(number: int, kind: str, message: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "uuid": f"line-{number}",
        "parentUuid": f"line-{number - 1}" if number > 1 else None,
        "sessionId": SESSION,
        "timestamp": _time(number).replace("+00:00", "Z"),
        "isSidechain": False,
        "message": message,
        **more,
    }


def _claude(answer: str, block: dict[str, Any], tokens: tuple[int, int]) -> dict[str, Any]:
    usage = {"input_tokens": tokens[0] - 3, "cache_read_input_tokens": 3, "output_tokens": tokens[1]}
    return {"id": answer, "role": "assistant", "model": "m", "content": [block], "usage": usage}


CLAUDE_CODE: Final[list[dict[str, Any]]] = [
    {"type": "summary", "summary": "A lookup", "leafUuid": "line-5"},
    _line(1, "user", {"role": "user", "content": TASK}),
    _line(2, "assistant", _claude("msg_1", {"type": "text", "text": "Looking."}, (7, 2))),
    _line(
        3,
        "assistant",
        _claude("msg_1", {"type": "tool_use", "id": CALL, "name": "lookup", "input": ARGUMENTS}, (7, 2)),
    ),
    _line(
        4,
        "user",
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": CALL,
                    "content": [{"type": "text", "text": _json(RESULT)}],
                }
            ],
        },
    ),
    _line(5, "assistant", _claude("msg_2", {"type": "text", "text": "On its way."}, (10, 3))),
]

DOCUMENTS: Final[dict[str, Document]] = {
    "otlp": OTLP,
    "otlp-snake-case": _snake(OTLP),
    "phoenix-otlpv1": {"data": [_snake(span) for span in WIRE], "next_cursor": None},
    "tempo-v1": OLD,
    "tempo-v2": {"trace": _base64(OTLP)},
    "jaeger": JAEGER,
    "clickhouse-json": {"meta": [{"name": name} for name in CLICKHOUSE[0]], "data": CLICKHOUSE},
    "clickhouse-compact": {
        "meta": [{"name": name} for name in CLICKHOUSE[0]],
        "data": [list(row.values()) for row in CLICKHOUSE],
    },
    "langfuse": LANGFUSE,
    "langfuse-page": {"data": [LANGFUSE], "meta": {}},
    "mlflow": MLFLOW,
    "mlflow-page": {"traces": [MLFLOW]},
    "mlflow-api": {"trace": _mlflow_answer(MLFLOW)},
    "mlflow-frame": {**MLFLOW["info"], "spans": MLFLOW["data"]["spans"]},
    "inspect": INSPECT,
    "langsmith-list": LANGSMITH,
    "phoenix-rest": {
        "data": [
            {
                "id": "node",
                "name": row["name"],
                "span_kind": row["span_kind"],
                "parent_id": row["parent_id"],
                "start_time": row["start_time"],
                "end_time": row["end_time"],
                "context": {"span_id": row["context.span_id"], "trace_id": row["context.trace_id"]},
                "attributes": {
                    key.removeprefix("attributes."): row[key] for key in row if key.startswith("attr")
                },
            }
            for row in PHOENIX
        ]
    },
}
"""Forms that are one JSON document."""

LINES: Final[dict[str, list[Document]]] = {
    "otlp-lines": [request(span) for span in WIRE],
    "clickhouse-lines": list(CLICKHOUSE),
    "phoenix-frame": PHOENIX,
    "openai-agents": AGENTS_SDK,
    "langsmith": LANGSMITH,
    "langfuse-observations": [{**item, "sessionId": SESSION} for item in LANGFUSE["observations"]],
    "langfuse-export": [_snake({**item, "sessionId": SESSION}) for item in LANGFUSE["observations"]],
    "claude-code": CLAUDE_CODE,
}
"""Forms that are one document a line."""


def as_lines(documents: list[Document]) -> bytes:
    """The documents, one a line."""
    return b"".join(json.dumps(item).encode() + b"\n" for item in documents)


def clickhouse_csv(rows: list[dict[str, Any]] = CLICKHOUSE) -> bytes:
    """The rows as ClickHouse writes CSV: maps in its own quoting."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(rows[0])
    for row in rows:
        maps = {
            key: _quoted(value) if isinstance(value, dict | list) else value for key, value in row.items()
        }
        writer.writerow(maps.values())
    return out.getvalue().encode()


def _quoted(value: Any) -> str:
    if isinstance(value, list):
        return "[]"
    pairs = (f"{_quote(key)}:{_quote(item)}" for key, item in value.items())
    return "{" + ",".join(pairs) + "}"


def _quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def protobuf_messages() -> list[bytes]:
    """The OTLP requests of the run as protobuf, one a span."""
    from google.protobuf.json_format import ParseDict
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    return [
        ParseDict(_base64(request(span)), ExportTraceServiceRequest()).SerializeToString() for span in WIRE
    ]


def protobuf_file() -> bytes:
    """Requests with their lengths, as the collector's file exporter writes them."""
    return b"".join(struct.pack(">I", len(message)) + message for message in protobuf_messages())


def inspect_archive() -> bytes:
    """The log as an archive; deflated, because Python's own writer knows no zstd."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_journal/start.json", "{}")
        archive.writestr("samples/1_epoch_1.json", json.dumps(SAMPLE))
        archive.writestr("header.json", json.dumps({"version": 2, "eval": {"task": "desk"}}))
    return out.getvalue()
