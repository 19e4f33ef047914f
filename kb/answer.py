"""Hits → an answer: what the page that tells it says, the arguments in question, one example, and the sources.

Everything is quoted from the sources; nothing is made up, and no block of code is ever cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from kb.culprits import alike
from kb.docstrings import Fenced, fenced
from kb.pages import Page, Passage, Source
from kb.programs import Program, program, without_last_statement
from kb.prose import excerpt, first_sentence, paragraphs, without_announcement
from kb.question import Question
from kb.search import Found, Searcher
from kb.telling import DOUBT, arguments, certainty, entry, speaker

LONGEST_TEXT = 1_500
LONGEST_CODE = 2_500
SEE_ALSO = 3
# Where an entry speaks and an API page adds to it, the entry has so much of the text.
LONGEST_SPOKEN = 1_000
# An entry up to this long is quoted as a whole; of a longer page only the section that was found.
LONGEST_WHOLE = 6_000
EXAMPLES = ("Example", "Examples", "Usage with `compile()` API", "Usage")

NOT_FOUND = "I found no answer to that in what I know."
SEE_ALSO_TITLE = "See also:"
CLOSEST = "The closest pages are:"
WOULD_HELP = (
    "It may help to name the layer, function or callback, to paste the last line of the error, or to say what you "
    "expected and what happened."
)


@dataclass(frozen=True, slots=True)
class Said:
    """The words of an answer.

    `text` is Markdown of at most 1,500 characters, `code` the most useful example that runs, and `certainty` (0 to 1)
    how likely the text tells what was asked, given that the right page was found.
    """

    text: str
    code: str | None
    certainty: float


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


def compose(question: Question, found: Found, searcher: Searcher, passage: Callable[[int], Passage]) -> Said:
    """Return the words of an answer.

    Args:
        question: what was asked.
        found: the search for it, with at least one hit.
        searcher: what found it.
        passage: returns the passage of a number.
    """
    pages = searcher.pages
    place = speaker(question, found, pages)
    hits = [found.hits[place], *(hit for at, hit in enumerate(found.hits) if at != place)]
    best = pages[hits[0].page]
    code = example(best, [pages[hit.page] for hit in hits[1:4]], searcher)
    missing, meant = _not_there(question, searcher)
    opening = [missing, _then_and_now(found, searcher), _of_old_keras(best)]
    if best.kind == "api":
        parts = [*opening, *_of_api(question, found, searcher, passage, code)]
    else:
        told = _of_entry(best, passage(hits[0].passage), code)
        # "No, …" says nothing without its question; what replaces the first hit says what it is about.
        if best.title and (place or re.match(r"(?:Yes|No)\b", told[0] if told else "")):
            told = [f"**{best.title}**", *told]
        parts, added = _with_arguments(question, found, searcher, passage, best, [*opening, *told])
        if added:
            hits = [hit for hit in hits if hit.page != found.hits[0].page]
    sure = certainty(question, found, searcher, hits[0].page, fit(parts))
    parts.append(_see_also([pages[hit.page] for hit in hits[1 : SEE_ALSO + 1]]))
    return Said(fit(parts), code, sure * DOUBT if missing and best.symbol not in meant else sure)


def no_answer(found: Found, pages: Sequence[Page]) -> str:
    """Say that nothing fits, what is closest, and what would help."""
    lines = [f"- {_link(pages[hit.page])}" for hit in found.hits[:SEE_ALSO]]
    return fit([NOT_FOUND, WOULD_HELP, "\n".join([CLOSEST, "", *lines]) if lines else ""])


def example(best: Page, others: Sequence[Page], searcher: Searcher) -> str | None:
    """Return the most useful example that runs: the page's own, else one of the next pages that uses its symbol."""
    if own := _source_of(best, searcher):
        return _for_its_backend(best, own)
    names = [best.symbol, *best.symbols] if best.symbol else list(best.symbols)
    for page in others:
        source = _source_of(page, searcher)
        if source and any(name and _uses(source, name) for name in names):
            return _for_its_backend(page, source)
    return None


def _source_of(page: Page, searcher: Searcher) -> str:
    """Return the example of a page, "" when it has none; a page is parsed once as long as its build is in use."""
    known = searcher.examples.get(page.id)
    if known is None:
        made = example_of(page, searcher)
        known = searcher.examples[page.id] = made.source.strip("\n") if made else ""
    return known


