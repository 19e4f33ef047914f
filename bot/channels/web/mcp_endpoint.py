"""The address of the Model Context Protocol, `/mcp`; the protocol's library is loaded when somebody first speaks it."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup, TaskStatus
from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.channels.web.problems import Problem
from bot.channels.web.security import check_same_origin
from bot.channels.web.site import Site

if TYPE_CHECKING:
    from bot.channels.web import mcp_tools

PATH = "/mcp"
# It takes most of a second to load, which every start of the service would wait for.
TOOLS = "bot.channels.web.mcp_tools"


class Endpoint:
    """Keeps other sites' pages out, as everywhere, and hands the rest to the tools."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._tools: ASGIApp | None = None
        self._group: TaskGroup | None = None
        self._loading = anyio.Lock()
        self.route = Route(PATH, self, methods=["GET", "POST", "DELETE"])

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve while the application runs."""
        async with anyio.create_task_group() as self._group:
            yield
            self._group.cancel_scope.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            check_same_origin(scope["method"], Headers(scope=scope), self._site.public_url)
        except Problem as problem:
            await problem.response()(scope, receive, send)
            return
        async with self._loading:
            if self._tools is None:
                assert self._group is not None  # noqa: S101 - no request comes before the application runs
                module = await to_thread.run_sync(importlib.import_module, TOOLS)
                self._tools = await self._group.start(self._hold, module.Tools(self._site))
        await self._tools(scope, receive, send)

    async def _hold(self, tools: mcp_tools.Tools, *, task_status: TaskStatus[ASGIApp]) -> None:
        async with tools.running():
            task_status.started(tools.app)
            await anyio.sleep_forever()
