"""What a reply looks like within Discord's limits. Each limit is tested at its value and one past it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.discord import limits
from bot.channels.discord.buttons import buttons_of
from bot.channels.discord.rendering import cut, render
from bot.channels.rendering import Inline, bar
from bot.messages import Button, File, Intent, Link, Progress, Reply

TEXTS = st.text(alphabet=st.sampled_from("ab `\n*_<@>[]()你🙂"), max_size=9000)


def total(embed) -> int:
    return len(embed.description or "") + sum(len(field.name) + len(field.value) for field in embed.fields)


@given(
    text=TEXTS,
    output=TEXTS,
    code=TEXTS,
    kind=st.sampled_from(["answer", "run", "note", "unsure"]),
    links=st.integers(0, 12),
    embeds=st.booleans(),
)
def test_any_reply_fits_and_its_fences_are_closed(
    text: str, output: str, code: str, kind: str, links: int, embeds: bool
) -> None:
    sources = tuple(Link("title " * 30, f"https://example.org/{'x' * 120}({n})") for n in range(links))
    shown = render(Reply(text=text, output=output, code=code, kind=kind, sources=sources), embeds=embeds)
    assert len(shown.content) <= limits.CONTENT
    if shown.embed is not None:
        assert len(shown.embed.description or "") <= limits.EMBED_DESCRIPTION
        assert all(len(field.value) <= limits.EMBED_FIELD for field in shown.embed.fields)
        assert total(shown.embed) <= limits.EMBED_TOTAL
    if "```" not in text:
        told = shown.content + ((shown.embed.description or "") if shown.embed else "")
        assert told.count("```") % 2 == 0
    assert len(shown.files) <= limits.FILES


@pytest.mark.parametrize(("length", "files"), [(2000, 0), (2001, 1)])
def test_sentence_past_the_limit_is_cut_and_attached_whole(length: int, files: int) -> None:
    shown = render(Reply(text="x" * length))
    assert len(shown.files) == files
    assert len(shown.content) <= limits.CONTENT
    if files:
        (whole,) = shown.files
        assert isinstance(whole, Inline)
        assert whole.content == b"x" * length


def test_card_may_be_longer_than_a_sentence() -> None:
    shown = render(Reply(text="x" * 4096, kind="answer"))
    assert shown.embed is not None
    assert shown.embed.description == "x" * 4096
    assert not shown.files


def test_long_example_becomes_a_file_with_all_of_it() -> None:
    code = "print('hello')\n" * 400
    shown = render(Reply(text="Do this:", code=code, kind="answer"))
    (example,) = shown.files
    assert isinstance(example, Inline)
    assert example.content.decode() == code


def test_cut_closes_an_open_fence_and_drops_an_empty_one() -> None:
    assert cut("a\n```python\n" + "line\n" * 50, 100).count("```") == 2
    assert "```" not in cut("word " * 15 + "\n```python\n" + "line\n" * 50, 95)
    assert cut("short", 5) == "short"


def test_ten_files_of_eight_mebibytes_are_attached_and_the_rest_is_named(tmp_path: Path) -> None:
    def file(name: str, size: int) -> File:
        path = tmp_path / name
        path.touch()
        return File(name, "image/png", size, path)

    pictures = tuple(file(f"plot-{n}.png", 100) for n in range(6))
    files = (*(file(f"data-{n}.csv", limits.FILE_BYTES) for n in range(5)), file("huge.bin", limits.FILE_BYTES + 1))
    shown = render(Reply(text="done", kind="run", pictures=pictures, files=files))
    assert [one.name for one in shown.files][:6] == [f"plot-{n}.png" for n in range(6)]
    assert len(shown.files) == limits.FILES
    assert shown.left_out == ("data-4.csv", "huge.bin")
    assert shown.embed is not None
    assert "data-4.csv, huge.bin" in shown.embed.description
    nothing = render(Reply(text="done", kind="run", pictures=pictures), attach=False)
    assert nothing.files == ()
    assert "plot-0.png" in nothing.embed.description
    assert str(tmp_path) not in nothing.embed.description


def test_file_that_is_gone_is_left_out(tmp_path: Path) -> None:
    gone = File("plot-1.png", "image/png", 100, tmp_path / "gone.png")
    shown = render(Reply(text="done", kind="run", pictures=(gone,)))
    assert (shown.files, shown.left_out) == ((), ("plot-1.png",))


def test_buttons_are_bounded_in_number_and_label() -> None:
    many = tuple(Button("label " * 40, Intent.DOCS, token=f"t{n}") for n in range(40))
    view = buttons_of(Reply(text="x", buttons=many, permalink="https://lobby.example/r/1"))
    assert view is not None
    assert len(view.children) == limits.BUTTONS
    assert max(len(c["label"]) for row in view.to_components() for c in row["components"]) <= limits.BUTTON_LABEL


def test_button_without_a_token_or_with_a_strange_one_is_not_shown() -> None:
    strange = (Button("a", Intent.RUN), Button("b", Intent.RUN, token="x" * 41))
    assert buttons_of(Reply(text="x", buttons=strange)) is None


@pytest.mark.parametrize(
    ("epoch", "epochs", "drawn"),
    [(1, 2, "▰▰▰▰▰▱▱▱▱▱"), (3, 3, "▰" * 10), (7, 3, "▰" * 10), (None, 3, ""), (1, None, "")],
)
def test_bar_shows_how_far_a_fit_is(epoch: int | None, epochs: int | None, drawn: str) -> None:
    assert bar(Progress("running", epoch=epoch, epochs=epochs)) == drawn


def test_output_stands_in_the_text_where_lines_are_not_broken_and_pages_do_not_unfold() -> None:
    link = Link("Dense", "https://keras.io/api/layers/dense")
    shown = render(Reply(text="[See](https://keras.io/a)", output="x" * 90, kind="run", sources=(link,)))
    assert shown.content == f"[See](<https://keras.io/a>)\n\n```text\n{'x' * 90}\n```"
    assert shown.embed is not None
    assert shown.embed.description is None
    assert shown.embed.fields[0].value == "- [Dense](https://keras.io/api/layers/dense)"
    assert render(Reply(text="y" * 1990, output="x", kind="run")).embed is not None