def _for_its_backend(page: Page, code: str) -> str:
    """Say in the code which backend it is for, where that is not the one that runs take unless told otherwise."""
    backends = page.meta.get("backends") or ["tensorflow"]
    return code if "tensorflow" in backends else f"# Needs KERAS_BACKEND={backends[0]}\n{code}"


def _uses(code: str, symbol: str) -> bool:
    return re.search(rf"\b{re.escape(symbol.rpartition('.')[2])}\b", code) is not None


def example_of(page: Page, searcher: Searcher) -> Program | None:
    """Return the first example of a page that runs, with the blocks before it where it builds on them."""
    package = (page.symbol or "keras").partition(".")[0]
    home = partial(searcher.table.module_of, package=package)
    titled = [section for section in page.sections if section.title in EXAMPLES or "xample" in section.title]
    for section in [*titled, *(s for s in page.sections if s not in titled)]:
        before: list[str] = []
        for block in _cures_first(fenced(section.text)):
            alone = program(block.code, home)
            if alone and alone.fails:
                continue
            whole = program("\n\n".join([*before, block.code]), home) if before else None
            for made in (alone, whole):
                if made and made.runs and len(made.source) <= LONGEST_CODE and re.search(r"[=(]", made.source):
                    return made
            before.append(block.code)
    return None


def _cures_first(blocks: Sequence[Fenced]) -> list[Fenced]:
    """Return the blocks that are to run, in order; what only leads up to an error is told together with its cure."""
    python = [block for block in blocks if block.is_python]
    failing = next((place for place, block in enumerate(python) if block.raises), None)
    runs = [block for block in python if block.runs]
    cure = next((block for block in python[failing or 0 :] if block.runs), None)
    if failing is None or cure is None:
        return runs
    before = [block.code for block in python[:failing] if block.runs]
    # The cure may build on what the failing block made before it failed, in its last statement.
    led = without_last_statement(python[failing].code)
    whole = [Fenced("python", "\n\n".join([*before, cure.code]))] if before else []
    return [*whole, cure, Fenced("python", "\n\n".join([*before, led, cure.code])), *runs]


def fit(parts: Sequence[str], longest: int = LONGEST_TEXT) -> str:
    """Join paragraphs, the first ones first, as far as they fit in `longest` characters."""
    text = ""
    for part in parts:
        if not part:
            continue
        room = longest - len(text) - (2 if text else 0)
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
            return without_announcement(kept)
    return part[: room - 1].rsplit(" ", 1)[0] + "…" if room > 80 else ""


def _not_there(question: Question, searcher: Searcher) -> tuple[str, list[str]]:
    """Say which classes of the question Keras does not have; return that and the symbols that may have been meant."""
    said, meant = [], []
    for path in searcher.table.absent(question.everything)[:2]:
        near = [symbol for symbol in searcher.table.nearest(path, 2) if alike(path, symbol)]
        asked = f" Did you mean {' or '.join(f'`{symbol}`' for symbol in near)}?" if near else ""
        said.append(f"There is no `{path}`.{asked}")
        meant += near
    return " ".join(said), meant


# Arguments of Keras 1 and 2 under the names they have today.
ARGUMENTS_NOW = {
    "lr": "learning_rate",
    "nb_epoch": "epochs",
    "samples_per_epoch": "steps_per_epoch",
    "nb_val_samples": "validation_steps",
    "border_mode": "padding",
    "subsample": "strides",
    "dim_ordering": "data_format",
    "nb_filter": "filters",
    "output_dim": "units",
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "max_q_size": "max_queue_size",
    "batch_input_shape": "batch_shape",
}


def _then_and_now(found: Found, searcher: Searcher) -> str:
    """Say what took the place of the old names that the question uses."""
    said = []
    for name, symbols in list(found.spotted.legacy.items())[:2]:
        if name in ARGUMENTS_NOW:
            said.append(f"`{name}` is from older Keras; today the argument is called `{ARGUMENTS_NOW[name]}`.")
            continue
        today = searcher.page(symbols[0])
        # An argument may bear the name of what is gone: `validation_data` was an attribute of callbacks.
        argument = today is not None and re.search(rf"\b{re.escape(name)}\b", today.signature or "")
        if not argument and symbols[0].rpartition(".")[2] != name.rpartition(".")[2]:
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


