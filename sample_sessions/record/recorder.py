"""Record a real instrumented agent on virtual time: same ids, same clock, same bytes at every run."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import re
import selectors
import string
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from pydantic_ai import Agent, InstrumentationSettings, ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.messages import ToolReturnPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.usage import RequestUsage

MODEL = "gpt-4.1-2025-04-14"
SPANS_PER_LINE = 64
BINARY_IDS = ("traceId", "spanId", "parentSpanId")
SOURCE_FOLDER = re.compile(r'File "[^"]*?/(?:site-packages|lib/python3\.\d+|sample_sessions)/')

Tool = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Turn:
    """What the model answers once: some text, some tool calls, or both."""

    text: str
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    summary: str = ""


def say(text: str, *calls: tuple[str, dict[str, Any]], summary: str = "") -> Turn:
    """One answer of the model; without calls it is a final one."""
    return Turn(text, calls, summary)


class Impatient(selectors.SelectSelector):
    """A selector that looks once, and counts the seconds it was asked to wait."""

    waited = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("a recording waits for something outside it")
        self.waited += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that never waits: a sleep moves its clock instead."""

    def __init__(self) -> None:
        self._impatient = Impatient()
        super().__init__(self._impatient)

    def time(self) -> float:
        return self._impatient.waited


class Tape(IdGenerator):
    """The clock, the dice and the tracer of one recording."""

    def __init__(self, name: str, service: str, starts: str, loop: VirtualLoop) -> None:
        self.dice = random.Random(name)
        self.loop = loop
        self._epoch = int(datetime.fromisoformat(starts).timestamp()) * 1_000_000_000
        self._ticks = 0
        resource = {
            "service.name": service,
            "service.version": "3.8.1",
            "service.instance.id": str(uuid.UUID(int=self.dice.getrandbits(128), version=4)),
            "deployment.environment.name": "prod",
        }
        self.provider = TracerProvider(
            id_generator=self, resource=Resource.create(resource), shutdown_on_exit=False
        )
        self.instrument = InstrumentationSettings(
            tracer_provider=self.provider,
            include_content=True,
            include_binary_content=False,
            include_model_request_parameters=False,
        )
        self.on_turn: Callable[[Turn, RequestUsage], None] = lambda _turn, _usage: None

    def time_ns(self) -> int:
        """Every look at the clock costs a little, so no two spans start in the same nanosecond."""
        self._ticks += self.dice.randint(30_000, 210_000)
        return self._epoch + int(self.loop.time() * 1e9) + self._ticks

    def generate_span_id(self) -> int:
        return self.dice.getrandbits(64) | 1

    def generate_trace_id(self) -> int:
        return self.dice.getrandbits(128) | 1

    def uuid7(self) -> uuid.UUID:
        stamp = (self.time_ns() // 1_000_000) << 80
        return uuid.UUID(int=stamp | self.dice.getrandbits(76) & ~(0xC << 60) | 0x8 << 60 | 0x7 << 76)

    def token(self, prefix: str, length: int) -> str:
        """An id as providers make them."""
        return prefix + "".join(self.dice.choices(string.ascii_letters + string.digits, k=length))

    async def lag(self, low: float, high: float) -> None:
        """Let a call take between `low` and `high` seconds."""
        await asyncio.sleep(self.dice.uniform(low, high))

    def agent(self, name: str, instructions: str, tools: Sequence[Tool], script: Sequence[Turn]) -> Agent:
        """An instrumented agent whose model plays `script`, one turn a request."""
        agent = Agent(ScriptedModel(self, script), name=name, instructions=instructions, tools=list(tools))
        agent.instrument = self.instrument
        return agent


class ScriptedModel(FunctionModel):
    """A model that says what is written, with the ids, tokens and latency of a hosted one."""

    def __init__(self, tape: Tape, script: Sequence[Turn]) -> None:
        turns = iter(script)

        async def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
            turn = next(turns)
            parts = [TextPart(turn.text)] if turn.text else []
            calls = [
                ToolCallPart(tool, json.dumps(args), tape.token("call_", 24)) for tool, args in turn.calls
            ]
            usage = RequestUsage(
                input_tokens=_input_tokens(messages, info),
                output_tokens=_tokens(*_texts([*parts, *calls])) + 4,
            )
            tape.on_turn(turn, usage)
            await asyncio.sleep(
                usage.output_tokens * tape.dice.uniform(0.009, 0.014) + tape.dice.uniform(0.3, 0.9)
            )
            return ModelResponse(
                parts=[*parts, *calls],
                usage=usage,
                model_name=MODEL,
                timestamp=datetime.fromtimestamp(tape.time_ns() / 1e9, UTC),
                provider_response_id=tape.token("chatcmpl-", 29),
                finish_reason="tool_call" if calls else "stop",
            )

        super().__init__(answer, model_name=MODEL)
        self._system = "openai"


def _texts(parts: Sequence[Any]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, ToolCallPart):
            yield part.tool_name + part.args_as_json_str()
        elif isinstance(part, ToolReturnPart):
            yield part.model_response_str()
        elif isinstance(part, TextPart | UserPromptPart):
            yield str(part.content)


def _tokens(*texts: str) -> int:
    return sum(len(text) // 4 + 3 for text in texts)


def _input_tokens(messages: Sequence[ModelMessage], info: AgentInfo) -> int:
    tools = (f"{tool.description}{tool.parameters_json_schema}" for tool in info.function_tools)
    return _tokens(info.instructions or "", *tools, *(text for m in messages for text in _texts(m.parts)))


class SpanFile(SpanProcessor):
    """Ended spans as the collector's file exporter writes them: one export request a line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: list[ReadableSpan] = []
        self._lines: list[str] = []

    def on_end(self, span: ReadableSpan) -> None:
        self._waiting.append(span)
        if len(self._waiting) == SPANS_PER_LINE:
            self._write_line()

    def shutdown(self) -> None:
        if self._waiting:
            self._write_line()
        self._path.write_text("".join(self._lines), encoding="utf-8")

    def _write_line(self) -> None:
        request = MessageToDict(encode_spans(self._waiting), use_integers_for_enums=True)
        for group in request["resourceSpans"]:
            for scope in group["scopeSpans"]:
                for span in scope["spans"]:
                    _as_collector(span)
        self._lines.append(json.dumps(request, separators=(",", ":"), ensure_ascii=False) + "\n")
        self._waiting.clear()


def _as_collector(span: dict[str, Any]) -> None:
    """Ids in hex, and stack traces without the folders of the machine that recorded."""
    span.update({key: base64.b64decode(span[key]).hex() for key in BINARY_IDS if key in span})
    for event in span.get("events", ()):
        for attribute in event.get("attributes", ()):
            if attribute["key"] == "exception.stacktrace":
                value = attribute["value"]
                value["stringValue"] = SOURCE_FOLDER.sub('File "', value["stringValue"])


@dataclass(frozen=True)
class Take:
    """One recording: its file name, the service it plays in, when it starts, and what happens."""

    name: str
    service: str
    starts: str
    play: Callable[[Tape], Coroutine[Any, Any, None]]

    def record(self, folder: Path) -> Path:
        """Play it and write `folder/name.jsonl`."""
        path = folder / f"{self.name}.jsonl"
        loop = VirtualLoop()
        tape = Tape(self.name, self.service, self.starts, loop)
        tape.provider.add_span_processor(SpanFile(path))
        with _pinned(tape), asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(self.play(tape))
        tape.provider.shutdown()
        return path


@contextmanager
def _pinned(tape: Tape) -> Iterator[None]:
    """Time and ids from the tape wherever the libraries would ask the machine."""
    with (
        patch("opentelemetry.sdk.trace.time_ns", tape.time_ns),
        patch("pydantic_ai._agent_graph.uuid7", tape.uuid7),
    ):
        yield
