"""An agent traced by MLflow's own library; run by the interpreter that has it, not imported.

Arguments: the server, the session and the sample run as JSON.
"""

# mypy: ignore-errors

from __future__ import annotations

import json
import sys

import mlflow


def run(session: str, run: dict) -> None:
    with mlflow.start_span("desk", span_type="AGENT") as agent:
        mlflow.update_current_trace(metadata={"mlflow.trace.session": session})
        agent.set_inputs({"task": run["task"]})
        for asked, answer, tokens in run["chats"][:1]:
            chat(asked, answer, tokens)
        with mlflow.start_span("lookup", span_type="TOOL") as tool:
            tool.set_inputs(run["arguments"])
            tool.set_outputs(run["result"])
        for asked, answer, tokens in run["chats"][1:]:
            chat(asked, answer, tokens)
        agent.set_outputs("On its way.")


def chat(asked: list, answer: dict, tokens: list) -> None:
    with mlflow.start_span("Completions", span_type="CHAT_MODEL") as span:
        span.set_inputs({"messages": asked})
        span.set_outputs(
            {"object": "chat.completion", "id": "c", "model": "m", "choices": [{"message": answer}]}
        )
        span.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": tokens[0], "output_tokens": tokens[1]})


if __name__ == "__main__":
    mlflow.set_tracking_uri(sys.argv[1])
    mlflow.set_experiment("agents")
    run(sys.argv[2], json.loads(sys.argv[3]))
    mlflow.flush_trace_async_logging()
