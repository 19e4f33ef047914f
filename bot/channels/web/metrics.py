"""Figures for Prometheus. None of them holds a question, a snippet or an address."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.assistant import Assistant

log = logging.getLogger(__name__)

# From a cached page to a run that is waited for.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The figures of one application."""

    def __init__(self, assistant: Assistant) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "lobby_http_requests", "Requests served.", ("route", "method", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "lobby_http_request_seconds",
            "Time to the last byte of a response; event streams are left out.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.questions = Counter(
            "lobby_questions", "Questions by outcome: answered, unanswered.", ("outcome",), registry=self.registry
        )
        self.runs = Counter("lobby_runs_accepted", "Snippets accepted.", ("backend",), registry=self.registry)
        self.streams = Gauge("lobby_event_streams", "Event streams that are open.", registry=self.registry)
        self.registry.register(_RunnerFigures(assistant))

    def text(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self.registry)


class _RunnerFigures(Collector):
    """The runner's own figures, read when they are asked for."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name nothing beforehand, so that registering does not ask the runner."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, value in _numbers(self._assistant.runner.status()):
            yield GaugeMetricFamily(f"lobby_runner_{name}", f"The runner's {name.replace('_', ' ')}.", value)


def _numbers(status: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in status.items():
        if isinstance(value, bool | int | float) and name.isidentifier():
            yield name, float(value)


class MeasureRequests:
    """Counts requests by route (never by address, which would grow without bound) and times them."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500
        is_stream = False

        async def watching_send(message: Message) -> None:
            nonlocal status, is_stream
            if message["type"] == "http.response.start":
                status = message["status"]
                is_stream = any(
                    name == b"content-type" and value.startswith(b"text/event-stream")
                    for name, value in message["headers"]
                )
            await send(message)

        try:
            await self.app(scope, receive, watching_send)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in METHODS else "other"
            self.metrics.requests.labels(route, method, str(status)).inc()
            if not is_stream:
                self.metrics.seconds.labels(route).observe(time.perf_counter() - started)
