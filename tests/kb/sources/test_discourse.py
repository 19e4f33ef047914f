import json

from kb.pages import Page
from kb.sources import discourse, registry
from kb.sources.outside import Problem


def post(number, cooked, **more):
    return {"id": number, "post_number": number, "username": f"user{number}", "cooked": cooked, "post_type": 1} | more


def topic(**more):
    posts = [
        post(1, "<p>How do I stop training early?</p>", created_at="2024-02-02T00:00:00Z"),
        post(2, "<p>I wonder as well.</p>", actions_summary=[{"id": 2, "count": 5}]),
        post(
            3,
            '<aside class="quote" data-username="user1"><div class="title">\n<div class="quote-controls"></div>'
            " user1:</div>"
            "<blockquote><p>How do I stop</p></blockquote></aside>"
            "<p>With <code>keras.callbacks.EarlyStopping</code>:</p>"
            '<pre><code class="lang-python">EarlyStopping(patience=3)\n</code></pre>',
            accepted_answer=True,
        ),
        post(4, "<p>closed</p>", post_type=3),
    ]
    return {
        "id": 4711,
        "title": "Stop training early",
        "slug": "stop-training-early",
        "tags": ["keras"],
        "post_stream": {"posts": posts, "stream": [1, 2, 3, 4]},
    } | more


def test_a_solved_topic_becomes_a_thread(tmp_path, resolve):
    folder = tmp_path / "discuss.example.org"
    folder.mkdir()
    (folder / "4711.json").write_text(json.dumps(topic()))
    assert registry.detect(folder) == registry.detect(folder / "4711.json") == "discourse"
    (page,) = registry.load(folder, resolve)
    assert page.id == "thread:discuss.example.org/4711"
    assert page.url == "https://discuss.example.org/t/stop-training-early/4711"
    assert page.sections[1].title == "Answer"
    assert "With `keras.callbacks.EarlyStopping`:" in page.sections[1].text
    assert "```python\nEarlyStopping(patience=3)\n```" in page.sections[1].text
    assert "user1" not in page.sections[1].text
    assert page.sections[2].text == "I wonder as well."
    assert page.symbols == ("keras.callbacks.EarlyStopping",)
    assert page.meta["solved"] is True


def test_a_solution_may_stand_in_the_topic(tmp_path, resolve):
    data = topic(accepted_answer={"post_number": 2, "username": "user2"})
    del data["post_stream"]["posts"][2]["accepted_answer"]
    (tmp_path / "x.json").write_text(json.dumps(data))
    (page,) = discourse.load(tmp_path / "x.json", resolve)
    assert page.sections[1].text == "I wonder as well."
    assert page.url.startswith("/sources/")


def test_topics_without_help_are_left_and_others_are_one_line(tmp_path, resolve):
    lonely = topic()
    lonely["post_stream"]["posts"] = lonely["post_stream"]["posts"][:1]
    (tmp_path / "a.json").write_text(json.dumps(lonely))
    (tmp_path / "b.json").write_text('{"post_stream": {"posts": [1]}, "id": "../../x"}')
    (tmp_path / "c.json").write_text(
        json.dumps(topic(post_stream={"posts": [post(1, "<p>a?</p>"), post(2, "<" * 30_000, like_count=3)]}))
    )
    (tmp_path / "d.json").write_text(json.dumps(topic(id=5)))
    found = list(discourse.load(tmp_path, resolve))
    assert [one.title for one in found if isinstance(one, Page)] == ["Stop training early"]
    assert len([one for one in found if isinstance(one, Problem)]) == 2
