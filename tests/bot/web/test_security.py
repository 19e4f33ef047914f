from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from bot.channels.web.problems import Problem
from bot.channels.web.security import check_same_origin

PUBLIC = "https://lobby.example"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "127.0.0.1:8080", "origin": "http://127.0.0.1:8080"},
        {"host": "127.0.0.1:8080", "origin": "https://lobby.example"},
        {"host": "x", "sec-fetch-site": "same-origin"},
        {"host": "x", "sec-fetch-site": "none"},
    ],
)
def test_our_own_pages_and_programs_may_change_things(headers):
    check_same_origin("POST", Headers(headers), PUBLIC)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "127.0.0.1:8080", "origin": "https://evil.example"},
        {"host": "127.0.0.1:8080", "origin": "http://127.0.0.1:8081"},
        {"host": "127.0.0.1:8080", "origin": "null"},
        {"host": "lobby.example", "origin": "https://lobby.example.evil.example"},
        {"host": "x", "sec-fetch-site": "cross-site"},
        {"host": "x", "sec-fetch-site": "same-site"},
        {"host": "x", "origin": "http://x", "sec-fetch-site": "cross-site"},
        {"host": "", "origin": ""},
    ],
)
def test_other_sites_may_not(headers):
    with pytest.raises(Problem) as caught:
        check_same_origin("POST", Headers(headers), PUBLIC)
    assert caught.value.status == 403


def test_reading_is_open_to_all():
    check_same_origin("GET", Headers({"host": "x", "sec-fetch-site": "cross-site"}), "")
