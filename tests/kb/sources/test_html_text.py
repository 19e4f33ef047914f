import pytest

from kb.sources.html_text import to_markdown


def test_what_posts_are_made_of_becomes_markdown():
    html = "<h2>Why</h2><p>a <em>b</em><br>c &lt; d</p>"
    html += "<ol><li>one<ul><li>in</li></ul></li><li>two</li></ol><blockquote>q</blockquote>"
    assert to_markdown(html) == "**Why**\n\na *b*\nc < d\n\n1. one\n\n  - in\n\n2. two\n\n> q"


@pytest.mark.timeout(15)
@pytest.mark.parametrize(
    "html",
    [
        "<a " * 19_000,
        "<" * 19_000,
        "<a b='" * 19_000,
        "<!" * 19_000,
        "&#" * 200_000,
        "<blockquote>" * 19_000,
        "<pre>" * 19_000,
    ],
)
def test_a_post_made_to_take_forever_is_read_at_once(html):
    to_markdown(html)
