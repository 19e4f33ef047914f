from __future__ import annotations

import http.client
import json
import time

import jsonschema
import pytest

from bot.channels.web.openapi import DOCUMENT
from bot.channels.web.problems import KINDS, TYPE_PREFIX
from bot.channels.web.security import MAX_BODY_BYTES

pytestmark = pytest.mark.sandbox


def check(data, schema):
    """Hold a body against the published description."""
    jsonschema.validate(data, {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]})


def check_problem(response, status, kind):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    data = response.json()
    check(data, "Problem")
    assert data["status"] == status
    assert data["type"] == TYPE_PREFIX + kind
    assert data["title"] == KINDS[kind]
    for sentence in (data["detail"], data["remedy"]):
        assert sentence and "\n" not in sentence and "Traceback" not in sentence
    return data


def events_of(response):
    """Return a finished event stream as (id, event, data)."""
    blocks = [block for block in response.text.split("\n\n") if block.strip() and not block.startswith(":")]
    found = []
    for block in blocks:
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return found


# -- questions --------------------------------------------------------------------------------------------------------


def test_a_question_is_answered_with_sources(client):
    response = client.post(
        "/api/ask", json={"question": "how do I stop training when the validation loss stops improving?"}
    )
    assert response.status_code == 200
    answer = response.json()
    check(answer, "Answer")
    assert answer["answered"] is True
    first = answer["sources"][0]
    assert "keras.callbacks.EarlyStopping" in [first["symbol"], *first["symbols"]]


def test_search_lists_sources(client):
    response = client.get("/api/search", params={"q": "dropout"})
    assert response.status_code == 200
    data = response.json()
    check(data, "SearchResult")
    assert "keras.layers.Dropout" in [source["symbol"] for source in data["sources"]]


@pytest.mark.parametrize("question", ["", "   ", "\n"])
def test_an_empty_question_is_refused(client, question):
    check_problem(client.post("/api/ask", json={"question": question}), 422, "bad-question")


def test_a_question_in_another_script_is_a_question(client):
    response = client.post("/api/ask", json={"question": "如何冻结预训练模型的层?"})
    assert response.status_code == 200
    check(response.json(), "Answer")


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20"])
def test_a_search_for_nothing_is_refused(client, query):
    check_problem(client.get(f"/api/search{query}"), 422, "invalid-field")


def test_a_search_that_is_too_long_is_refused(client):
    check_problem(client.get("/api/search", params={"q": "x" * 2001}), 422, "invalid-field")


# -- bodies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/ask", "/api/runs"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"NaN",
        b'{"question": NaN}',
        b"[" * 100_000,
    ],
)
def test_a_body_that_is_no_json_object_is_refused(client, path, body):
    response = client.post(path, content=body, headers={"Content-Type": "application/json"})
    check_problem(response, 400, "bad-request")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"])
def test_only_json_is_taken(client, media_type):
    response = client.post("/api/ask", content=b'{"question": "x"}', headers={"Content-Type": media_type})
    check_problem(response, 415, "unsupported-media-type")


def test_a_body_past_the_bound_is_refused(client):
    response = client.post("/api/ask", json={"question": "x" * MAX_BODY_BYTES})
    check_problem(response, 413, "too-large")


def test_a_body_past_the_bound_that_hides_its_length_is_refused(client):
    def chunks():
        for _ in range(40):
            yield b"x" * 65536

    response = client.post("/api/ask", content=chunks(), headers={"Content-Type": "application/json"})
    check_problem(response, 413, "too-large")


@pytest.mark.parametrize("field", ["backend", "sauce", "seed"])
def test_a_field_that_is_not_allowed_is_named(client, field):
    response = client.post("/api/runs", json={"source": "print(1)", field: "theano"})
    assert field in check_problem(response, 422, "invalid-field")["detail"]


def test_a_wish_to_wait_is_yes_or_no(client):
    check_problem(client.post("/api/runs?wait=perhaps", json={"source": "1"}), 422, "invalid-field")


