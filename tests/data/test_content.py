"""What people edit in `data/` has the form that `data/README.md` describes, and no two entries answer one question."""

from __future__ import annotations

import ast
import builtins
import datetime
import itertools
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from markdown_it import MarkdownIt
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.settings import CHECKOUT
from bot.verify import read_documents, split_front_matter
from kb.embedding import SentenceTransformerEmbedder
from kb.normalize import detect_language
from kb.sources import installed
from kb.symbols import SymbolTable
from runner.job import BACKENDS

DATA = CHECKOUT / "data"
ENTRIES = sorted((DATA / "faq").glob("*.md"))
EXAMPLES = sorted((DATA / "examples").glob("*.py"))
STEPS = sorted((DATA / "learn").glob("*.md"))
PROSE = [DATA / name for name in ("cheatsheet.md", "resources.md", "releases.md")]
FIELDS = {"id", "title", "questions", "symbols", "tags", "keras", "backends", "sources", "updated"}
LANGUAGES = ("zh", "fr", "es")

# Short questions full of English names are beyond a detector trained on prose; these little words give them away.
LITTLE_WORDS = {
    "fr": "comment pourquoi quel quelle quels quelles un une des les avec dans est sont pour sur ou où du il sa mon ma "
    "mes mais après avant au aux chaque entre différence ne pas lequel je écrire utiliser vers lorsque par peut faut "
    "la le et ce cette",
    "es": "cómo qué por una los las con para del al el la mi mis su sus cuál cuáles cuándo dónde entre diferencia usar "
    "sin después cada debo hago está hay lo como desde más ya porque cambiar elijo",
    "en": "the how what why is are to does do my in of with when not and for it can vs from should which this that be",
}


def front(path: Path) -> dict[str, Any]:
    return split_front_matter(path.read_text(encoding="utf-8"))[0]


def body(path: Path) -> str:
    return split_front_matter(path.read_text(encoding="utf-8"))[1]


def language(question: str) -> str:
    """Return the language of a question; of a short one by its little words, "en" when nothing tells."""
    found = detect_language(question)
    if found in LANGUAGES:
        return found
    words = re.findall(r"[a-zà-ÿ]+", re.sub(r"`[^`]*`|\"[^\"]*\"|«[^»]*»", " ", question.lower()))
    counts = {code: sum(word in known.split() for word in words) for code, known in LITTLE_WORDS.items()}
    counts["es"] += 9 * len(re.findall("[¿¡ñ]", question)) + bool(re.search("[áíóú]", question.lower()))
    counts["fr"] += bool(re.search("[œçèêàùâîû]", question.lower()))
    best = max(counts, key=lambda code: counts[code])
    return best if list(counts.values()).count(counts[best]) == 1 else "en"


@cache
def allowed_tags() -> frozenset[str]:
    """Return the tags that the style page lists."""
    section = (DATA / "README.md").read_text(encoding="utf-8").split("### Tags", 1)[1].split("\n#", 1)[0]
    return frozenset(re.findall(r"`([\w-]+)`", section))


@pytest.fixture(scope="session")
def symbols() -> SymbolTable:
    pages = installed.read(("keras", "keras_hub", "keras_tuner"))
    return SymbolTable(
        [(number, page.symbol or "", page.aliases, page.meta["sort"]) for number, page in enumerate(pages)]
    )


@pytest.mark.parametrize("path", ENTRIES, ids=lambda path: path.stem)
def test_entry_has_the_form_of_an_entry(path: Path) -> None:
    found = front(path)
    assert set(found) - {"was"} == FIELDS
    # An address that was given away leads here; it is nobody else's.
    assert not {*found.get("was", ())} & {entry.stem for entry in ENTRIES}
    assert found["id"] == path.stem and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", path.stem)
    questions = found["questions"]
    assert all(isinstance(question, str) and question == question.strip() for question in [found["title"], *questions])
    assert 3 <= len(questions) <= 8
    assert len({question.casefold() for question in questions}) == len(questions)
    assert not any(re.fullmatch(r'"[^"]*"', question) for question in questions), "quoted twice"
    missing = set(LANGUAGES) - {language(question) for question in questions}
    assert not missing, f"not asked in {missing}"
    # A title is a question, or the message that people paste with what it is about.
    title = found["title"]
    assert title.endswith("?") or "?" in title or '"' in title or " – " in title or path.stem.startswith("migrate-"), (
        title
    )
    assert len(title) <= 150
    assert 1 <= len(found["tags"]) <= 5 and set(found["tags"]) <= allowed_tags(), found["tags"]
    assert Version("3.15") in SpecifierSet(found["keras"]), "does not hold for today's Keras"
    assert found["backends"] and set(found["backends"]) <= set(BACKENDS)
    assert found["sources"] and all(re.fullmatch(r"https://[\w.-]+/\S*", source) for source in found["sources"])
    assert isinstance(found["updated"], datetime.date) and found["updated"] >= datetime.date(2026, 1, 1)
    # The day begins earlier elsewhere.
    assert found["updated"] <= datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=1)


