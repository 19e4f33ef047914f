import json

import pytest

from kb.pages import Page
from kb.sources import github, registry
from kb.sources.outside import Problem

API = "https://api.github.com/repos/keras-team/keras/issues"


def issue(number, **more):
    usual = {
        "url": f"{API}/{number}",
        "html_url": f"https://github.com/keras-team/keras/issues/{number}",
        "number": number,
        "title": "EarlyStopping ignores patience",
        "user": {"login": "asker", "type": "User"},
        "labels": [{"name": "type:Bug"}],
        "state": "closed",
        "comments": 2,
        "created_at": "2024-03-01T09:00:00Z",
        "body": "**System information**\r\n\r\n`keras.callbacks.EarlyStopping` stops at once.\r\n<!-- template -->",
    }
    return usual | more


def comment(number, body, **more):
    usual = {
        "issue_url": f"{API}/{number}",
        "html_url": f"https://github.com/keras-team/keras/issues/{number}#issuecomment-1",
        "user": {"login": "someone", "type": "User"},
        "author_association": "NONE",
        "reactions": {"+1": 0},
        "body": body,
    }
    return usual | more


def split(found):
    found = list(found)
    return [one for one in found if isinstance(one, Page)], [one for one in found if isinstance(one, Problem)]


def test_pages_of_issues_meet_their_comments(tmp_path, resolve):
    issues = [
        issue(1),
        issue(2, pull_request={}),
        issue(3),
        issue(4, state="open", body="It is broken, please look at this."),
    ]
    comments = [
        comment(1, "Same problem here, any news on this?", reactions={"+1": 1}),
        comment(
            1, "Set `restore_best_weights=True`, then it works.", author_association="MEMBER", user={"login": "dev"}
        ),
        comment(1, "This issue is stale because it is open.", user={"login": "github-actions[bot]", "type": "Bot"}),
        comment(4, "ok"),
    ]
    (tmp_path / "b-issues-1.json").write_text(json.dumps(issues[:2]))
    (tmp_path / "b-issues-2.json").write_text(json.dumps(issues[2:]))
    (tmp_path / "a-comments.json").write_text(json.dumps(comments[:2]) + "\n" + json.dumps(comments[2:]))
    assert registry.detect(tmp_path) == "github"
    pages, problems = split(registry.load(tmp_path, resolve))
    assert not problems
    assert [page.id for page in pages] == ["issue:keras-team/keras#1", "issue:keras-team/keras#4"]
    first = pages[0]
    assert (first.kind, first.url) == ("issue", "https://github.com/keras-team/keras/issues/1")
    assert first.sections[0].text == "`keras.callbacks.EarlyStopping` stops at once."
    assert first.sections[1].text.startswith("Set `restore_best_weights=True`")
    assert first.symbols[0] == "keras.callbacks.EarlyStopping"
    assert first.meta["authors"] == ("asker", "dev", "someone")
    assert first.meta["solved"] is True
    assert (pages[1].meta["state"], pages[1].meta["solved"]) == ("open", False)


def test_what_gh_prints_is_read(tmp_path, resolve):
    view = {
        "number": 7,
        "title": "Mask is lost",
        "body": "The mask of keras.layers.Masking is lost after Flatten.",
        "url": "https://github.com/keras-team/keras/issues/7",
        "state": "CLOSED",
        "author": {"login": "asker"},
        "createdAt": "2024-01-01T00:00:00Z",
        "comments": [
            {"author": {"login": "dev"}, "authorAssociation": "MEMBER", "body": "Flatten drops masks by design."}
        ],
    }
    (tmp_path / "7.json").write_text(json.dumps(view))
    pages, problems = split(github.load(tmp_path / "7.json", resolve))
    assert not problems
    assert pages[0].sections[1].text == "Flatten drops masks by design."
    assert pages[0].symbols[0] == "keras.layers.Masking"


def test_answered_discussions_become_threads(tmp_path, resolve):
    answer = {"body": "Use `keras.layers.LSTM` with return_sequences.", "author": {"login": "b"}, "url": "x"}
    nodes = [
        {
            "number": 5,
            "title": "How to stack recurrent layers?",
            "url": "https://github.com/keras-team/keras/discussions/5",
            "body": "I want two of them.",
            "author": {"login": "a"},
            "answer": answer,
            "comments": {
                "nodes": [{"body": "Me too, I want two of them.", "upvoteCount": 9, "replies": {"nodes": []}}, answer]
            },
        },
        {
            "number": 6,
            "title": "Open",
            "url": "https://github.com/keras-team/keras/discussions/6",
            "answer": None,
            "body": "?",
        },
    ]
    (tmp_path / "d.json").write_text(json.dumps({"data": {"repository": {"discussions": {"nodes": nodes}}}}))
    pages, problems = split(github.load(tmp_path, resolve))
    assert not problems
    (page,) = pages
    assert (page.id, page.kind) == ("thread:keras-team/keras#5", "thread")
    assert page.sections[1].text == "Use `keras.layers.LSTM` with return_sequences."
    assert [part.text for part in page.sections].count(answer["body"]) == 1


def test_a_line_each_is_read_line_by_line(tmp_path, resolve):
    lines = [json.dumps(issue(n, state="open")) for n in (1, 2)]
    (tmp_path / "x.jsonl").write_text(lines[0] + '\n{"broken": \n' + lines[1] + "\n")
    pages, problems = split(github.load(tmp_path, resolve))
    assert [page.id for page in pages] == ["issue:keras-team/keras#1", "issue:keras-team/keras#2"]
    assert len(problems) == 1
    assert problems[0].where.endswith("x.jsonl, line 2")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[" * 300_000, "nested too deeply"),
        ('{"a":' * 300_000, "nested too deeply"),
        ('[{"number": 1, "title": "x", "html_url": "https://git', "no valid JSON"),
        ("\x00\x01", "binary"),
        ("", "empty"),
        ("[1, 2, null]", "holds no issues"),
        (
            '{"number": 1, "title": "x", "html_url": "javascript:alert(1)", "body": "text", "state": "open"}',
            "no address",
        ),
        ('{"number": ' + "9" * 5000 + ', "title": "x"}', "no valid JSON"),
    ],
    ids=["arrays", "objects", "cut", "binary", "empty", "nothing", "address", "number"],
)
def test_what_is_no_export_is_one_line(tmp_path, text, says):
    (tmp_path / "x.json").write_text(text)
    (tmp_path / "y.json").write_text(json.dumps([issue(1, state="open")]))
    pages, problems = split(github.load(tmp_path))
    assert [page.id for page in pages] == ["issue:keras-team/keras#1"]
    assert len(problems) == 1
    assert says in problems[0].what


def test_values_of_wrong_types_are_survived(tmp_path):
    wrong = [
        issue(n, **{name: value})
        for n, (name, value) in enumerate(
            [
                ("user", "x"),
                ("labels", {"a": 1}),
                ("body", None),
                ("comments", [None, 3, {"body": 4}]),
                ("reactions", "x"),
                ("title", ["a"]),
                ("created_at", 12),
                ("state", {}),
                ("body", "half \ud800 pair, but text"),
            ],
            start=1,
        )
    ]
    (tmp_path / "x.json").write_text(
        json.dumps([one | {"state": one["state"] if one["state"] == {} else "open"} for one in wrong])
    )
    pages, problems = split(github.load(tmp_path))
    assert len(pages) + len(problems) == len(wrong)
    assert len(pages) >= 7
    for page in pages:
        str(page.sections).encode()