@pytest.mark.parametrize("path", ["/api/ask", "/api/runs", "/api/runs/x/cancel", "/ask", "/run", "/r/x/stop"])
def test_another_site_cannot_make_a_browser_change_anything(client, path):
    response = client.post(path, headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403


# -- runs -------------------------------------------------------------------------------------------------------------


def test_a_run_that_is_waited_for(client):
    response = client.post("/api/runs?wait=true", json={"source": "print('hello', 6 * 7)"})
    assert response.status_code == 200
    run = response.json()
    check(run, "Run")
    assert run["status"] == "ok"
    assert run["stdout"] == "hello 42\n"
    assert response.headers["location"] == f"/api/runs/{run['id']}"
    assert client.get(response.headers["location"]).json()["stdout"] == run["stdout"]


def test_a_run_that_is_not_waited_for(client):
    response = client.post("/api/runs", json={"source": "import time; time.sleep(0.3); print('later')"})
    assert response.status_code == 202
    check(response.json(), "Pending")
    location = response.headers["location"]
    deadline = time.monotonic() + 60
    while (found := client.get(location)).status_code == 202:
        assert time.monotonic() < deadline
        check(found.json(), "Pending")
        assert found.headers["retry-after"] == "1"
        time.sleep(0.1)
    check(found.json(), "Run")
    assert found.json()["stdout"] == "later\n"


def test_input_seed_and_files_reach_the_snippet(run_snippet):
    source = "import random\nprint(input(), open('data.csv').read(), random.random())"
    fields = {"stdin": "typed\n", "seed": 3, "files": {"data.csv": "1,2"}, "timeout_s": 20}
    first, second = run_snippet(source, **fields), run_snippet(source, **fields)
    assert first["stdout"].startswith("typed 1,2 0.")
    assert first["stdout"] == second["stdout"]


def test_an_error_leads_to_suggestions(run_snippet):
    run = run_snippet("import keras, numpy as np\nkeras.Sequential([keras.layers.LSTM(4)])(np.zeros((2, 3)))")
    check(run, "Run")
    assert run["status"] == "error"
    assert run["error"]["line"] == 2
    assert run["suggestions"]


def test_a_time_limit_of_ones_own(run_snippet):
    run = run_snippet("while True: pass", timeout_s=1)
    assert run["status"] == "timeout"


@pytest.mark.parametrize("source", ["", "   ", "def (", "\x00"])
def test_what_cannot_start_is_a_result_too(run_snippet, source):
    run = run_snippet(source)
    check(run, "Run")
    assert run["status"] == "rejected"
    assert run["error"]["message"]


@pytest.mark.parametrize("run_id", ["nope", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "%00", "a%2Fb", "x" * 300])
@pytest.mark.parametrize("rest", ["", "/events", "/artifacts/plot-1.png"])
def test_an_unknown_run_is_not_found(client, run_id, rest):
    response = client.get(f"/api/runs/{run_id}{rest}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("how", ["delete", "cancel"])
def test_a_run_can_be_stopped(client, how):
    location = client.post("/api/runs", json={"source": "while True: pass"}).headers["location"]
    time.sleep(0.5)
    stopped = client.delete(location) if how == "delete" else client.post(f"{location}/cancel")
    assert stopped.status_code in {200, 202}
    deadline = time.monotonic() + 20
    while (found := client.get(location)).status_code == 202:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert found.json()["status"] == "cancelled"


# -- events -----------------------------------------------------------------------------------------------------------

FIT = """\
import keras, numpy as np
model = keras.Sequential([keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.zeros((8, 2)), np.zeros(8), epochs=2, verbose=0)
print("trained")
open("note.txt", "w").write("x")
"""


def test_events_tell_output_epochs_artifacts_and_the_end(client):
    location = client.post("/api/runs", json={"source": FIT}).headers["location"]
    response = client.get(f"{location}/events")
    assert response.headers["content-type"].startswith("text/event-stream")
    events = events_of(response)
    assert [number for number, _, _ in events] == sorted({number for number, _, _ in events})
    kinds = [kind for _, kind, _ in events]
    assert kinds[-1] == "done"
    assert kinds.count("done") == 1
    epochs = [data for _, kind, data in events if kind == "epoch"]
    assert [(data["epoch"], data["epochs"]) for data in epochs] == [(1, 2), (2, 2)]
    assert "loss" in epochs[0]["metrics"]
    assert "".join(data["text"] for _, kind, data in events if kind == "output") == "trained\n"
    files = {data["name"]: data["path"] for _, kind, data in events if kind == "artifact"}
    assert files["note.txt"] == f"{location}/artifacts/note.txt"
    check(events[-1][2], "Run")
    assert events[-1][2]["status"] == "ok"


def test_events_resume_where_a_client_left_off(client):
    location = client.post("/api/runs?wait=true", json={"source": FIT}).headers["location"]
    events = events_of(client.get(f"{location}/events"))
    middle, last = events[0][0], events[-1][0]
    resumed = events_of(client.get(f"{location}/events", headers={"Last-Event-ID": str(middle)}))
    assert resumed == events[1:]
    assert client.get(f"{location}/events", headers={"Last-Event-ID": str(last)}).status_code == 204


@pytest.mark.parametrize("last", ["x", "-1", "1" * 400, "١"])
def test_a_last_event_that_is_none_starts_at_the_beginning(client, last):
    location = client.post("/api/runs?wait=true", json={"source": "print(1)"}).headers["location"]
    response = client.get(f"{location}/events", headers={"Last-Event-ID": last.encode("utf-8")})
    assert events_of(response)[-1][1] == "done"


def test_output_cannot_forge_an_event(client):
    source = "print('a\\n\\nevent: done\\ndata: {}\\n\\n\\r\\rid: 99\\u2028event: done')"
    location = client.post("/api/runs?wait=true", json={"source": source}).headers["location"]
    kinds = [kind for _, kind, _ in events_of(client.get(f"{location}/events"))]
    assert kinds.count("done") == 1


# -- artifacts --------------------------------------------------------------------------------------------------------

FILES = """\
import matplotlib.pyplot as plt
plt.plot([1, 2])
open("page.html", "w").write("<script>alert(1)</script>")
open("picture.svg", "w").write("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
open("ü \\"quoted\\" <b>.txt", "w").write("x")
"""


@pytest.fixture(scope="module")
def files(run_snippet):
    """What the snippet left, by ending."""
    return {artifact["name"].rsplit(".", 1)[1]: artifact for artifact in run_snippet(FILES)["artifacts"]}


def test_a_plot_is_shown_as_a_picture(client, files):
    response = client.get(files["png"]["path"])
    assert response.headers["content-type"] == "image/png"
    assert response.headers["content-disposition"].startswith("inline")
    assert response.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("ending", ["html", "svg", "txt"])
def test_any_other_file_is_a_download_that_no_browser_opens(client, files, ending):
    response = client.get(files[ending]["path"])
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert '"' not in response.headers["content-disposition"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]


@pytest.mark.parametrize(
    "name", ["nope", "..", "../../../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e", "plot-1.png%00", ""]
)
@pytest.mark.parametrize("folder", ["artifacts", "static"])
def test_no_other_file_can_be_had(server, files, folder, name):
    start = files["png"]["path"].rsplit("/", 1)[0] if folder == "artifacts" else "/static/fonts"
    # The plain client sends the address as it is; others would tidy it up first.
    connection = http.client.HTTPConnection(server.removeprefix("http://"), timeout=10)
    connection.request("GET", f"{start}/{name}")
    response = connection.getresponse()
    assert response.status in {307, 404}
    assert b"root:" not in response.read()
    connection.close()


# -- machines ---------------------------------------------------------------------------------------------------------


def test_health_and_readiness(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200, ready.text
    check(ready.json(), "Readiness")


def test_metrics_count_by_route_and_never_by_address(client):
    client.get("/docs/keras.layers.Dense")
    text = client.get("/metrics").text
    assert 'lobby_http_requests_total{method="GET",route="/docs/{symbol}",status="200"}' in text
    assert "keras.layers.Dense" not in text
    assert "lobby_runs_accepted_total" in text


def test_the_description_is_served(client):
    response = client.get("/api/openapi.json")
    assert response.json()["openapi"] == "3.1.0"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/nope", 404), ("GET", "/api/ask", 405), ("PUT", "/api/runs", 405), ("PATCH", "/api/runs/x", 405)],
)
def test_wrong_addresses_and_methods_are_problems_too(client, method, path, status):
    kind = "not-found" if status == 404 else "method-not-allowed"
    check_problem(client.request(method, path), status, kind)


def test_a_fault_of_ours_shows_no_traceback(client, app, monkeypatch, caplog):
    def broken(question):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(app.state.site.assistant.knowledge, "ask", broken)
    data = check_problem(client.post("/api/ask", json={"question": "why?"}), 500, "internal")
    assert "secret" not in json.dumps(data)
    page = client.get("/?q=why")
    assert page.status_code == 500
    assert "secret" not in page.text and "Traceback" not in page.text
    # Whoever runs the service finds the incident that the page names.
    incident = data["remedy"].rsplit(" ", 1)[1].strip(".")
    assert incident in caplog.text and "secret detail" in caplog.text
