"""The description of the JSON API, `/api/openapi.json`. A test holds it and the routes together."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from bot.channels.web.problems import KINDS
from bot.channels.web.security import MAX_BODY_BYTES
from bot.channels.web.wire import MAX_FILES, MAX_REASON, MAX_SEED
from bot.memory.asked import VOTES
from runner.job import BACKENDS, DEVICES, STATUSES

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_MAYBE_TEXT: Json = {"type": ["string", "null"]}
_MAYBE_NUMBER: Json = {"type": ["number", "null"], "minimum": 0}


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Json, *, required: tuple[str, ...] | None = None, closed: bool = False) -> Json:
    schema: Json = {"type": "object", "properties": properties}
    names = tuple(properties) if required is None else required
    if names:
        schema["required"] = list(names)
    if closed:
        schema["additionalProperties"] = False
    return schema


def _reply(description: str, schema: str | None = None, media_type: str = "application/json") -> Json:
    reply: Json = {"description": description}
    if schema is not None:
        reply["content"] = {media_type: {"schema": _reference(schema)}}
    return reply


def _problems(*statuses: int) -> Json:
    said = {
        400: "The body is not a JSON object.",
        403: "Another site made the browser send this.",
        404: "There is no such thing.",
        413: f"The body is larger than {MAX_BODY_BYTES} bytes.",
        415: "The body is not JSON.",
        422: "A field is missing, unknown or not allowed; `detail` names it.",
        401: "The key in the header `Authorization` is not known.",
        429: "This address has had its share; `Retry-After` says when to come back.",
        503: "A room cannot be used or a queue is full; `Retry-After` may say when to come back.",
    }
    return {str(status): _reply(said[status], "Problem", "application/problem+json") for status in statuses}


def _body(schema: str, example: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": _reference(schema), "example": example}}}


_RUN_ID: Json = {"name": "run_id", "in": "path", "required": True, "schema": _TEXT}

_SCHEMAS: Json = {
    "Question": _object({"question": {"type": "string", "minLength": 1}}, closed=True),
    "Source": _object(
        {
            "id": _TEXT,
            "kind": {"enum": ["api", "guide", "example", "faq", "thread", "issue"]},
            "title": _TEXT,
            "symbol": _MAYBE_TEXT,
            "symbols": {"type": "array", "items": _TEXT},
            "section": _MAYBE_TEXT,
            "url": _TEXT,
            "version": _MAYBE_TEXT,
            "language": _TEXT,
            "score": {"type": "number"},
            "excerpt": _TEXT,
        }
    ),
    "Answer": _object(
        {
            "question": _TEXT,
            "language": _TEXT,
            "answered": {"type": "boolean"},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "text": {"type": "string", "description": "Markdown."},
            "code": _MAYBE_TEXT,
            "sources": {"type": "array", "maxItems": 10, "items": _reference("Source")},
            "timings_ms": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
        }
    ),
    "SearchResult": _object({"query": _TEXT, "sources": {"type": "array", "items": _reference("Source")}}),
    "Job": _object(
        {
            "source": {"type": "string", "description": "Python, at most 64 KiB."},
            "backend": {"enum": list(BACKENDS), "default": BACKENDS[0]},
            "device": {"enum": list(DEVICES), "default": DEVICES[0]},
            "timeout_s": {"type": "number", "exclusiveMinimum": 0, "description": "At most what the server allows."},
            "seed": {"type": ["integer", "null"], "minimum": 0, "maximum": MAX_SEED},
            "stdin": {"type": "string"},
            "files": {"type": "object", "maxProperties": MAX_FILES, "additionalProperties": _TEXT},
            "graph": {"type": "boolean", "default": False, "description": "Leave a picture of every model."},
        },
        required=("source",),
        closed=True,
    ),
    "Pending": _object(
        {"id": _TEXT, "state": {"const": "pending"}, "url": _TEXT, "events": _TEXT, "page": _TEXT},
    ),
    "RunError": _object(
        {
            "type": _TEXT,
            "message": _TEXT,
            "line": {"type": ["integer", "null"], "minimum": 1},
            "source_line": _MAYBE_TEXT,
            "traceback": _MAYBE_TEXT,
            "raised_in": _MAYBE_TEXT,
            "called": _MAYBE_TEXT,
        }
    ),
    "Artifact": _object(
        {"name": _TEXT, "media_type": _TEXT, "size": {"type": "integer", "minimum": 0}, "path": _TEXT},
    ),
    "Run": _object(
        {
            "id": _TEXT,
            "status": {"enum": list(STATUSES)},
            "exit_code": {"type": ["integer", "null"]},
            "signal": _MAYBE_TEXT,
            "backend": {"enum": list(BACKENDS)},
            "keras_version": _MAYBE_TEXT,
            "device": {"type": "string", "description": "`cpu`, or `gpu:` and the number of the card."},
            "gpu": {
                "description": "What the run had of a GPU, measured from outside; null on a CPU.",
                "anyOf": [
                    _object(
                        {"name": _TEXT, "seconds": _MAYBE_NUMBER, "peak_memory_bytes": {"type": ["integer", "null"]}}
                    ),
                    {"type": "null"},
                ],
            },
            "cached": {"type": "boolean", "description": "An identical run was remembered; nothing ran."},
            "stdout": _TEXT,
            "stderr": _TEXT,
            "truncated": {"type": "boolean"},
            "error": {"anyOf": [_reference("RunError"), {"type": "null"}]},
            "duration_s": {"type": "number", "minimum": 0},
            "startup_ms": _MAYBE_NUMBER,
            "queued_ms": {"type": "number", "minimum": 0},
            "cpu_s": _MAYBE_NUMBER,
            "peak_memory_bytes": {"type": ["integer", "null"], "minimum": 0},
            "fits": {
                "type": "array",
                "items": _object(
                    {
                        "epochs": {"type": "integer", "minimum": 0},
                        "history": {
                            "type": "object",
                            "additionalProperties": {"type": "array", "items": {"type": ["number", "null"]}},
                        },
                    }
                ),
            },
            "models": {
                "type": "array",
                "items": _object({"name": _TEXT, "parameters": {"type": ["integer", "null"]}, "summary": _TEXT}),
            },
            "artifacts": {"type": "array", "items": _reference("Artifact")},
            "left_out": {
                "type": "array",
                "description": "Files that were not kept, each with the reason.",
                "items": _object({"name": _TEXT, "size": {"type": "integer", "minimum": 0}, "why": _TEXT}),
            },
            "suggestions": {"type": "array", "items": _reference("Source")},
            "upgrade": {"type": ["object", "null"]},
        }
    ),
    "Feedback": _object(
        {
            "answer": {"type": "string", "description": "The id in the header Lobby-Answer of an answer."},
            "question": {"type": "string", "description": "Instead of the id: what was asked."},
            "vote": {"enum": list(VOTES)},
            "reason": {"type": "string", "maxLength": MAX_REASON},
        },
        required=("vote",),
        closed=True,
    ),
    "Noted": _object({"status": {"const": "noted"}}),
    "Program": _object({"source": {"type": "string", "description": "Python 2 or 3, at most 64 KiB."}}, closed=True),
    "Change": _object({"line": {"type": "integer", "minimum": 1}, "rule": _TEXT, "reason": _TEXT, "link": _TEXT}),
    "Finding": _object({"line": {"type": "integer", "minimum": 1}, "rule": _TEXT, "message": _TEXT, "link": _TEXT}),
    "Upgrade": _object(
        {
            "changed": {"type": "boolean"},
            "source": _TEXT,
            "diff": {"type": "string", "description": "Unified."},
            "changes": {"type": "array", "items": _reference("Change")},
            "findings": {"type": "array", "items": _reference("Finding")},
            "run_before": {"type": "null"},
            "run_after": {"type": "null"},
        }
    ),
    "Health": _object({"status": {"const": "ok"}}),
    "Readiness": _object({"ready": {"type": "boolean"}, "knowledge": {"type": "object"}, "runner": {"type": "object"}}),
    "Problem": _object(
        {
            "type": {"type": "string", "format": "uri-reference"},
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "remedy": {"type": "string", "description": "What to do about it."},
        }
    ),
}

_PATHS: Json = {
    "/api/ask": {
        "post": {
            "operationId": "ask",
            "summary": "Answer a question, with sources",
            "requestBody": _body("Question", {"question": "How do I freeze a layer?"}),
            "responses": {"200": _reply("The answer.", "Answer"), **_problems(400, 401, 403, 413, 415, 422, 429, 503)},
        }
    },
    "/api/search": {
        "get": {
            "operationId": "search",
            "summary": "Find pages",
            "parameters": [
                {"name": "q", "in": "query", "required": True, "schema": {"type": "string", "minLength": 1}}
            ],
            "responses": {
                "200": _reply("What was found, best first.", "SearchResult"),
                **_problems(401, 422, 429, 503),
            },
        }
    },
    "/api/runs": {
        "post": {
            "operationId": "createRun",
            "summary": "Run a snippet",
            "parameters": [
                {
                    "name": "wait",
                    "in": "query",
                    "schema": {"type": "boolean", "default": False},
                    "description": "Answer with the result, when there is one.",
                }
            ],
            "requestBody": _body("Job", {"source": "import keras\nprint(keras.__version__)", "backend": "jax"}),
            "responses": {
                "200": _reply("The result, with `wait=true`.", "Run"),
                "202": _reply("Accepted; `Location` says where the result will be.", "Pending"),
                **_problems(400, 401, 403, 413, 415, 422, 429, 503),
            },
        }
    },
    "/api/runs/{run_id}": {
        "parameters": [_RUN_ID],
        "get": {
            "operationId": "getRun",
            "summary": "How a run ended",
            "responses": {
                "200": _reply("The result.", "Run"),
                "202": _reply("It has not ended yet.", "Pending"),
                **_problems(404),
            },
        },
        "delete": {
            "operationId": "deleteRun",
            "summary": "Stop a run",
            "responses": {
                "200": _reply("It has ended already; its result.", "Run"),
                "202": _reply("It is being stopped.", "Pending"),
                **_problems(403, 404),
            },
        },
    },
    "/api/runs/{run_id}/cancel": {
        "parameters": [_RUN_ID],
        "post": {
            "operationId": "cancelRun",
            "summary": "Stop a run",
            "responses": {
                "200": _reply("It has ended already; its result.", "Run"),
                "202": _reply("It is being stopped.", "Pending"),
                **_problems(403, 404),
            },
        },
    },
    "/api/runs/{run_id}/events": {
        "parameters": [_RUN_ID],
        "get": {
            "operationId": "runEvents",
            "summary": "What happens in a run, as it happens",
            "description": "Server-sent events `output`, `epoch`, `artifact` and `done`; the data is JSON.",
            "parameters": [
                {
                    "name": "Last-Event-ID",
                    "in": "header",
                    "schema": {"type": "string"},
                    "description": "Resume after this event.",
                }
            ],
            "responses": {
                "200": {"description": "The events.", "content": {"text/event-stream": {"schema": _TEXT}}},
                "204": _reply("The last event was already received."),
                **_problems(404),
            },
        },
    },
    "/api/runs/{run_id}/artifacts/{name}": {
        "parameters": [_RUN_ID, {"name": "name", "in": "path", "required": True, "schema": _TEXT}],
        "get": {
            "operationId": "getArtifact",
            "summary": "A file that a run left",
            "responses": {
                "200": {"description": "The file.", "content": {"*/*": {"schema": _TEXT}}},
                **_problems(404),
            },
        },
    },
    "/api/feedback": {
        "post": {
            "operationId": "giveFeedback",
            "summary": "Say what you think of an answer",
            "requestBody": _body("Feedback", {"question": "How do I freeze a layer?", "vote": "up"}),
            "responses": {"201": _reply("Noted.", "Noted"), **_problems(400, 401, 403, 404, 413, 415, 422, 429)},
        }
    },
    "/api/upgrade": {
        "post": {
            "operationId": "upgrade",
            "summary": "Rewrite Keras 1 or 2 code for Keras 3",
            "requestBody": _body("Program", {"source": "from keras.layers.core import Dense"}),
            "responses": {
                "200": _reply("The new program, and what was changed.", "Upgrade"),
                **_problems(400, 401, 403, 413, 415, 422, 429, 503),
            },
        }
    },
    "/api/openapi.json": {
        "get": {
            "operationId": "describe",
            "summary": "This description",
            "responses": {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {}}}},
        }
    },
    "/healthz": {
        "get": {
            "operationId": "health",
            "summary": "Is the process alive?",
            "responses": {"200": _reply("Yes.", "Health")},
        }
    },
    "/readyz": {
        "get": {
            "operationId": "readiness",
            "summary": "Can it answer and run?",
            "responses": {"200": _reply("Yes.", "Readiness"), "503": _reply("No; it says why.", "Readiness")},
        }
    },
    "/metrics": {
        "get": {
            "operationId": "metrics",
            "summary": "Figures for Prometheus",
            "responses": {"200": {"description": "Text format.", "content": {"text/plain": {"schema": _TEXT}}}},
        }
    },
}


def version() -> str:
    """Return Lobby's version, "0" when it is not installed."""
    try:
        return metadata.version("keras-lobby")
    except metadata.PackageNotFoundError:
        return "0"


DOCUMENT: Json = {
    "openapi": "3.1.0",
    "info": {
        "title": "Lobby",
        "version": version(),
        "summary": "Keras questions answered with sources; snippets run in isolation.",
        "description": "Errors are `application/problem+json` (RFC 9457) with a `remedy`. One address may only ask and"
        " run so often in a minute; a program with a key sends it as `Authorization: Bearer KEY` and may more often.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    "paths": _PATHS,
    "components": {"schemas": _SCHEMAS, "x-problems": KINDS},
}
