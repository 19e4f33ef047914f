"""Which names the service answers to, how often one may ask, and what a file called a picture is served as."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError
from starlette.requests import Request
from starlette.testclient import TestClient

from bot.channels.web.app import create_app
from bot.channels.web.hosts import allowed_names, host_name, is_allowed
from bot.channels.web.keys import line_of, made
from bot.cli import call
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


@pytest.fixture
def keyed(assistant, memory, data_dir):
    """A far client that sends a key, or what it is given in its place."""
    key = made()
    settings = Settings(
        data_dir=data_dir, web_runs_per_minute=1, api_keys=(line_of("robot", key),), api_runs_per_minute=3
    )
    app = create_app(assistant, settings, memory)

    def client(sent: str | None = key, address: str = "203.0.113.9") -> TestClient:
        headers = {"Authorization": f"Bearer {sent}"} if sent is not None else {}
        return TestClient(app, base_url="http://localhost", client=(address, 1), headers=headers)

    return client


def test_a_key_has_a_share_of_its_own(keyed):
    job = {"source": "print(1)"}
    assert [keyed(None).post("/api/runs", json=job).status_code for _ in range(2)] == [202, 429]
    # From wherever it is used, this machine included.
    places = ("203.0.113.9", "203.0.113.8", "127.0.0.1", "203.0.113.9")
    answers = [keyed(address=place).post("/api/runs", json=job) for place in places]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert "This key has started 3 runs" in answers[-1].json()["detail"]


@pytest.mark.parametrize("sent", ["", "lobby_", "x" * 10_000, "null"])
def test_an_unknown_key_is_refused(keyed, sent):
    client = keyed(sent)
    for response in (client.post("/api/ask", json={"question": "dropout"}), client.get("/api/search?q=dropout")):
        assert response.status_code == 401 and response.headers["www-authenticate"].startswith("Bearer")
        assert response.json()["type"].endswith("unknown-key")


def test_other_schemes_are_not_ours(keyed):
    client = keyed(None)
    response = client.post("/api/ask", json={"question": "dropout"}, headers={"Authorization": "Basic eDp5"})
    assert response.status_code == 200


def test_runs_count_against_who_sent_them(app, keyed, far):
    rates = keyed().app.state.site.rates

    def account(client: TestClient, host: str) -> str:
        scope = {"type": "http", "headers": [(k.encode(), v.encode()) for k, v in client.headers.items()]}
        return rates.account_of(Request({**scope, "client": (host, 1)}))

    assert account(keyed(), "203.0.113.9") == "key:robot"
    first, second = account(keyed(None), "203.0.113.9"), account(keyed(None), "203.0.113.8")
    assert first != second and first.startswith("web:") and "203" not in first
    assert account(keyed(None), "127.0.0.1") == ""


def test_a_key_is_made_once_and_kept_as_its_hash(capsys):
    assert call(["keys", "new", "robot", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["api_keys"] == line_of("robot", told["key"]) and told["key"] not in told["api_keys"]
    assert Settings(api_keys=(told["api_keys"],)).api_keys
    assert call(["keys", "new", "no name"]) == 2
    with pytest.raises(ValidationError):
        Settings(api_keys=("robot:plain-key",))


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
