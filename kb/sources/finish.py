"""The last step of every loader: clean text, language, era, symbols and hash → a `Page`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pycld2

from kb.pages import Kind, Page, Section
from kb.sources.mentions import MOST_SYMBOLS, explained
from kb.sources.outside import Resolve, Unreadable, one_line
from kb.state import text_hash

# A longer line is data, not text: an image written out, a minified script.
LONGEST_LINE = 5_000
LONGEST_TITLE = 200
# Below this share of its text a detector's first guess is none.
SURE_PERCENT = 50
DETECTED_CHARACTERS = 20_000

_CONTROL = re.compile(r"\x1b\[[0-9;?]{0,20}[ -/]{0,4}[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_RUNS = re.compile(r"([ \t#*_-])\1{200,}")
_CODE = re.compile(r"^(?:```|~~~).*?(?:^(?:```|~~~)|\Z)", re.DOTALL | re.MULTILINE)
_NOT_WORDS = re.compile(r"`[^`\n]{1,500}`|https?://\S+|<[^<>]{0,500}>|\b\w*[._]\w[\w.]*")


def clean(text: str) -> str:
    """Return `text` without control characters, half characters and endless lines."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n"))
    text = _RUNS.sub(lambda match: match.group(1) * 200, text)
    if len(text) > LONGEST_LINE:
        lines = text.split("\n")
        text = "\n".join(line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…" for line in lines)
    return unicodedata.normalize("NFC", text)


def make_page(
    *,
    identity: str,
    kind: Kind,
    title: str,
    url: str,
    sections: Sequence[Section],
    resolve: Resolve,
    language: str | None = None,
    symbols: Sequence[str] = (),
    date: str = "",
    era: int | None = None,
    questions: Sequence[str] = (),
    meta: Mapping[str, Any] | None = None,
) -> Page:
    """Return a finished page.

    Args:
        identity: the page's id.
        kind: of the page.
        title: as the document has it.
        url: public, or a path that starts with a slash.
        sections: as the document has them; they are cleaned here, and empty ones left out.
        resolve: a name → its canonical symbol, or None.
        language: two letters, when known; else it is detected.
        symbols: what the document itself says it explains; else they are counted.
        date: when it was written (ISO 8601), when known; it helps to tell of which Keras it speaks.
        era: of which Keras it speaks, 1, 2 or 3, when its site says so; else it is spotted.
        questions: other ways to ask for it.
        meta: what else is known; None values are left out.

    Raises:
        Unreadable: there is no text in it.
    """
    parts = tuple(
        Section(one_line(clean(part.title)), text)
        for part in sections
        if (text := clean(part.text).strip("\n").strip())
    )
    title = one_line(clean(title), LONGEST_TITLE)
    if not parts or not any(sign.isalnum() for part in parts for sign in part.text[:2000]):
        raise Unreadable("there is no text in it")
    told = tuple(dict.fromkeys(found for name in symbols if (found := resolve(name))))[:MOST_SYMBOLS]
    whole = "\n".join(part.text for part in parts)
    era = era or keras_era(whole, date)
    page = Page(
        id=clean(identity),
        kind=kind,
        title=title or one_line(whole, 80),
        url=clean(url) if re.match(r"https?://|/", url) else f"/sources/{clean(url)}",
        sections=parts,
        symbols=told or explained(title, parts, resolve),
        version=f"keras {era}" if era else None,
        language=language or detect(f"{title}\n{whole}"),
        questions=tuple(text for question in questions if (text := one_line(clean(question)))),
        meta={
            name: value
            for name, value in {**(meta or {}), "era": era, "date": date[:10] or None}.items()
            if value is not None and value != ()
        },
    )
    return replace(page, meta={**page.meta, "hash": page_hash(page)})


def page_hash(page: Page) -> str:
    """Return a hash of all that a reader or the search sees of a page: unchanged hash, nothing to do."""
    parts = (f"{part.title}\n{part.text}" for part in page.sections)
    return text_hash(
        page.title, page.url, page.language, page.version or "", " ".join(page.symbols), *page.questions, "\n", *parts
    )


# Folders and endings by which translated documentation tells its language: zh-cn/, es-419/, docs-zh/, index.ja.md.
LANGUAGES = frozenset(
    [
        "en",
        "zh",
        "ja",
        "ko",
        "es",
        "pt",
        "fr",
        "de",
        "it",
        "ru",
        "tr",
        "uk",
        "pl",
        "nl",
        "ar",
        "fa",
        "hi",
        "vi",
        "th",
        "he",
        "cs",
        "sv",
        "fi",
        "da",
        "hu",
        "ro",
        "el",
        "bn",
        "ta",
        "ca",
        "bg",
        "sr",
        "sk",
        "hr",
    ]
)
_LANGUAGE_NAME = re.compile(r"([a-z]{2})(?:[-_](?:[a-z]{2}|[a-z]{4}|\d{3}))?", re.IGNORECASE)


def folder_language(name: str) -> str | None:
    """Return the language that a folder is named after (`zh-cn` → `zh`), or None."""
    match = _LANGUAGE_NAME.fullmatch(name)
    code = match.group(1).lower() if match else ""
    return code if code in LANGUAGES else None


def detect(text: str) -> str:
    """Return the language of a document as a two-letter code, "en" when unsure; its code is left aside."""
    prose = _NOT_WORDS.sub(" ", _CODE.sub("\n", text[: 4 * DETECTED_CHARACTERS]))[:DETECTED_CHARACTERS]
    try:
        _, _, found = pycld2.detect(prose.encode("utf-8", "ignore"), bestEffort=True)
    except pycld2.error:
        return "en"
    code, percent = str(found[0][1]).split("-")[0], int(found[0][2])
    # Code is full of English words: another language shows even where it holds less than half of the text.
    other = next((str(f[1]).split("-")[0] for f in found[1:] if str(f[1]) != "un" and int(f[2]) >= 25), None)
    if code == "en" and other and percent < 70:
        return other
    return code if percent >= SURE_PERCENT and re.fullmatch(r"[a-z]{2,3}", code) and code != "un" else "en"


_ERAS = {
    3: re.compile(
        r"Keras[ -]?3\b|keras>=3|\bkeras\.ops\b|\bkeras_hub\b|KERAS_BACKEND|\bkeras\.(?:saving|distribution|random)\.|"
        r"\bops\.(?:convert_to_tensor|matmul|reshape|expand_dims)\(|import keras_core|\.weights\.h5\b"
    ),
    2: re.compile(
        r"\bKeras[ -]?2\b|\b(?:tf|tensorflow)(?:\.python)?\.keras\b|keras\.backend\b|\bK\.\w+\(|\bfit_generator\(|"
        r"\bkeras\.layers\.experimental\b|keras\.wrappers\b|multi_gpu_model|np_utils|\bkeras\.engine\b|\bCuDNN(?:LSTM|GRU)\b|"
        r"\bModel\(inputs=|model_from_json|keras_contrib|keras\.layers\.(?:core|recurrent|convolutional|merge)\b"
    ),
    1: re.compile(
        r"\bKeras[ -]?1\b|\bnb_epochs?\b|\bnb_filters?\s?=|\bborder_mode\b|\bsamples_per_epoch\b|\bConvolution[123]D\b|"
        r"\bdim_ordering\b|\bW_regularizer\b|\bTimeDistributedDense\b|\bMerge\(|\bsubsample=|\bnb_val_samples\b"
    ),
}
# What only one era has is told by a single place; what outlived its era needs more of them.
_ERA_WEIGHT = {3: 2, 2: 1, 1: 3}


def keras_era(text: str, date: str = "") -> int | None:
    """Return of which Keras a text speaks, 1, 2 or 3, or None when it does not show.

    Args:
        text: with its code.
        date: when it was written (ISO 8601): nothing older than a version can speak of it.
    """
    if not re.search(r"keras", text, re.IGNORECASE):
        return None
    points = {era: _ERA_WEIGHT[era] * sum(1 for _ in pattern.finditer(text)) for era, pattern in _ERAS.items()}
    newest = 3
    if re.match(r"\d{4}-\d\d", date):
        newest = 1 if date < "2017-03" else 2 if date < "2023-07" else 3
        points = {era: count for era, count in points.items() if era <= newest}
    best = max(points, key=lambda era: (points[era], era))
    if points[best]:
        return best
    return newest if newest < 3 else None