@pytest.mark.parametrize("path", [*ENTRIES, *STEPS, *PROSE], ids=lambda path: path.stem)
def test_blocks_are_whole_and_compile(path: Path) -> None:
    text = body(path)
    tokens = MarkdownIt().parse(text)
    fences = [token for token in tokens if token.type == "fence"]
    lines = [line for line in text.splitlines() if re.match(r"\s*(```|~~~)", line)]
    assert len(lines) == 2 * len(fences), "a fence is not closed, or stands within another"
    before = ""
    for fence in fences:
        kind, *words = fence.info.split() or [""]
        assert set(words) <= {"exercise", "solution", "check"} or all(
            re.fullmatch(r"(raises|needs)=[\w-]+", word) for word in words
        ), fence.info
        if kind == "python":
            ast.parse(fence.content)
        if kind in {"output", "error"}:
            assert before.startswith("python"), "output of no block"
            assert (kind == "error") <= ("raises=" in before), "an error that the block before does not raise"
            assert fence.content.strip()
        before = fence.info


@pytest.mark.parametrize("path", ENTRIES, ids=lambda path: path.stem)
def test_answer_is_neither_scrap_nor_book(path: Path) -> None:
    text = body(path)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    assert 45 <= len(prose.split()) <= 340
    # The answer comes first: text before the first block.
    assert text.lstrip()[:3] != "```"
    assert re.search(r"^\*\*What goes wrong most often:\*\* \S", text, re.MULTILINE)
    assert not re.search(r"\b(simply|just|obviously)\b", prose), "the style page asks to leave these out"


