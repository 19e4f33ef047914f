"""What language models may ask for over the Model Context Protocol: questions, searches, pages, runs."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.channels.web.mcp_endpoint import PATH
from bot.channels.web.openapi import version
from bot.channels.web.pages import ask
from bot.channels.web.problems import Problem, invalid
from bot.channels.web.run_pages import submit
from bot.channels.web.site import Site
from bot.channels.web.views import public_result
from bot.channels.web.watch import wait_for_result
from bot.channels.web.wire import parse_run
from kb.errors import KnowledgeError
from runner.errors import RunnerError

INSTRUCTIONS = (
    "Lobby answers questions about Keras from the documentation of the installed version, with sources, and runs"
    " Keras snippets on TensorFlow, JAX or PyTorch in a sandbox without network. Ask first; run code to be sure."
)
MAX_SEARCH = 2000


class Tools:
    """The protocol's server. Every request stands for itself; nothing is kept between two."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._server = MCPServer("lobby", instructions=INSTRUCTIONS, version=version(), log_level="WARNING")
        for tool in (self._ask, self._search, self._docs, self._run):
            self._server.add_tool(tool, name=tool.__name__.removeprefix("_"))
        # Names of hosts and origins are checked for all of our addresses alike.
        security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        application = self._server.streamable_http_app(
            streamable_http_path=PATH, json_response=True, stateless_http=True, transport_security=security
        )
        self.app: ASGIApp = next(
            route.app for route in application.routes if isinstance(route, Route) and route.path == PATH
        )

    def running(self) -> AbstractAsyncContextManager[None]:
        """Serve while the context is open."""
        return self._server.session_manager.run()

    async def _ask(self, question: str, ctx: Context) -> dict[str, Any]:
        """Answer a question about Keras, with code, sources and how sure the answer is."""
        with _told():
            answer, _ = await ask(_request(ctx), question, "mcp")
        return answer.to_dict()

    async def _search(self, query: str, ctx: Context) -> list[dict[str, Any]]:
        """Find the pages closest to a query: API symbols, FAQ entries, guides and examples."""
        with _told():
            if not 0 < len(query.strip()) <= MAX_SEARCH:
                raise invalid(f"The query has {len(query)} characters.", f"Send 1 to {MAX_SEARCH}.")
            self._site.rates.use(_request(ctx), "search")
            return [source.to_dict() for source in await self._site.searched(query.strip())]

    async def _docs(self, symbol: str, ctx: Context) -> dict[str, Any]:
        """Return the documentation of a public symbol, such as keras.layers.LSTM, as Markdown."""
        with _told():
            self._site.rates.use(_request(ctx), "search")
            knowledge = self._site.assistant.knowledge
            page = await self._site.looking(knowledge.page, symbol[:200])
            if page is None or page.symbol is None:
                near = await self._site.looking(knowledge.nearest_symbols, symbol)
                raise invalid(f"There is no public {symbol[:100]}.", f"Did you mean {', '.join(near)}?")
        text = "\n\n".join(f"## {one.title}\n\n{one.text}" if one.title else one.text for one in page.sections)
        return {
            "symbol": page.symbol,
            "signature": page.signature,
            "version": page.version,
            "url": page.url,
            "text": text,
            "raises": list(page.meta.get("raises", ())),
        }

    async def _run(
        self, source: str, ctx: Context, backend: str = "tensorflow", timeout_s: float | None = None
    ) -> dict[str, Any]:
        """Run a Python snippet with Keras in the sandbox (backend: tensorflow, jax or torch) and return the result."""
        with _told():
            data = {"source": source, "backend": backend, "timeout_s": timeout_s}
            run_id = await submit(_request(ctx), parse_run(data, **self._site.wall_clock))
            return public_result(await wait_for_result(self._site, run_id))


class _told:
    """Turns what we refuse into a sentence that the model can act on."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Problem | KnowledgeError | RunnerError):
            raise ToolError(f"{error.what} {error.remedy}") from None


def _request(ctx: Context) -> Request:
    """Return the HTTP request that a call of a tool came with."""
    request = ctx.request_context.request
    assert isinstance(request, Request)  # noqa: S101 - there is no other transport; tells the type checker
    # The inner application has none of our state.
    return request
