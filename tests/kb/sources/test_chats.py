import json

import pytest

from kb.pages import Page
from kb.sources import discord, matrix, registry
from kb.sources.outside import Problem

PEOPLE = {"1": ("ann_lee", "Ann Lee"), "2": ("bob99", "Bobby"), "3": ("helperbot", "Bot")}


def said(number, who, text, **more):
    name, nickname = PEOPLE[who]
    author = {"id": f"10000{who}", "name": name, "nickname": nickname, "discriminator": "0000", "isBot": who == "3"}
    return {
        "id": str(900_000 + number),
        "type": "Default",
        "timestamp": f"2024-05-01T10:{number:02}:00+00:00",
        "content": text,
        "author": author,
        "attachments": [],
        "embeds": [],
        "reactions": [],
        "mentions": [],
    } | more


def export(messages, kind="GuildPublicThread", name="Mask is lost after Flatten"):
    return {
        "guild": {"id": "555555", "name": "Keras"},
        "channel": {"id": "666666", "type": kind, "name": name, "categoryId": "7", "topic": None},
        "dateRange": {"after": None, "before": None},
        "exportedAt": "2024-06-01T00:00:00+00:00",
        "messages": messages,
        "messageCount": len(messages),
    }


TALK = [
    said(1, "1", "My mask from `keras.layers.Masking` is gone, mail me: ann@lee.example"),
    said(2, "3", "Thanks for asking!"),
    said(3, "2", "@Ann Lee put an LSTM directly after it, <@100001>. Bobby's rule."),
    said(4, "2", "```python\nx = keras.layers.Masking()(x)  # ann_lee\n```"),
    said(5, "1", "That worked, thanks Bobby!"),
]


def write(folder, data, name="x.json"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(data))
    return folder


def test_a_solved_discord_thread_is_a_page_without_names(tmp_path, resolve):
    folder = write(tmp_path / "d", export(TALK))
    assert registry.detect(folder) == "discord"
    (page,) = registry.load(folder, resolve)
    assert (page.id, page.kind) == ("thread:discord/666666", "thread")
    assert page.url == "https://discord.com/channels/555555/666666"
    assert page.title == "Mask is lost after Flatten"
    assert page.symbols[0] == "keras.layers.Masking"
    assert page.sections[1].title == "Answer"
    assert "put an LSTM directly after it" in page.sections[1].text
    assert "keras.layers.Masking()(x)" in page.sections[1].text
    prose = str(page).replace("# ann_lee", "")
    for name in ("Ann", "Lee", "Bobby", "bob99", "ann@", "100001", "Thanks for asking"):
        assert name not in prose
    assert "authors" not in page.meta


@pytest.mark.parametrize(
    ("messages", "solved"),
    [
        (TALK[:4], False),
        ([*TALK[:4], said(5, "1", "That didn't work, same error")], False),
        (
            [
                *TALK[:3],
                said(
                    4,
                    "2",
                    "Or like this",
                    reactions=[{"emoji": {"name": "✅", "code": "white_check_mark"}, "count": 1}],
                ),
            ],
            True,
        ),
        ([TALK[0], said(5, "1", "That worked")], False),
        ([TALK[0], TALK[1], said(5, "1", "that worked")], False),
    ],
)
def test_only_what_was_solved_counts(tmp_path, resolve, messages, solved):
    folder = write(tmp_path / "d", export(messages))
    assert len(list(discord.load(folder, resolve))) == solved


def test_a_title_may_say_that_it_is_solved(tmp_path, resolve):
    folder = write(tmp_path / "d", export(TALK[:3], name="[SOLVED] Mask is lost"))
    (page,) = discord.load(folder, resolve)
    assert page.title == "Mask is lost"


def test_private_conversations_are_not_read(tmp_path, resolve):
    folder = tmp_path / "d"
    for number, kind in enumerate(("DirectTextChat", "DirectGroupTextChat", "GuildPrivateThread")):
        write(folder, export(TALK, kind=kind), f"{number}.json")
    found = list(discord.load(folder, resolve))
    assert [one.what for one in found if isinstance(one, Problem)] == [
        "it is a private conversation; those are not read"
    ] * 3
    assert len(found) == 3


def test_chains_of_replies_in_a_channel_are_threads(tmp_path, resolve):
    messages = [
        said(1, "1", "How do I stop training early with Keras?"),
        said(2, "2", "Unrelated chatter about the weather"),
        said(3, "2", "Use keras.callbacks.EarlyStopping in fit.", reference={"messageId": "900001"}, type="Reply"),
        said(4, "1", "works now, thank you", reference={"messageId": "900003"}, type="Reply"),
    ]
    folder = write(tmp_path / "d", export(messages, kind="GuildTextChat", name="help"))
    (page,) = discord.load(folder, resolve)
    assert page.url == "https://discord.com/channels/555555/666666/900001"
    assert page.title == "How do I stop training early with Keras?"
    assert "weather" not in str(page)


