"""Upgrades over HTTP, and the page of the rules."""

from __future__ import annotations

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from runner.upgrade import RULES
from runner.upgrade.proven import PROVEN

OLD = "from keras.layers.core import Dense\nmodel.fit(x, y, nb_epoch=3)\n"


def test_a_program_comes_back_upgraded(client: TestClient) -> None:
    response = client.post("/api/upgrade", json={"source": OLD})
    assert response.status_code == 200
    upgraded = response.json()
    assert list(upgraded) == ["changed", "source", "diff", "changes", "findings", "run_before", "run_after"]
    assert upgraded["source"] == "from keras.layers import Dense\nmodel.fit(x, y, epochs=3)\n"
    assert [change["line"] for change in upgraded["changes"]] == [1, 2]
    assert upgraded["run_before"] is None


def test_refusals_name_the_field(client: TestClient) -> None:
    assert client.post("/api/upgrade", json={}).status_code == 422
    assert client.post("/api/upgrade", json={"source": "x", "other": 1}).status_code == 422
    large = client.post("/api/upgrade", json={"source": "import keras\n" * 6000})
    assert large.status_code == 422
    assert "64 KiB" in large.json()["detail"]
    broken = client.post("/api/upgrade", json={"source": "import keras\ndef f(:\n"})
    assert broken.status_code == 422
    assert "Line 2" in broken.json()["detail"]


def test_the_page_lists_every_rule(client: TestClient) -> None:
    page = client.get("/docs/upgrade")
    assert page.status_code == 200
    for rule in RULES:
        assert f'id="{rule.name}"' in page.text
    for row in PROVEN:
        assert f"<td>{row.era}</td><td>{row.backend}</td><td>{row.programs}</td>" in page.text


def test_a_failed_run_says_what_an_upgrade_would_change(client: TestClient) -> None:
    old = client.post("/api/runs?wait=true", json={"source": "from keras.layers.core import Dense\n"}).json()
    assert old["status"] == "error"
    assert old["upgrade"]["changed"] is True
    assert old["upgrade"]["count"] == len(old["upgrade"]["changes"]) == 1
    python2 = client.post("/api/runs?wait=true", json={"source": "import keras\nprint 'old'\n"}).json()
    assert python2["status"] == "rejected"
    assert [change["rule"] for change in python2["upgrade"]["changes"]] == ["python2-print"]
    for source in ("print(1)\n", "raise ValueError('mine')\n"):
        assert client.post("/api/runs?wait=true", json={"source": source}).json()["upgrade"] is None


@pytest.mark.sandbox
def test_a_failing_run_of_old_code_has_a_button_to_upgrade_it(client, run_snippet):
    result = run_snippet("from keras.layers.core import Dense\nDense(output_dim=3)\n")
    assert result["status"] == "error" and result["upgrade"]["changed"]
    page = client.get(f"/r/{result['id']}").text
    form = re.search(r'<form[^>]*action="/upgrade".*?</form>', page, re.DOTALL)
    assert form and "from keras.layers.core" in form[0] and "Upgrade to Keras 3" in form[0]
    shown = client.post("/upgrade", data={"source": "from keras.layers.core import Dense\nDense(output_dim=3)\n"})
    assert shown.status_code == 200 and "Dense(units=3)" in unescape(shown.text)
    assert client.get("/upgrade").headers["location"] == "/playground"
    modern = run_snippet("import keras\nkeras.layers.Dense()\n")
    assert 'action="/upgrade"' not in client.get(f"/r/{modern['id']}").text
