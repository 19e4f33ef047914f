"""The Model Context Protocol, spoken by the official client."""

from __future__ import annotations

import json

import anyio
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

pytestmark = pytest.mark.sandbox


def call(server, *calls):
    """Call tools in one session; give the tools' names and each result's text, or the error's."""

    async def talk():
        async with streamable_http_client(f"{server}/mcp") as streams, ClientSession(*streams[:2]) as session:
            await session.initialize()
            tools = {tool.name for tool in (await session.list_tools()).tools}
            return tools, [await session.call_tool(name, arguments) for name, arguments in calls]

    return anyio.run(talk)


def test_it_offers_to_ask_search_look_up_and_run(server):
    tools, (asked, found, page, ran) = call(
        server,
        ("ask", {"question": "how do I stop training early?"}),
        ("search", {"query": "dropout"}),
        ("docs", {"symbol": "keras.layers.LSTM"}),
        ("run", {"source": "print(6 * 7)", "backend": "jax"}),
    )
    assert tools == {"ask", "search", "docs", "run"}
    assert not any(result.is_error for result in (asked, found, page, ran))
    assert json.loads(asked.content[0].text)["answered"] is True
    assert "keras.layers.Dropout" in found.content[0].text
    assert json.loads(page.content[0].text)["symbol"] == "keras.layers.LSTM"
    assert json.loads(ran.content[0].text)["stdout"] == "42\n"


def test_what_is_refused_says_what_to_do(server):
    _, results = call(
        server,
        ("ask", {"question": " "}),
        ("search", {"query": ""}),
        ("docs", {"symbol": "keras.layers.LSTMM"}),
        ("run", {"source": "print(1)", "backend": "theano"}),
    )
    assert all(result.is_error for result in results)
    assert "Did you mean keras.layers.LSTM" in results[2].content[0].text
    assert "Choose one of" in results[3].content[0].text


def test_other_sites_may_not(client):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Origin": "https://evil.example", "Accept": "application/json, text/event-stream"}
    assert client.post("/mcp", json=message, headers=headers).status_code == 403