@pytest.mark.parametrize("path", [*ENTRIES, *EXAMPLES, *STEPS], ids=lambda path: path.stem)
def test_symbols_are_public_names_of_today(path: Path, symbols: SymbolTable) -> None:
    if path.suffix == ".py":
        note = re.search(r"^# symbols: *(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert note, "a program names what it explains: # symbols: …"
        named = re.findall(r"[\w.]+", note[1])
    else:
        named = front(path)["symbols"]
    assert len(named) <= 3 and len(set(named)) == len(named)
    # An entry on backends, data or installation may explain no symbol; nearly all explain one.
    for name in named:
        assert name in symbols.symbols or symbols.find(name) is not None, f"{name} is not public"
        assert ".src." not in name and name.split(".")[0] in {"keras", "keras_hub", "keras_tuner"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_says_what_it_shows_and_proves_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    title, _, rest = (ast.get_docstring(tree) or "").partition("\n\n")
    assert 10 <= len(" ".join(title.split())) <= 120 and len(rest.split()) >= 10
    assert len(text.splitlines()) <= 80
    assert any(isinstance(node, ast.Assert) for node in ast.walk(tree)), "nothing would be missed if it did not learn"
    named = re.search(r"^# backends: *(.+)$", text, re.MULTILINE)
    assert named is None or set(re.findall(r"\w+", named[1])) <= set(BACKENDS)


@pytest.mark.parametrize("path", STEPS, ids=lambda path: path.stem)
def test_step_has_titles_and_whole_exercises(path: Path) -> None:
    found = front(path)
    assert path.stem.startswith(f"{found['step']:02}-")
    for field in ("titles", "summaries"):
        assert set(found[field]) == set(LANGUAGES) and all(found[field].values())
    assert all(language(found["summaries"][code]) == code for code in LANGUAGES)
    assert 0 < found["minutes"] <= 120
    text = body(path)
    exercises = re.split(r"^## Exercise \d+: .+$", text, flags=re.MULTILINE)[1:]
    assert 2 <= len(exercises) <= 3
    for exercise in exercises:
        kinds = re.findall(r"^```python (exercise|solution|check)$", exercise, re.MULTILINE)
        assert kinds == ["exercise", "solution", "check"]


@pytest.mark.parametrize("path", STEPS, ids=lambda path: path.stem)
def test_exercises_stand_alone(path: Path) -> None:
    """An answer is checked by itself, on its own page: nothing of the step runs before it."""
    for block in re.findall(r"^```python (?:exercise|solution|check)\n(.*?)^```", body(path), re.MULTILINE | re.DOTALL):
        tree = ast.walk(ast.parse(block))
        names = [node for node in tree if isinstance(node, ast.Name)]
        known = {node.id for node in names if not isinstance(node.ctx, ast.Load)} | set(dir(builtins))
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                known.add(node.name)
            elif isinstance(node, ast.arg):
                known.add(node.arg)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                known |= {(one.asname or one.name).split(".")[0] for one in node.names}
            elif isinstance(node, ast.ExceptHandler) and node.name:
                known.add(node.name)
        assert {node.id for node in names} <= known


def test_steps_are_seven_and_in_order() -> None:
    assert [front(path)["step"] for path in STEPS] == list(range(1, 8))


def test_names_are_used_once() -> None:
    ids = [front(path)["id"] for path in [*ENTRIES, *STEPS]]
    assert [name for name, count in Counter(ids).items() if count > 1] == []


def test_tags_are_each_in_use() -> None:
    used = Counter(tag for path in ENTRIES for tag in front(path)["tags"])
    assert set(used) == allowed_tags()


# From the data: today's nearest pair of titles that ask different things reaches 0.83 (the same task on two
# backends), of English questions 0.94; pairs that were merged stood at 0.95 to 1. Other languages are beyond the
# model, which knows English: there only the same wording counts.
NEAREST_TITLES = 0.88
NEAREST_QUESTIONS = 0.945


def test_no_two_entries_answer_the_same_question() -> None:
    found = [(path.stem, text, place == 0) for path in ENTRIES for place, text in enumerate(_asked(path))]
    owners, texts, is_title = (np.array(column) for column in zip(*found, strict=True))
    english = np.array([text.isascii() and language(text) == "en" for text in texts]) | is_title
    vectors = SentenceTransformerEmbedder().embed_batch([str(text) for text in texts[english]])
    owners, said, is_title = owners[english], texts[english], is_title[english]
    likeness = np.triu(vectors @ vectors.T, 1)
    both_titles = is_title[:, None] & is_title[None, :]
    too_near = (likeness > NEAREST_QUESTIONS) | (both_titles & (likeness > NEAREST_TITLES))
    too_near &= owners[:, None] != owners[None, :]
    pairs = [
        f"{likeness[a, b]:.3f} {owners[a]}: {said[a]!r} and {owners[b]}: {said[b]!r}" for a, b in np.argwhere(too_near)
    ]
    assert not pairs, "\n".join(sorted(pairs, reverse=True))


def test_no_wording_stands_in_two_entries() -> None:
    said = [(" ".join(text.casefold().split()), path.stem) for path in ENTRIES for text in _asked(path)]
    said.sort()
    twice = [(a, b) for a, b in itertools.pairwise(said) if a[0] == b[0] and a[1] != b[1]]
    assert not twice


def _asked(path: Path) -> list[str]:
    found = front(path)
    return [found["title"], *found["questions"]]


def test_glossary_terms_are_complete(symbols: SymbolTable) -> None:
    terms = yaml.safe_load((DATA / "glossary.yaml").read_text(encoding="utf-8"))
    assert len(terms) >= 150
    names = [term["term"] for term in terms]
    assert names == sorted(names, key=str.casefold) and len(set(names)) == len(names)
    for term in terms:
        assert term["definition"] and all(term.get(code) for code in LANGUAGES), term["term"]
        for name in term.get("symbols") or ():
            assert symbols.find(name) is not None, f"{term['term']}: {name}"


def test_there_is_as_much_as_promised() -> None:
    assert len(ENTRIES) >= 250 and len(EXAMPLES) >= 40
    assert len([path for path in ENTRIES if path.stem.startswith("error-")]) >= 60
    assert len(list(read_documents(DATA))) == len([*ENTRIES, *EXAMPLES, *STEPS]) + len(
        [path for path in PROSE if "```python" in path.read_text(encoding="utf-8")]
    )


def _runs_of_words(text: str, length: int = 8) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}


def test_no_two_entries_say_the_same_under_two_titles() -> None:
    """Of eight words in a row, two entries share few; what is copied and given a new title shares nearly all."""
    said = {path.stem: _runs_of_words(body(path)) for path in ENTRIES}
    where: dict[tuple[str, ...], list[str]] = {}
    for name, runs in said.items():
        for run in runs:
            where.setdefault(run, []).append(name)
    shared = Counter(pair for names in where.values() for pair in itertools.combinations(sorted(set(names)), 2))
    for (one, other), count in shared.most_common(20):
        assert count < 0.4 * min(len(said[one]), len(said[other])), f"{one} and {other} share {count} runs of words"
