"""Real exporters: the OpenTelemetry SDK over both protocols, and an instrumented agent."""

from __future__ import annotations

import json

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.instrumented import InstrumentationSettings

from runbook_tui.evidence import Store, read_findings, read_session
from runbook_tui.trace import SessionTrace
from tests.receive.conftest import Receiver, eventually


def provider_of(exporter: SpanExporter) -> TracerProvider:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider


def run_traced(exporter: SpanExporter, session: str) -> None:
    """A run whose outermost span, the only one that names the session, is sent last."""
    provider = provider_of(exporter)
    tracer = provider.get_tracer("tests")
    with tracer.start_as_current_span("invoke_agent", attributes={"session.id": session}):
        said = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look_up"}
        for index in range(5):
            with tracer.start_as_current_span("execute_tool look_up", attributes=said) as span:
                span.set_attribute("gen_ai.tool.call.arguments", f'{{"number": {index}}}')
    provider.shutdown()


def session_of(receiver: Receiver, name: str) -> SessionTrace:
    with Store(receiver.db) as store:
        session = read_session(store, name)
    assert session is not None
    return session


def check(receiver: Receiver, name: str) -> None:
    eventually(lambda: receiver.sessions().get(name) == 6)
    session = session_of(receiver, name)
    arguments = [step.span.tool.arguments for step in session.steps if step.span.tool]
    assert arguments == [f'{{"number": {index}}}' for index in range(5)]
    assert not set(session.trace_ids) & receiver.sessions().keys(), "no session is left under the trace's id"


def test_a_call_that_a_model_asked_for_is_one_span_while_its_record_is_still_to_come(
    receiver: Receiver,
) -> None:
    exporter = HttpExporter(endpoint=f"http://127.0.0.1:{receiver.port}/v1/traces")
    provider = provider_of(exporter)
    tracer = provider.get_tracer("tests")
    name, calls = "one-by-one", 4
    with tracer.start_as_current_span("invoke_agent", attributes={"session.id": name}):
        for number in range(calls):
            call = {"type": "tool_call", "id": f"c{number}", "name": "look_up", "arguments": {}}
            said = json.dumps([{"role": "assistant", "parts": [call]}])
            chat = {"gen_ai.operation.name": "chat", "gen_ai.output.messages": said, "session.id": name}
            with tracer.start_as_current_span("chat", attributes=chat):
                pass
            if number == 0:  # written before its record comes
                eventually(lambda: receiver.sessions().get(name) == 2)
            tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look_up"}
            told = {**tool, "gen_ai.tool.call.id": f"c{number}", "session.id": name}
            with tracer.start_as_current_span("execute_tool look_up", attributes=told):
                pass
    provider.shutdown()
    eventually(lambda: receiver.sessions().get(name) == 1 + 2 * calls)
    assert [step.kind for step in session_of(receiver, name).steps] == ["llm", "tool"] * calls


def test_the_sdk_over_http(receiver: Receiver) -> None:
    endpoint = f"http://127.0.0.1:{receiver.port}/v1/traces"
    run_traced(HttpExporter(endpoint=endpoint), "sdk-http")
    check(receiver, "sdk-http")
    run_traced(HttpExporter(endpoint=endpoint, compression=Compression.Gzip), "sdk-http-gzip")
    check(receiver, "sdk-http-gzip")


def test_the_sdk_over_grpc(receiver: Receiver) -> None:
    endpoint = f"http://127.0.0.1:{receiver.grpc_port}"
    run_traced(GrpcExporter(endpoint=endpoint, insecure=True), "sdk-grpc")
    check(receiver, "sdk-grpc")


def answer(messages: list[ModelMessage], _: AgentInfo) -> ModelResponse:
    if len(messages) == 1:
        return ModelResponse(parts=[ToolCallPart("credit_score", {"applicant": "A-1"})])
    return ModelResponse(parts=[TextPart("Declined: the score is 512.")])


def credit_score(applicant: str) -> int:
    """The score of an applicant."""
    return 512 if applicant == "A-1" else 0


async def test_an_instrumented_agent(receiver: Receiver) -> None:
    provider = provider_of(HttpExporter(endpoint=f"http://127.0.0.1:{receiver.port}/v1/traces"))
    Agent.instrument_all(InstrumentationSettings(tracer_provider=provider))
    try:
        agent = Agent(FunctionModel(answer), name="loan-eligibility", tools=[credit_score])
        result = await agent.run("May A-1 have a loan?")
    finally:
        Agent.instrument_all(False)
        provider.shutdown()
    assert result.output.startswith("Declined")

    def found() -> str | None:
        with Store(receiver.db) as store:
            rows = store.connection.execute("select id from session where agent = 'loan-eligibility'")
            return next((row["id"] for row in rows if read_findings(store, row["id"])), None)

    session = session_of(receiver, eventually(found))
    kinds = [step.kind for step in session.steps]
    assert kinds == ["llm", "tool", "llm"]
    tool = session.steps[1].span.tool
    assert tool is not None
    assert (tool.name, tool.arguments, tool.result) == ("credit_score", '{"applicant":"A-1"}', "512")
    assert session.steps[2].span.output_text == "Declined: the score is 512."


def test_a_run_that_another_service_called_is_whole(receiver: Receiver) -> None:
    """The caller's span is recorded elsewhere; the SDK says that the parent is remote."""
    caller = SpanContext(0xA1, 0xB2, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    provider = provider_of(HttpExporter(endpoint=f"http://127.0.0.1:{receiver.port}/v1/traces"))
    context = set_span_in_context(NonRecordingSpan(caller))
    said = {"gen_ai.operation.name": "chat", "session.id": "called"}
    for _ in range(2):
        provider.get_tracer("tests").start_span("chat", context, attributes=said).end()
    provider.shutdown()
    eventually(lambda: receiver.sessions().get("called") == 2)
    session = session_of(receiver, "called")
    assert [place.orphan for place in session.places] == [False, False]
    assert session.defects.orphans == 0

    def is_completed() -> bool:
        with Store(receiver.db) as store:
            found = read_findings(store, "called")
        return found is not None and (found.flags, found.session.outcome) == ((), "completed")

    eventually(is_completed)
