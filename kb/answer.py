"""Hits → an answer: what the best page says about it, the argument or rule, one example, and the sources.

Everything is quoted from the sources; nothing is made up, and no block of code is ever cut.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from kb.docstrings import code_blocks, runnable
from kb.normalize import words
from kb.pages import Page, Passage, Source
from kb.search import Found

LONGEST_TEXT = 1_500
LONGEST_EXCERPT = 320
LONGEST_CODE = 2_500
MOST_BULLETS = 3
SEE_ALSO = 3
EXAMPLES = ("Example", "Examples", "Usage with `compile()` API", "Usage")

NOT_FOUND = "I found no answer to that in what I know."
SEE_ALSO_TITLE = "See also:"
CLOSEST = "The closest pages are:"
WOULD_HELP = (
    "It may help to name the layer, function or callback, to paste the last line of the error, or to say what you "
    "expected and what happened."
)


def sources(found: Found, pages: Sequence[Page], passages: Mapping[int, Passage]) -> tuple[Source, ...]:
    """Return the hits as sources, best first, none twice."""
    return tuple(source(pages[hit.page], passages[hit.passage], hit.score) for hit in found.hits)


def source(page: Page, passage: Passage, score: float) -> Source:
    """Return one hit as a source; its score is brought to 0–1."""
    return Source(
        id=page.id,
        kind=page.kind,
        title=page.title,
        url=page.url,
        language=page.language,
        score=round(max(0.0, score) / (4.0 + max(0.0, score)), 4),
        excerpt=excerpt(passage.text) or page.title,
        symbol=page.symbol,
        symbols=page.symbols[:3],
        section=passage.section or None,
        version=page.version,
    )


def compose(
    query: Mapping[str, float], found: Found, pages: Sequence[Page], passages: Mapping[int, Passage]
) -> tuple[str, str | None]:
    """Return the text (Markdown, at most 1,500 characters) and the most useful example of an answer."""
    best = pages[found.hits[0].page]
    passage = passages[found.hits[0].passage]
    parts = [_then_and_now(found), _of_old_keras(best)]
    if best.kind == "api":
        parts.append(f"**`{best.symbol}`** — {_first_paragraph(best)}")
        parts.append(_telling_part(best, passage, query))
    else:
        parts.append(_prose(best))
    others = [pages[hit.page] for hit in found.hits[1 : SEE_ALSO + 1]]
    parts.append(_see_also(others))
    return fit(parts), example(best, [pages[hit.page] for hit in found.hits[1:3]])


def no_answer(found: Found, pages: Sequence[Page]) -> str:
    """Say that nothing fits, what is closest, and what would help."""
    lines = [f"- {_link(pages[hit.page])}" for hit in found.hits[:SEE_ALSO]]
    return fit([NOT_FOUND, WOULD_HELP, "\n".join([CLOSEST, "", *lines]) if lines else ""])


def example(best: Page, others: Sequence[Page]) -> str | None:
    """Return the most useful example: the best page's own, else one of the next pages that uses the same symbol."""
    if block := _example_of(best):
        return block
    names = [best.symbol, *best.symbols] if best.symbol else list(best.symbols)
    for page in others:
        block = _example_of(page)
        if block and any(name and re.search(rf"\b{re.escape(name.rpartition('.')[2])}\b", block) for name in names):
            return block
    return None


def _example_of(page: Page) -> str | None:
    titled = [section for section in page.sections if section.title in EXAMPLES or "xample" in section.title]
    for section in [*titled, *(s for s in page.sections if s not in titled)]:
        for block in code_blocks(section.text):
            code = runnable(block)
            if 0 < len(code) <= LONGEST_CODE and re.search(r"[=(]", code):
                return code
    return None


def excerpt(text: str) -> str:
    """Return a passage as one short line of plain text."""
    plain = re.sub(r"^\s*```[^\n]*$", " ", text, flags=re.MULTILINE)
    plain = re.sub(r"^\s*[-*] |^#{1,6} |`", "", plain, flags=re.MULTILINE)
    plain = re.sub(r"(?<![\w*])(\*{1,2})(?=[^\s*])([^*\n]*[^\s*])\1(?![\w*])", r"\2", plain)
    plain = re.sub(r"\s+", " ", plain).strip()
    if len(plain) <= LONGEST_EXCERPT:
        return plain
    return plain[:LONGEST_EXCERPT].rsplit(" ", 1)[0] + "…"


def fit(parts: Sequence[str]) -> str:
    """Join paragraphs, the first ones first, as far as they fit in the longest text."""
    text = ""
    for part in parts:
        if not part:
            continue
        room = LONGEST_TEXT - len(text) - (2 if text else 0)
        if len(part) > room:
            part = _shortened(part, room)
        if part:
            text = f"{text}\n\n{part}" if text else part
    return text