def event(number, who, body, **content):
    return {
        "type": "m.room.message",
        "room_id": "!room:matrix.example",
        "sender": f"@{who}:matrix.example",
        "event_id": f"$event{number}",
        "origin_server_ts": 1_714_557_600_000 + number * 60_000,
        "content": {"msgtype": "m.text", "body": body} | content,
    }


def thread(root):
    return {
        "m.relates_to": {
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": root},
        }
    }


def test_a_solved_matrix_thread_is_a_page_without_names(tmp_path, resolve):
    member = {
        "type": "m.room.member",
        "sender": "@ann:matrix.example",
        "event_id": "$m1",
        "content": {"displayname": "Ann Lee"},
    }
    events = [
        member,
        event(1, "ann", "How do I save a model with keras.Model.save?"),
        event(2, "bob", "Somehting wrong", **thread("$event1")),
        event(
            3,
            "bob",
            "* fixed",
            **{
                "m.new_content": {
                    "msgtype": "m.text",
                    "body": "Ann Lee, use the .keras format: [Ann](https://matrix.to/#/@ann:matrix.example)",
                },
                "m.relates_to": {"rel_type": "m.replace", "event_id": "$event2"},
            },
        ),
        event(4, "ann", "> <@bob:matrix.example> use the\n> .keras format\n\nThat works, bob", **thread("$event1")),
        event(5, "carl", "An open question about keras layers?"),
        {
            "type": "m.reaction",
            "sender": "@x:y",
            "event_id": "$r",
            "content": {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$event5", "key": "👍"}},
        },
        {"type": "m.room.encrypted", "sender": "@x:y", "event_id": "$e", "content": {"ciphertext": "x"}},
    ]
    folder = write(tmp_path / "m", {"room_name": "Keras", "room_creator": "@ann:matrix.example", "messages": events})
    assert registry.detect(folder) == "matrix"
    (page,) = registry.load(folder, resolve)
    assert page.id == "thread:matrix/event1"
    assert page.url == "https://matrix.to/#/!room:matrix.example/$event1"
    assert page.title == "How do I save a model with keras.Model.save?"
    assert page.sections[1].text == "someone, use the .keras format: @someone"
    assert page.meta["date"] == "2024-05-01"
    for name in ("Ann", "bob", "carl"):
        assert name not in str(page)


def test_a_check_mark_solves_a_matrix_reply(tmp_path, resolve):
    events = [
        event(1, "ann", "How do I save a model in Keras?"),
        event(2, "bob", "> <@ann:matrix.example> How do I\n\nCall model.save with a .keras name.",
              **{"m.relates_to": {"m.in_reply_to": {"event_id": "$event1"}}}),
        {"type": "m.reaction", "sender": "@ann:matrix.example", "event_id": "$r",
         "content": {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$event2", "key": "✅"}}},
    ]  # fmt: skip
    folder = write(tmp_path / "m", {"chunk": events[::-1], "start": "a", "end": "b"})
    (page,) = matrix.load(folder, resolve)
    assert page.sections[1].text == "Call model.save with a .keras name."


@pytest.mark.parametrize("load", [discord.load, matrix.load])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[[[",
        "[" * 200_000,
        "{}",
        "[]",
        '{"messages": "x"}',
        '{"messages": [1, {"event_id": 4, "content": [], "origin_server_ts": "x", "type": {}}]}',
        '{"channel": {"id": "../../etc", "type": "x"}, "guild": {"id": "12345"}, "messages": []}',
        "\x00\x00",
    ],
)
def test_what_is_no_export_is_at_most_one_line(tmp_path, load, text):
    (tmp_path / "x.json").write_text(text)
    found = list(load(tmp_path, lambda name: None))
    assert len(found) <= 1
    assert not [one for one in found if isinstance(one, Page)]


def test_replies_in_a_circle_do_not_hang(tmp_path, resolve):
    messages = [
        said(1, "1", "question about keras", reference={"messageId": "900002"}),
        said(2, "2", "answer about keras", reference={"messageId": "900001"}),
        said(3, "2", "itself", reference={"messageId": "900003"}),
    ]
    folder = write(tmp_path / "d", export(messages, kind="GuildTextChat"))
    assert list(discord.load(folder, resolve)) == []
