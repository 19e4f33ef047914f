"""A run that is going on: its events as they come, for everybody who follows it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from runner.gpu_lease import Gpus, Lease
from runner.job import Event, Job, Result, RunError
from runner.supervise import Supervision

_EVENTS_KEPT = 5000


@dataclass(eq=False)
class LiveRun:
    """A run that is not finished, or was a moment ago."""

    id: str
    job: Job
    accepted: float
    events: list[Event] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    result: Result | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    supervision: Supervision | None = None
    lease: Lease | None = None  # its hold on a GPU, from when its turn came
    refused: RunError | None = None  # why it came to nothing when its turn came
    cache_key: str | None = None
    values: list[float] | None = None
    waited_for: bool = False
    left: bool = False  # still waiting in the store when the service closed

    def may_start(self, gpus: Gpus) -> bool:
        """Take a GPU if one suits this run, now that it is its turn; False when it has to wait for one."""
        if not gpus.suits(self.job):
            return True
        self.refused = gpus.refusal(self.job)
        if self.refused is None:
            self.lease = gpus.take(self.job)
        # Who left the choice to us is better served by the CPU now than by a GPU some time.
        return self.lease is not None or self.refused is not None or self.job.device == "auto"

    def tell(self, kind: Any, data: dict[str, Any]) -> None:
        with self.changed:
            if len(self.events) < _EVENTS_KEPT or kind == "done":
                self.events.append(Event(len(self.events) + 1, kind, data))
                self.changed.notify_all()

    def follow(self, after: int, timeout_s: float | None) -> Iterator[Event]:
        """Yield events with numbers above `after` until `done`, or until nothing came for `timeout_s` seconds."""
        while True:
            with self.changed:
                if not self.changed.wait_for(lambda: len(self.events) > after or self.left, timeout_s):  # noqa: B023
                    return
                if self.left:
                    return
                fresh = self.events[after:]
            for event in fresh:
                after = event.number
                yield event
                if event.kind == "done":
                    return

    def wait(self, on_event: Callable[[Event], None] | None) -> Result:
        """Wait for the end, passing each event on; what `on_event` raises is its own affair."""
        for event in self.follow(0, None):
            if on_event is not None:
                with contextlib.suppress(Exception):
                    on_event(event)
        if self.result is None:
            raise RuntimeError("the run was left to another service")
        return self.result

    def leave(self) -> None:
        """End everybody's following without a result: the run stays in the store for a later service."""
        with self.changed:
            self.left = True
            self.changed.notify_all()