def _shortened(part: str, room: int) -> str:
    """Cut a part after a whole entry or sentence; code is left out rather than cut."""
    if "```" in part:
        return ""
    for pattern in (r"\n(?=- )", r"(?<=[.!?])\s"):
        pieces = re.split(pattern, part)
        joint = "\n" if pattern.startswith("\\n") else " "
        while len(pieces) > 1 and len(joint.join(pieces)) > room:
            pieces.pop()
        kept = joint.join(pieces)
        if len(kept) <= room:
            return kept
    return part[: room - 1].rsplit(" ", 1)[0] + "…" if room > 80 else ""


def _then_and_now(found: Found) -> str:
    """Say what took the place of the old names that the question uses."""
    said = []
    for name, symbols in list(found.spotted.legacy.items())[:2]:
        last = symbols[0].rpartition(".")[2]
        if last != name.rpartition(".")[2]:
            said.append(f"`{name}` is from older Keras; today use " + " and ".join(f"`{s}`" for s in symbols[:2]) + ".")
    return " ".join(said)


def _of_old_keras(page: Page) -> str:
    """Warn of a source that speaks of Keras 1 or 2, and name what is there today."""
    if page.meta.get("era") not in {1, 2}:
        return ""
    today = " and ".join(f"`{symbol}`" for symbol in page.symbols[:2])
    return f"This source speaks of {str(page.version).capitalize()}; names and arguments may differ today" + (
        f", see {today}." if today else "."
    )


def _first_paragraph(page: Page) -> str:
    text = page.sections[0].text if page.sections and not page.sections[0].title else page.title
    # Code may start within the paragraph: it goes as a whole before anything is cut.
    return re.sub(r"\s*\n\s*", " ", _without_code(text).split("\n\n")[0].strip())


def _telling_part(page: Page, passage: Passage, query: Mapping[str, float]) -> str:
    """Return what of the passage speaks about the question: the arguments it names, or its prose."""
    if page.sections and passage.section == page.sections[0].title:
        rest = passage.text
        first = page.sections[0].text.split("\n\n")[0]
        rest = rest.removeprefix(first).strip()
    else:
        rest = passage.text
    arguments = _telling_bullets(page, query)
    prose = _without_code(rest) if not rest.lstrip().startswith("- ") else ""
    if passage.section and prose:
        prose = f"{passage.section}: {prose}"
    return "\n\n".join(part for part in (prose, arguments) if part)


def _telling_bullets(page: Page, query: Mapping[str, float]) -> str:
    """Return the arguments whose description shares most with the question."""
    ranked: list[tuple[float, int, str]] = []
    for section in page.sections:
        if section.title not in {"Arguments", "Call arguments"}:
            continue
        for place, bullet in enumerate(re.split(r"\n(?=- `)", section.text)):
            match = re.match(r"- `([^`]+)`", bullet)
            if match is None or "```" in bullet:
                continue
            own = set(words(bullet)) | {match.group(1).lower()}
            named = 2.0 if match.group(1).lower() in query else 0.0
            shared = sum(weight for word, weight in query.items() if word in own) / (6 + len(own)) ** 0.5
            if named or shared > 0.35:
                ranked.append((named + shared, -place, bullet.rstrip()))
    ranked.sort(reverse=True)
    chosen = sorted(ranked[:MOST_BULLETS], key=lambda item: -item[1])
    return "\n".join(bullet for _, _, bullet in chosen)


def _prose(page: Page) -> str:
    """Return the prose of a page written for people, without its code."""
    return "\n\n".join(filter(None, (_without_code(section.text) for section in page.sections[:2])))


def _without_code(text: str) -> str:
    text = re.sub(r"```[^\n]*\n.*?(?:```|\Z)", "", text, flags=re.DOTALL)
    text = re.sub(r"(?:For (?:example|instance)|Example)s?:\s*\Z", "", text.strip())
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _see_also(others: Sequence[Page]) -> str:
    lines = []
    for page in others:
        said = _first_sentence(_first_paragraph(page)) if page.kind == "api" else ""
        lines.append(f"- {_link(page)}" + (f" — {said}" if said else ""))
    return "\n".join([SEE_ALSO_TITLE, "", *lines]) if lines else ""


def _first_sentence(text: str) -> str:
    sentence = re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]
    return sentence if len(sentence) <= 160 else sentence[:160].rsplit(" ", 1)[0] + "…"


def _link(page: Page) -> str:
    target = page.meta.get("lobby_url") or page.url
    name = f"`{page.symbol}`" if page.symbol else page.title
    return f"[{name}]({target})"
