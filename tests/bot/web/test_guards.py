"""Which names the service answers to, how often one may ask, and what a file called a picture is served as."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from bot.channels.web.app import create_app
from bot.channels.web.hosts import allowed_names, host_name, is_allowed
from bot.settings import Settings


@pytest.mark.parametrize(
    ("header", "name"),
    [("localhost:8080", "localhost"), ("[::1]:8080", "::1"), ("Lobby.Example.", "lobby.example"), ("", ""), ("[", "")],
)
def test_the_name_in_a_host_header(header, name):
    assert host_name(header) == name


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080", "192.168.7.7", "lobby.example"])
def test_own_names_and_bare_addresses_are_served(client, settings, host):
    allowed = allowed_names(settings.model_copy(update={"public_url": "https://lobby.example/x"}))
    assert is_allowed(host_name(host), allowed)


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "2130706433x"]
)
def test_a_foreign_name_that_leads_here_is_refused_everywhere(client, host):
    for path in ("/", "/api/search?q=x", "/healthz", "/static/lobby.js"):
        response = client.get(path, headers={"Host": host})
        assert response.status_code == 421, path
        assert response.json()["type"].endswith("unknown-host")


def test_the_operator_may_name_more(assistant, memory, data_dir):
    for names, status in ((("desk.example",), 200), (("*",), 200), ((), 421)):
        app = create_app(assistant, Settings(data_dir=data_dir, allowed_hosts=names), memory)
        with TestClient(app, base_url="http://desk.example") as client:
            assert client.get("/healthz").status_code == status


@pytest.fixture
def far(assistant, memory, data_dir):
    """Clients at other addresses, who may start two runs and ask three questions a minute."""
    settings = Settings(data_dir=data_dir, web_runs_per_minute=2, web_questions_per_minute=3)
    app = create_app(assistant, settings, memory)
    return lambda address: TestClient(app, base_url="http://localhost", client=(address, 1), follow_redirects=False)


def test_an_address_that_runs_too_often_is_told_when_to_come_back(far):
    client = far("203.0.113.5")
    job = {"source": "print(1)"}
    assert [client.post("/api/runs", json=job).status_code for _ in range(2)] == [202, 202]
    response = client.post("/api/runs", json=job)
    assert response.status_code == 429 and response.headers["content-type"] == "application/problem+json"
    assert 1 <= int(response.headers["retry-after"]) <= 60
    assert client.post("/run", data={"source": "print(1)"}).status_code == 429
    assert client.post("/compare", data={"source": "print(1)"}).status_code == 429
    assert far("203.0.113.6").post("/api/runs", json=job).status_code == 202


def test_an_address_that_asks_too_often_is_told_so_on_the_page(far):
    client = far("203.0.113.7")
    statuses = [client.post("/api/ask", json={"question": "dropout"}).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    page = client.get("/?q=dropout")
    assert page.status_code == 429 and "Try again in" in page.text


def test_a_network_of_version_six_shares_what_it_gets(far):
    job = {"source": "print(1)"}
    statuses = [far(f"2001:db8::{i}").post("/api/runs", json=job).status_code for i in (1, 2, 3)]
    assert statuses == [202, 202, 429]
    assert far("2001:db8:0:1::1").post("/api/runs", json=job).status_code == 202


def test_whoever_sits_at_the_machine_is_not_counted(far):
    for address in ("127.0.0.1", "::1"):
        assert {far(address).post("/api/ask", json={"question": "dropout"}).status_code for _ in range(6)} == {200}


@pytest.mark.sandbox
@pytest.mark.parametrize("content", [b"<script>alert(1)</script>", b"\x89PNG\r\n\x1a\n<script>alert(1)</script>"])
def test_what_is_only_called_a_picture_is_a_file_like_others(client, run_snippet, content):
    result = run_snippet(f"open('x.png', 'wb').write({content!r})")
    response = client.get(f"/api/runs/{result['id']}/artifacts/x.png")
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"].startswith("attachment")
    page = client.get(f"/r/{result['id']}").text
    assert "<img" not in page and "x.png" in page


@pytest.mark.sandbox
def test_what_was_not_kept_is_said(client, run_snippet):
    result = run_snippet("for i in range(12):\n    open(f'f{i:02}.txt', 'w').write('x')")
    page = client.get(f"/r/{result['id']}").text
    assert len(result["artifacts"]) == 10 and "Not kept" in page and "f11.txt" in page
