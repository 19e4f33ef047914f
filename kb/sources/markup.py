"""Markdown as documentation sites write it → plain Markdown: template tags, HTML, admonitions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

from kb.sources.outside import Unreadable, one_line

_FENCE = re.compile(r"^[ \t]{0,12}(```+|~~~+)")
# Every quantifier over "anything but" is bounded or stops at what opens the next, so that no text takes long.
_TAG = re.compile(
    r"</?(?:div|span|a|img|br|hr|p|table|thead|tbody|tr|td|th|center|font|section|aside|video|source|iframe|figure|"
    r"figcaption|details|summary|sub|sup|small|b|i|em|strong|u|blockquote|h[1-6]|ul|ol|li)\b[^<>]{0,3000}>",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"!\[([^\[\]]{0,300})\]\([^()\s]{0,1000}\)")
_ATTRIBUTES = re.compile(r"[ \t]?\{:?[ \t]?[#.][^{}\n]{0,200}\}")
_TEMPLATE_NAME = re.compile(r"\{\{[ \t]{0,9}(keras[\w.]{1,200})[ \t]{0,9}\}\}")
_TEMPLATE = re.compile(r"\{\{[^{}\n]{0,300}\}\}|\{%[^{}\n]{0,300}%\}")
_ADMONITION = re.compile(r'^(?:!!!|\?\?\?\+?|:::)[ \t]?(\w+)(?:[ \t]+"([^"\n]{0,200})")?[ \t]*$')
_TAB = re.compile(r'^===\+?[ \t]+"([^"\n]{0,200})"[ \t]*$')
_SOURCE_LINK = re.compile(r"<span[^<>]{0,200}>\[\[source\]\]\([^()\s]{0,1000}\)</span>[ \t]*\n?")


class _Loader(yaml.SafeLoader):
    """YAML of strangers: unknown tags mean nothing, and nothing may stand for something else."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        # An alias repeats a node at the cost of a few letters; a handful of them fill the memory.
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it uses aliases")
        return super().compose_node(parent, index)


def _nothing(_loader: yaml.SafeLoader, _suffix: str, _node: yaml.Node) -> None:
    return None


_Loader.add_multi_constructor("!", _nothing)
_Loader.add_multi_constructor("tag:yaml.org,2002:python/", _nothing)


def load_yaml(text: str, *, first_line: int = 1) -> Any:
    """Return the value of a YAML text.

    Args:
        text: YAML.
        first_line: the number of its first line in the file that it stands in, for what is said of errors.

    Raises:
        Unreadable: it is no YAML, uses aliases, or is nested too deeply.
    """
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a subclass of the safe loader
    except RecursionError:
        raise Unreadable("its YAML is nested too deeply") from None
    except (yaml.YAMLError, ValueError, OverflowError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + first_line})" if mark else ""
        raise Unreadable(
            one_line(f"its YAML is not valid{where}: {getattr(error, 'problem', None) or error}")
        ) from None


def strings(value: Any) -> list[str]:
    """Return a front-matter value that may be one text or a list of texts as a list."""
    values = value if isinstance(value, list) else [value]
    return [str(one).strip() for one in values if isinstance(one, str | int | float) and str(one).strip()]


def plain_markdown(text: str) -> str:
    """Return Markdown without the signs that only a site generator understands; code stays as it is."""
    return outside_code(text, _plain)


def _plain(text: str) -> str:
    if "<" in text:
        for start, end in (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>")):
            text = _without(text, start, end)
        text = _SOURCE_LINK.sub("", text)
    text = _TEMPLATE.sub("", _TEMPLATE_NAME.sub(r"`\1`", text)) if "{" in text else text
    text = _IMAGE.sub(lambda match: match.group(1), text)
    text = _TAG.sub(_instead, text)
    text = _ATTRIBUTES.sub("", text)
    return _dedent_blocks(text)


def _instead(match: re.Match[str]) -> str:
    tag = match.group().strip("</>").split()[0].lower() if len(match.group()) > 2 else ""
    return (
        "\n"
        if tag.rstrip("/") in {"br", "p", "div", "tr", "table", "li", "summary"}
        else " "
        if tag in {"td", "th"}
        else ""
    )


def _without(text: str, start: str, end: str) -> str:
    """Leave out all that stands between `start` and `end`, in any case; without an end, to the end of the text."""
    kept: list[str] = []
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters have a longer small form: places would not match
        lowered = text
    place = 0
    while (found := lowered.find(start, place)) >= 0:
        kept.append(text[place:found])
        close = lowered.find(end, found)
        if close < 0:
            return "".join(kept)
        place = close + len(end)
    return "".join([*kept, text[place:]])


def _dedent_blocks(text: str) -> str:
    """Write admonitions and tabs (`!!! note`, `=== "TensorFlow"`), whose content is indented, as plain text."""
    if "!!!" not in text and "???" not in text and "===" not in text:
        return text
    out: list[str] = []
    inside = False
    for line in text.split("\n"):
        match = _TAB.match(line) or _ADMONITION.match(line)
        if match:
            out.extend((f"**{match.group(match.lastindex or 1).capitalize()}**", ""))
            inside = True
        elif inside and (line.startswith("    ") or not line.strip()):
            out.append(line[4:])
        else:
            inside = False
            out.append(line)
    return "\n".join(out)


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Apply `change` to what stands between fenced code blocks.

    The blocks come out with fences of three backticks, and none within: who cuts pages into passages knows no other.
    """
    out: list[str] = []
    prose: list[str] = []
    fence = ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if fence:
            closes = match and match.group(1)[0] == fence[0] and len(match.group(1)) >= len(fence)
            if closes and not line.strip().strip(fence[0]):
                fence = ""
                out.append(line[: len(line) - len(line.lstrip())] + "```")
            else:
                out.append(_harmless(line))
        elif match:
            if prose:
                out.append(change("\n".join(prose)))
                prose = []
            fence = match.group(1)
            out.append(line[: match.start(1)] + "```" + line[match.end(1) :].replace("`", ""))
        else:
            prose.append(line)
    if prose:
        out.append(change("\n".join(prose)))
    if fence:
        out.append("```")
    return "\n".join(out)


def _harmless(code: str) -> str:
    """Return a line of code that closes no fence."""
    return code.replace("```", "`` `").replace("~~~", "~~ ~") if "```" in code or "~~~" in code else code


def fenced(code: str, language: str = "python") -> str:
    """Return code as a fenced block that nothing in it can close."""
    return "```" + language + "\n" + _harmless(code.strip("\n")) + "\n```"


def first_heading(text: str) -> str | None:
    """Return the text's first heading outside code."""
    fence = False
    for line in text.split("\n"):
        if _FENCE.match(line):
            fence = not fence
        elif not fence and line.startswith("#"):
            title = line.lstrip("#").strip().rstrip("#").strip()
            if title:
                return title
    return None
