"""What replies look like: within an event's size, clean HTML, signs for buttons. Nothing is sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.matrix import limits
from bot.channels.matrix.client import size_of
from bot.channels.matrix.files import png_size
from bot.channels.matrix.formatted import text_of
from bot.channels.matrix.reading import relation_of
from bot.channels.matrix.rendering import edited, render, to_html
from bot.channels.matrix.signs import plain, signs_of
from bot.channels.rendering import ANSWER_NAME
from bot.messages import Button, File, Intent, Link, Progress, Reply


def test_every_reply_fits_into_an_event_also_as_an_encrypted_edit() -> None:
    for text in ("x" * 70_000, "<&\"'" * 10_000, "🎉" * 20_000, "`a` **b**\n" * 4_000, "```\n" * 10_000):
        rendered = render(Reply(text=text, output="y" * 1_000, code="z = 1\n" * 3_000))
        event = edited(rendered.content, "$event")
        assert size_of(event) * 4 / 3 < limits.EVENT_BYTES - 4_000
        assert rendered.files[0].name == ANSWER_NAME


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_no_text_becomes_html_of_its_own(text: str) -> None:
    html = to_html(text).lower()
    for tag in ("<script", "<img", "<svg", "<iframe", "<mx-reply", "<font", "javascript:"):
        assert tag not in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src="mxc://evil/1">',
        "![x](https://evil.example/pixel.png)",
        "[x](javascript:alert(1))",
        "[ada](https://matrix.to/#/@ada:example.org)",
        "[ada](https://matrix.to/#/%40ada:example.org)",
        "<mx-reply>quoted</mx-reply>",
    ],
)
def test_html_and_mentions_in_markdown_are_text(text: str) -> None:
    html = to_html(text)
    assert "<script" not in html
    assert "<img" not in html
    assert "<mx-reply" not in html
    assert "href" not in html or "evil.example" in html


def test_output_cannot_leave_its_fence() -> None:
    html = render(Reply(text="ran", output="```\n# big\n[x](https://evil.example)")).content["formatted_body"]
    assert "<h1>" not in html
    assert "<a " not in html


def test_sources_progress_and_files_are_shown(tmp_path: Path) -> None:
    small, large = tmp_path / "a.png", tmp_path / "b.bin"
    small.write_bytes(b"1")
    large.write_bytes(b"2" * 2_000)
    reply = Reply(
        text="ran",
        sources=(Link("a [b]", "https://keras.io/x (y)"), Link("c", "")),
        progress=Progress("running", epoch=3, epochs=6),
        pictures=(File("a.png", "image/png", 1, small),),
        files=(File("b.bin", "", 2_000, large), File("gone", "", 1, tmp_path / "gone")),
        permalink="https://lobby.example/r/1",
    )
    rendered = render(reply, file_bytes=1_000)
    body = rendered.content["body"]
    assert "▰▰▰▰▰▱▱▱▱▱" in body
    assert "https://keras.io/x%20%28y%29" in rendered.content["formatted_body"]
    assert "https://lobby.example/r/1" in body
    assert "b.bin, gone" in body
    assert [file.name for file in rendered.files] == ["a.png"]


def test_each_button_has_a_sign_of_its_own() -> None:
    again = Button("Again", Intent.RUN, emoji="🔁")
    signs = signs_of((again, Button("On JAX", Intent.RUN), Button("On PyTorch", Intent.RUN), again))
    assert list(signs) == ["🔁", "1️⃣", "2️⃣", "3️⃣"]
    assert plain("👍🏽") == plain("👍️") == "👍"


def test_html_of_clients_becomes_fences() -> None:
    code = "<pre><code class='language-python'>a &lt; 1\nb</code></pre>"
    html = f"<mx-reply><blockquote>old</blockquote></mx-reply><p>why?</p>{code}"
    assert text_of(html) == "why?\n```python\na < 1\nb\n```"
    assert text_of("<pre>" * 5_000) != ""
    assert text_of("<b" * 30_000) == ""


@pytest.mark.parametrize("strange", [None, 1, "x", [], {"m.in_reply_to": 7}, {"rel_type": "m.thread", "event_id": []}])
def test_relations_of_any_kind_are_taken(strange: object) -> None:
    relation = relation_of({"m.relates_to": strange})
    assert (relation.thread, relation.reply_to, relation.replaces) == ("", "", "")


def test_size_of_a_picture_is_read_without_opening_it() -> None:
    assert png_size(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0\0\1\0" + b"\0\0\0\x80") == (256, 128)
    assert png_size(b"\x89PNG") is None
    assert png_size(b"GIF89a") is None


def test_list_says_itself_what_each_sign_opens() -> None:
    buttons = (
        Button("keras.layers.Dense", Intent.DOCS),
        Button("keras.ops.det", Intent.DOCS),
        Button("Other", Intent.HELP),
    )
    body = render(Reply(text="One of these?\n\n- `keras.layers.Dense`\n- `keras.ops.det`", buttons=buttons)).content[
        "body"
    ]
    assert body == "One of these?\n\n- 1️⃣ `keras.layers.Dense`\n- 2️⃣ `keras.ops.det`\n\n3️⃣ Other"