def _of_api(
    question: Question, found: Found, searcher: Searcher, passage: Callable[[int], Passage], code: str | None
) -> list[str]:
    """Return what an API page says: what the symbol is, what of it is closest to the question, and the arguments."""
    hit = found.hits[0]
    page, closest = searcher.pages[hit.page], passage(hit.passage)
    passages = [passage(number) for number in searcher.passages_of(hit.page)]
    head = f"**`{page.symbol}`** — {_first_paragraph(page)}"
    chosen = arguments(question, searcher, found, hit.page, passages)
    rest = _rest(page, closest)
    prose = paragraphs(rest, code)
    if prose and closest.section:
        prose[0] = f"{closest.section}: {prose[0]}" if not prose[0].startswith(("- ", "```")) else prose[0]
    bullets = "\n".join(entry(one) for one in chosen)
    # What is asked by name comes before the page's own prose.
    return [head, bullets, *prose] if any(one.asked for one in chosen) else [head, *prose, bullets]


def _rest(page: Page, passage: Passage) -> str:
    """Return the text of a passage that says more than the page's opening; an argument list is told by its entries."""
    if passage.section in {"Arguments", "Call arguments", "Attributes", "Raises", "References"} | set(EXAMPLES):
        return ""
    text = passage.text
    if page.sections and passage.section == page.sections[0].title:
        text = text.removeprefix(page.sections[0].text.split("\n\n")[0]).strip()
    return text


def _of_entry(page: Page, closest: Passage, code: str | None) -> list[str]:
    """Return what a page written for people says: the whole of a short one, else the section that was found."""
    whole = "\n\n".join(section.text for section in page.sections)
    if page.kind == "faq" and len(whole) <= LONGEST_WHOLE:
        return paragraphs(whole, code)
    opening = paragraphs(page.sections[0].text, code) if page.sections else []
    if page.sections and closest.section == page.sections[0].title:
        return opening
    return paragraphs(closest.text, code) or opening


def _with_arguments(
    question: Question,
    found: Found,
    searcher: Searcher,
    passage: Callable[[int], Passage],
    entry_page: Page,
    told: Sequence[str],
) -> tuple[list[str], bool]:
    """Add to what an entry tells the arguments of the API page that was found before it.

    Arguments that the question names, and the entry is not about, come first; others last, as far as there is room.

    Returns:
        the parts of the text, and whether arguments were added.
    """
    first = found.hits[0].page
    page = searcher.pages[first]
    if page.kind != "api":
        return list(told), False
    passages = [passage(number) for number in searcher.passages_of(first)]
    chosen = arguments(question, searcher, found, first, passages, "\n\n".join(told))
    head = f"**`{page.symbol}`** — {first_sentence(_first_paragraph(page))}\n"
    ways = " ".join((entry_page.title, *entry_page.questions))
    asked = [one for one in chosen if one.asked]
    if any(one.name not in ways for one in asked):
        return ["\n".join([head, *map(entry, asked)]), *told], True
    spoken = fit(told, LONGEST_SPOKEN)
    for many in range(len(chosen), 0, -1):
        added = "\n".join([head, *map(entry, chosen[:many])])
        if len(spoken) + 2 + len(added) <= LONGEST_TEXT:
            return [spoken, added], True
    return ["\n".join([head, *map(entry, asked)]) if asked else "", *told], bool(asked)


def _first_paragraph(page: Page) -> str:
    text = page.sections[0].text if page.sections and not page.sections[0].title else page.title
    said = paragraphs(text)
    return re.sub(r"\s*\n\s*", " ", said[0].split("\n\n")[0].strip()) if said else page.title


def _see_also(others: Sequence[Page]) -> str:
    lines = []
    for page in others:
        said = first_sentence(_first_paragraph(page)) if page.kind == "api" else ""
        lines.append(f"- {_link(page)}" + (f" — {said}" if said else ""))
    return "\n".join([SEE_ALSO_TITLE, "", *lines]) if lines else ""


def _link(page: Page) -> str:
    target = page.meta.get("lobby_url") or page.url
    name = f"`{page.symbol}`" if page.symbol else page.title
    return f"[{name}]({target})"
