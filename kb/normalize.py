"""Text as people paste it → text that can be compared: questions, error messages, words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import pycld2

from kb.errors import BadQuestion

LONGEST_QUESTION_BYTES = 64 * 1024
# Shorter prose than this tells a detector too little.
SHORTEST_DETECTABLE = 10
# So many characters tell the language of any text; leaving out the names in one word of 60,000 takes over a minute.
TELLS_LANGUAGE = 2_000
# A corpus repeats its words: each is taken apart once. Some 10 MB.
WORDS_REMEMBERED = 50_000

_ANSI = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_TORCH_SIZE = re.compile(r"torch\.Size\(\[([\d, ]*)\]\)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ufffe\uffff]")
_ARGUMENTS_RECEIVED = re.compile(r"(?<!\s)\s*Arguments received by .*", re.DOTALL)
_TRACEBACK_FRAME = re.compile(r'^[^\S\n]*File "[^"]*", line \d+.*(?:\n(?!\s*File ).*)?$', re.MULTILINE)
# What TensorFlow puts around an operator's message; the operator's name stays, which tells the layer.
_NODE = re.compile(
    r"Graph execution error:\s*|Detected at node (?=\S{1,500} defined at)|defined at \(most recent call last\):"
    r"|\[?\[?\{\{(?:function_)?node [^}\n]{1,500}\}\}(?:\]\])?|\[Op:\w+\]"
)
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{4,}\b")
_PATH = re.compile(r"(?:(?<=\s)|(?<=[\"'(=])|^)(?:[A-Za-z]:\\|~?/)[\w.\\/+-]+")
_SHAPE = re.compile(r"[(\[]\s*(?:None|\d+L?|\?)(?:\s*,\s*(?:None|\d+L?|\?))*\s*,?\s*[)\]]")
_FENCED = re.compile(r"```[\w+-]*\n?(.*?)(?:```|\Z)", re.DOTALL)
_CODE_LINE = re.compile(
    r"^\s*(?:>>>|\.\.\. |from [\w.]+ import |import [\w.]+|@\w|def \w+\(|class \w+.*:\s*$|return\b|"
    r"[\w.\[\], \t]++[+*/-]?=\s*\S|[\w.]+\(.*\)\s*$|for .+ in .+:\s*$|with .+:\s*$|if .+:\s*$|#)"
)
_EXCEPTION = re.compile(r"\b([A-Z]\w*(?:Error|Exception|Warning))\b")

# Camel case, letters next to digits kept: `BatchNormalization`, `Conv2D`, `LSTMCell`, `ReduceLROnPlateau`.
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+(?:['’][a-z]{1,2}\b)?", re.UNICODE)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")

STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "and",
        "or",
        "but",
        "if",
        "then",
        "of",
        "in",
        "on",
        "at",
        "by",
        "for",
        "to",
        "from",
        "with",
        "without",
        "as",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "am",
        "do",
        "does",
        "did",
        "doing",
        "have",
        "has",
        "had",
        "having",
        "i",
        "me",
        "my",
        "we",
        "our",
        "you",
        "your",
        "he",
        "she",
        "it",
        "its",
        "they",
        "them",
        "their",
        "this",
        "that",
        "these",
        "those",
        "there",
        "here",
        "what",
        "which",
        "who",
        "whom",
        "how",
        "why",
        "when",
        "where",
        "can",
        "could",
        "should",
        "would",
        "will",
        "shall",
        "may",
        "might",
        "must",
        "not",
        "no",
        "nor",
        "so",
        "than",
        "too",
        "very",
        "just",
        "about",
        "into",
        "over",
        "under",
        "again",
        "further",
        "once",
        "all",
        "any",
        "both",
        "each",
        "few",
        "more",
        "most",
        "other",
        "some",
        "such",
        "only",
        "own",
        "same",
        "s",
        "t",
        "don",
        "now",
        "also",
        "get",
        "got",
        "use",
        "using",
        "used",
        "want",
        "need",
        "like",
        "way",
        "make",
        "one",
        "please",
        "help",
        "hi",
        "hello",
        "thanks",
        "im",
        "ive",
        "keras",
        "tf",
        "tensorflow",
        "python",
        "s'",
        "id",
        "cannot",
        "dont",
        "doesnt",
        "isnt",
    ]
)


def clean_question(text: str) -> str:
    """Return `text` without terminal codes and control characters.

    Raises:
        BadQuestion: it is empty, longer than 64 KiB, or not text.
    """
    remedy = "Ask in words, for example: how do I save a model with a custom layer?"
    if not text or not text.strip():
        raise BadQuestion("The question is empty.", remedy)
    # A letter that was lost on the way (U+FFFD, half a surrogate pair) is nothing; a NUL is in no text at all.
    lost = text.count("\ufffd") + sum("\ud800" <= sign <= "\udfff" for sign in text)
    binary = text.count("\x00") > len(text) * 0.01 or lost > max(2, len(text) * 0.05)
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > LONGEST_QUESTION_BYTES and not binary:
        raise BadQuestion(
            f"The question is too long: {size:,} bytes, at most {LONGEST_QUESTION_BYTES:,} are read.",
            "Ask in a few sentences and paste only the last lines of an error.",
        )
    # PyTorch shows a shape as what it is; everybody else, and what is written here, as a tuple.
    text = _TORCH_SIZE.sub(r"(\1)", text)
    bare = "" if binary else _CONTROL.sub("", _ANSI.sub("", text))
    bare = "".join(" " if sign == "\ufffd" or "\ud800" <= sign <= "\udfff" else sign for sign in bare)
    if not any(sign.isalnum() for sign in bare):
        raise BadQuestion("The question is not text.", remedy)
    return unicodedata.normalize("NFC", bare.replace("\r\n", "\n").replace("\r", "\n")).strip()


def split_code(text: str) -> tuple[str, str]:
    """Return the prose and the code of a question: fenced blocks, and runs of lines that read like Python."""
    code = [match.group(1) for match in _FENCED.finditer(text)]
    rest = _FENCED.sub("\n", text)
    prose: list[str] = []
    lines = rest.splitlines()
    if len(lines) < 3:
        return rest.strip(), "\n".join(code).strip()
    for line in lines:
        if _CODE_LINE.match(line) and not _EXCEPTION.search(line) and not line.rstrip().endswith("?"):
            code.append(line)
        else:
            prose.append(line)
    return "\n".join(prose).strip(), "\n".join(code).strip()


def detect_language(prose: str) -> str:
    """Return the language of `prose` as a two-letter code; "en" when unsure."""
    text = re.sub(r"`[^`]*`|[\w.]*[._(]\w[\w.()=]*|https?://\S+", " ", prose[:TELLS_LANGUAGE])
    text = re.sub(r"\b\w*[a-z][A-Z]\w*\b|\b[A-Z]{2,}\w*\b", " ", text)
    if len(text.strip()) < SHORTEST_DETECTABLE and not _CJK.search(text):
        return "en"
    if re.search(r"[\u3040-\u30ff]", text):
        return "ja"
    if re.search(r"[\uac00-\ud7af]", text):
        return "ko"
    if _CJK.search(text):
        return "zh"
    try:
        reliable, _, found = pycld2.detect(text.encode("utf-8", "ignore"), bestEffort=True)
    except pycld2.error:
        return "en"
    code = str(found[0][1]).split("-")[0]
    # Jargon makes English look like anything; a language has to be sure, or to bring signs English has not.
    sure = reliable and (found[0][2] >= 60 or not text.isascii())
    return code if sure and re.fullmatch(r"[a-z]{2,3}", code) and code != "un" else "en"


def looks_like_error(text: str) -> bool:
    """Tell whether `text` holds an error message or a traceback."""
    return bool(_EXCEPTION.search(text) or "Traceback (most recent call last)" in text)


def normalize_error(text: str) -> str:
    """Return an error message without what differs between runs: frames, arguments, addresses, paths, shapes."""
    text = _ANSI.sub("", text)
    text = _ARGUMENTS_RECEIVED.sub("", text)
    text = text.replace("Traceback (most recent call last):", "")
    text = _TRACEBACK_FRAME.sub("", text)
    text = _NODE.sub("", text)
    text = _ADDRESS.sub("", text)
    text = _PATH.sub("", text)
    text = _SHAPE.sub("(shape)", text)
    return re.sub(r"[ \t]{2,}", " ", re.sub(r"\n\s*\n+", "\n", text)).strip()


def words(text: str) -> list[str]:
    """Return the comparable words of `text`: lower case, names split and kept whole, plurals cut, no stop words."""
    found: list[str] = []
    for match in _WORD.finditer(text):
        found.extend(_of_word(match.group()))
    return found


@lru_cache(maxsize=WORDS_REMEMBERED)
def _of_word(word: str) -> tuple[str, ...]:
    if _CJK.search(word):
        return tuple(_pairs(word))
    parts = _CAMEL.split(word)
    lowered = word.lower().replace("’", "'").removesuffix("'s")
    if len(parts) > 1:
        return (lowered, *(stem(part.lower()) for part in parts if part.lower() not in STOP_WORDS))
    return () if lowered in STOP_WORDS else (stem(lowered),)


def joined_names(text: str) -> list[str]:
    """Return snake-case names of `text` whole, which `words` only gives in parts: `return_sequences`."""
    return [match.group().lower() for match in re.finditer(r"\b[a-zA-Z]\w*_\w+\b", text)]


def _pairs(text: str) -> Iterable[str]:
    """Cut text without spaces into overlapping pairs, the usual stand-in for its words."""
    return [text[i : i + 2] for i in range(len(text) - 1)] or [text]


def stem(word: str) -> str:
    """Cut the commonest English endings, so that `stops`, `stopped` and `stopping` meet."""
    if len(word) <= 3 or not word.isascii() or any(sign.isdigit() for sign in word):
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) + len(instead) >= 3:
            root = word[: len(word) - len(ending)] + instead
            if ending in {"ing", "ed"} and len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz":
                root = root[:-1]
            return root.removesuffix("e") if len(root) > 4 else root
    return word.removesuffix("e") if len(word) > 4 else word


_ENDINGS = (
    ("ization", "iz"),
    ("isation", "iz"),
    ("izing", "iz"),
    ("ising", "is"),
    ("ized", "iz"),
    ("izer", "iz"),
    ("ations", "at"),
    ("ation", "at"),
    ("ating", "at"),
    ("ated", "at"),
    ("ies", "y"),
    ("ied", "y"),
    ("sses", "ss"),
    ("ing", ""),
    ("ed", ""),
    ("ss", "ss"),
    ("us", "us"),
    ("is", "is"),
    ("s", ""),
)
