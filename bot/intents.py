"""What a message wants, found in what was typed: the intent, the code, its backend and its input.

Plain functions on text; no channel, no database. A command or a button names its intent, free text is read.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.messages import Intent
from bot.redaction import without_removed
from runner.inputs import BadInput, read_source
from runner.job import Backend, Device

# Names by which people call an intent, after "!", "/" or ":"; the first is the one we print.
COMMANDS: Mapping[Intent, tuple[str, ...]] = {
    Intent.ASK: ("ask", "question", "pregunta", "demander", "问", "提问"),
    Intent.RUN: ("run", "eval", "e", "exec", "ejecutar", "executer", "exécuter", "运行"),
    Intent.UPGRADE: ("upgrade", "migrate", "actualizar", "migrer", "升级"),
    Intent.DOCS: ("docs", "doc", "d", "文档"),
    Intent.SOURCES: ("sources", "source", "fuentes", "来源"),
    Intent.EXPLAIN: ("explain", "explicar", "expliquer", "解释"),
    Intent.FEEDBACK: ("feedback", "vote"),
    Intent.SOLVED: ("solved", "solve", "resuelto", "résolu", "resolu", "已解决"),
    Intent.HUMAN: ("human", "helper", "humano", "humain", "人工"),
    Intent.HELP: ("help", "h", "ayuda", "aide", "帮助"),
    Intent.PRIVACY: ("privacy", "privacidad", "confidentialité", "隐私"),
    Intent.FORGET: ("forget-me", "forget_me", "forgetme", "olvidame", "olvídame", "oubliez-moi", "忘记我"),
    Intent.CANCEL: ("cancel", "stop", "cancelar", "annuler", "取消"),
    Intent.DELETE: ("delete", "borrar", "supprimer", "删除"),
    Intent.STATUS: ("status",),
    Intent.PAUSE: ("pause",),
    Intent.MODE: ("mode",),
    Intent.LEARN: ("learn",),
    Intent.BLOCK: ("block",),
    Intent.PARDON: ("pardon", "unblock"),
}
# Of these the name alone, said to us, is enough: "run" under a result, "sources".
_SAID_ALONE = frozenset(
    {Intent.RUN, Intent.UPGRADE, Intent.SOURCES, Intent.HUMAN, Intent.HELP, Intent.PRIVACY, Intent.CANCEL}
)
_BY_NAME = {name: intent for intent, names in COMMANDS.items() for name in names}

_COMMAND = re.compile(r"^\s*[!/:](?P<name>[\w-]+)(?=\s|$)[ \t]*(?P<rest>.*)\Z", re.DOTALL)
_FENCE = re.compile(
    r"(?:^(?P<lead>[^\S\n]{0,3}(?:>[^\S\n]?)?)|(?<=[^\S\n]))(?P<fence>`{3,}|~{3,})[^\S\n]*(?P<info>[^\n`]*)\n(?P<body>.*?)"
    r"(?:^[^\S\n]{0,3}(?:>[^\S\n]?)?(?P=fence)[`~]*[^\S\n]*$|(?<=[^\n])(?P=fence)[`~]*(?=\s|$)|\Z)",
    re.MULTILINE | re.DOTALL,
)
# ```print(1)``` on one line, as people type it in chats.
_ONE_LINE_FENCE = re.compile(r"```(?P<body>[^`\n]+)```")
_PYTHON = frozenset({"python", "py", "python3", "py3", "ipython", "ipython3", "pycon", "keras"})
_STDIN = frozenset({"stdin", "input"})
_NOT_CODE = frozenset({"text", "txt", "output", "log", "console", "plain", "error", "traceback", "pytb", "none"})
_STDIN_LINE = re.compile(r"^[^\S\n]*stdin:[ \t]*(?P<rest>.*)\Z", re.IGNORECASE | re.MULTILINE | re.DOTALL)

_BACKEND_WORDS: Mapping[str, Backend] = {
    "jax": "jax",
    "torch": "torch",
    "pytorch": "torch",
    "tensorflow": "tensorflow",
    "tf": "tensorflow",
}
_BACKEND = re.compile(
    r"(?:\b(?:on|with|using|under|in|backend|sur|avec|sous|en|con|sobre)[ =:]+|--backend[ =]|在\s*|用\s*|使用\s*)"
    r"(?:the\s+|el\s+|le\s+)?(?P<name>jax|pytorch|torch|tensorflow|tf)\b",
    re.IGNORECASE,
)
_GPU = re.compile(
    r"(?:\b(?:on|with|using|sur|en|con)\s+(?:a\s+|the\s+|un\s+|une\s+|la\s+)?gpu\b|--gpu\b|在\s*gpu)", re.IGNORECASE
)

_RUN_WORDS = re.compile(
    r"\b(?:run|execute|eval(?:uate)?|try (?:this|it|that|out)|rerun|lance[rz]?|ex[ée]cute[rz]?|ejecuta[r]?|corre[r]?|"
    r"prueba)\b|运行|执行|跑一下",
    re.IGNORECASE,
)
_UPGRADE_WORDS = re.compile(
    r"\b(?:upgrade|migrate|convert|port|modernize|rewrite|translate|migrer|convertir|actualiza\w*|migra\w*)\b.*\bkeras\b|"
    r"升级到?\s*keras|迁移",
    re.IGNORECASE | re.DOTALL,
)
_QUESTION_WORDS = re.compile(
    r"[?？¿]|\b(?:why|how|what|when|which|where|who|can (?:i|you|we)|could|should|does|doesn'?t|isn'?t|is there|error|"
    r"wrong|fails?|failing|explain|help|problem|issue|pourquoi|comment|quel\w*|erreur|c[oó]mo|por qu[eé]|qu[eé]|"
    r"cu[aá]l|ayuda|fallo)\b|为什么|怎么|如何|什么|报错|错误|请问|吗",
    re.IGNORECASE,
)
_TRACEBACK = re.compile(r"^Traceback \(most recent call last\):", re.MULTILINE)
_ERROR_LINE = re.compile(r"^(?:[\w.]+\.)?(?P<type>[A-Z]\w*(?:Error|Exception|Warning|Interrupt))\b:?", re.MULTILINE)
_SYMBOL = re.compile(r"`?(?P<symbol>(?:keras|keras_hub|keras_tuner|tf\.keras)(?:\.[A-Za-z_]\w*)+)(?:\(\))?`?")
_SMALL_TALK = re.compile(
    r"^\W*(?:hi|hello|hey|thanks?(?: you| a lot| so much)?|thx|ty|cheers|ok(?:ay)?|great|cool|nice|"
    r"good (?:bot|job)|bonjour|salut|merci(?: beaucoup)?|hola|(?:muchas )?gracias|你好|谢谢|多谢)\W*(?:lobby)?\W*$",
    re.IGNORECASE,
)
_THANKS = re.compile(r"\b(?:thanks?|thx|ty|cheers|great|cool|nice|good|merci|gracias)\b|谢谢|多谢", re.IGNORECASE)
_SOLVED_TALK = re.compile(
    r"^\W*(?:(?:this|it|that)(?: is|'s)? )?(?:solved|resolved|résolu|resuelto|已解决)\W*$", re.IGNORECASE
)

WORDS_BETWEEN_BLOCKS = 3
FEW_WORDS = 7
CODE_SUFFIXES = (".py", ".ipynb")
TEXT_SUFFIXES = (".txt", ".log", ".md")


@dataclass(frozen=True, slots=True)
class Request:
    """A message understood. `text` is the prose (or the symbol, for docs); `error` a pasted traceback."""

    intent: Intent
    text: str = ""
    code: str = ""
    error: str = ""
    backend: Backend | None = None
    device: Device = "auto"
    stdin: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    small_talk: bool = False
    thanks: bool = False  # small talk that wants no offer of help

    @property
    def question(self) -> str:
        """What to ask the knowledge base: the prose, then what the error says, then the code."""
        parts = [self.text, essence(self.error), f"```python\n{self.code}\n```" if self.code else ""]
        return without_removed("\n\n".join(part for part in parts if part.strip()))

    @property
    def is_question(self) -> bool:
        """True for what reads like a question or a problem; the rest of a room's talk is none of ours."""
        return bool(self.error or _QUESTION_WORDS.search(self.text))


@dataclass(slots=True)
class _Parts:
    prose: str
    code: list[str]
    errors: list[str]
    stdin: str = ""
    backend: Backend | None = None


def understand(
    text: str,
    *,
    intent: Intent | None = None,
    arguments: Mapping[str, str] | None = None,
    contents: Sequence[tuple[str, bytes]] = (),
) -> Request:
    """Find out what a message wants.

    Args:
        text: what was typed, without the mention of us; of any length, and anything.
        intent: what a command, button or menu entry named, if one did.
        arguments: what came with it (`backend`, `device`, `stdin`, `symbol`, …).
        contents: name and content of the attached files.

    Raises:
        BadInput: an attached notebook cannot be read.
    """
    named = dict(arguments or {})
    if intent is None and (command := named_in(text)) is not None:
        intent, text = command
    parts = _take_apart(text)
    files = _add_attachments(parts, contents)
    prose = parts.prose
    request = Request(
        Intent.ASK,
        text=prose,
        code="\n\n".join(block.strip("\n") for block in parts.code if block.strip()),
        error="\n\n".join(parts.errors),
        backend=_named_backend(named) or parts.backend or _backend_in(prose),
        device="gpu" if named.get("device") == "gpu" or _GPU.search(prose) else "auto",
        stdin=named.get("stdin") or parts.stdin,
        files=files,
        arguments=named,
    )
    if intent is not None:
        return _as_named(replace(request, intent=intent), text)
    return _as_meant(request)


def last_error(pasted: str) -> tuple[str, str] | None:
    """Return type and message of the last error in a pasted text; None when it holds none."""
    matches = list(_ERROR_LINE.finditer(pasted))
    if not matches:
        return None
    last = matches[-1]
    return last["type"], pasted[last.end() :].lstrip(": ").strip()


def essence(pasted: str) -> str:
    """Return what an error says, without the way it took through the files."""
    found = last_error(pasted)
    return f"{found[0]}: {found[1]}" if found else pasted


def named_in(text: str) -> tuple[Intent, str] | None:
    """Return the intent that a text names as a command (`!run …`), and the rest; None for free text."""
    command = _COMMAND.match(text)
    known = _BY_NAME.get(command["name"].lower()) if command else None
    return (known, command["rest"]) if command and known else None


def asks_to_run_again(request: Request) -> bool:
    """True for "and on torch?" and "run it again": a few words that say nothing but to run."""
    return len(request.text.split()) <= FEW_WORDS and (request.backend is not None or _wants_run(request.text))


def _as_named(request: Request, text: str) -> Request:
    """Complete a request whose intent was named: `!run print(1)` needs no fence."""
    if request.intent in {Intent.RUN, Intent.UPGRADE} and not request.code and request.text.strip():
        bare, backend = _leading_backend(request.text)
        if not request.error or _parses(bare):
            return replace(request, code=bare.strip("\n"), text="", error="", backend=request.backend or backend)
    if request.intent == Intent.DOCS:
        return replace(request, text=request.arguments.get("symbol") or text.strip().strip("`"))
    if request.intent == Intent.ASK and not request.text:
        return replace(request, text=request.arguments.get("question", ""))
    return request


def _as_meant(request: Request) -> Request:
    """Find the intent of free text."""
    prose = request.text.strip()
    if request.code and _UPGRADE_WORDS.search(prose):
        return replace(request, intent=Intent.UPGRADE)
    if request.code and not request.error and (_is_joint(prose) or _wants_run(prose)):
        return replace(request, intent=Intent.RUN)
    if request.code or request.error:
        return request
    alone = _BY_NAME.get(prose.lower().strip("!?. "))
    if alone in _SAID_ALONE and len(prose) > 1:
        return replace(request, intent=alone)
    if _SOLVED_TALK.match(prose):
        return replace(request, intent=Intent.SOLVED)
    if _SMALL_TALK.match(prose) or not prose:
        thanks = bool(_THANKS.search(prose))
        return replace(request, intent=Intent.HELP, small_talk=True, thanks=thanks)
    if match := _SYMBOL.fullmatch(prose.rstrip("?!. ")):
        return replace(request, intent=Intent.DOCS, text=match["symbol"])
    return request


def _is_joint(prose: str) -> bool:
    """True for "and", "then this", "on jax:", which only stand between blocks or before one."""
    return len(prose.split()) <= WORDS_BETWEEN_BLOCKS and not _QUESTION_WORDS.search(prose)


def _wants_run(prose: str) -> bool:
    """True for "run this", "on jax", "please execute:"; not for "why does this not run?"."""
    if _QUESTION_WORDS.search(re.sub(r"\b(?:can|could|would|will) you\b", "", prose)) and not re.match(
        r"^\W*(?:please |pls |can you |could you |would you )*(?:run|execute|eval|try)\b", prose, re.IGNORECASE
    ):
        return False
    return bool(_RUN_WORDS.search(prose))


def _take_apart(text: str) -> _Parts:
    text = text.replace("\r\n", "\n")
    parts = _Parts("", [], [])
    unmarked: list[str] = []

    def take(match: re.Match[str]) -> str:
        info = match.groupdict().get("info", "").strip().lower().split()
        body = _unquoted(match)
        words = [word for item in info for word in re.split(r"[\s:{},.=]+", item) if word]
        language = words[0] if words else ""
        parts.backend = parts.backend or next((_BACKEND_WORDS[w] for w in words if w in _BACKEND_WORDS), None)
        if language in _STDIN:
            parts.stdin += body
        elif _is_error(body):
            parts.errors.append(body.strip("\n"))
        elif language in _PYTHON or language in _BACKEND_WORDS:
            parts.code.append(body)
        elif language in _NOT_CODE:
            parts.errors.append(body.strip("\n"))
        else:
            # ```x = 1 … on the fence's own line: no language, the first line of the code.
            first = match.groupdict().get("info", "")
            unmarked.append(body if not language or re.fullmatch(r"[\w+#-]+", first.strip()) else f"{first}\n{body}")
        return "\n"

    rest = _ONE_LINE_FENCE.sub(take, _FENCE.sub(take, text))
    parts.code += [] if parts.code else unmarked
    if match := _STDIN_LINE.search(rest):
        parts.stdin = parts.stdin or match["rest"].strip("\n") + "\n"
        rest = rest[: match.start()]
    if not parts.code and not parts.errors:
        rest = _bare(rest, parts)
    elif match := _TRACEBACK.search(rest):
        parts.errors.append(rest[match.start() :].strip())
        rest = rest[: match.start()]
    parts.prose = re.sub(r"\n{3,}", "\n\n", rest).strip()
    return parts


def _bare(rest: str, parts: _Parts) -> str:
    """Take code or a traceback out of a text without a fence, and return what is left."""
    if match := _TRACEBACK.search(rest):
        before, pasted = rest[: match.start()], rest[match.start() :]
        # A person's own words after the error's last line are theirs.
        if last := list(_ERROR_LINE.finditer(pasted)):
            end = pasted.find("\n\n", last[-1].start())
            if end != -1:
                before, pasted = before + pasted[end:], pasted[:end]
        parts.errors.append(pasted.strip())
        return before
    if (first := _ERROR_LINE.search(rest)) and first.start() == len(rest) - len(rest.lstrip()):
        parts.errors.append(rest.strip())
        return ""
    single = re.fullmatch(r"\s*`([^`\n]+)`\s*", rest)
    candidate = single[1] if single else rest
    if _looks_like_code(candidate):
        parts.code.append(candidate)
        return ""
    # "Run this:" and then code, without a fence.
    head, _, tail = rest.lstrip().partition("\n")
    if tail and _wants_run(head) and _looks_like_code(tail):
        parts.code.append(tail)
        return head
    return rest


def _looks_like_code(text: str) -> bool:
    """True for a program; a word or a sentence that happens to parse is none."""
    tree = _parses(text)
    if tree is None:
        return False
    telling = (
        ast.Import,
        ast.ImportFrom,
        ast.Call,
        ast.Assign,
        ast.FunctionDef,
        ast.For,
        ast.While,
        ast.With,
        ast.BinOp,
    )
    return any(isinstance(node, telling) for node in ast.walk(tree))


def _parses(text: str) -> ast.Module | None:
    if len(text) > 64 * 1024:
        return None
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _unquoted(match: re.Match[str]) -> str:
    """Return a block's body; one that stands in a quotation without its marks."""
    body = match["body"]
    lead = match.groupdict().get("lead") or ""
    if ">" in lead:
        return "\n".join(re.sub(r"^\s{0,3}>\s?", "", line) for line in body.splitlines()) + "\n"
    return body.replace(f"\n{lead}", "\n").removeprefix(lead) if lead else body


def _is_error(body: str) -> bool:
    return bool(_TRACEBACK.search(body)) or bool((m := _ERROR_LINE.search(body)) and _parses(body) is None and m)


def _add_attachments(parts: _Parts, contents: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
    """Join attached programs to the code, take attached texts as errors, and return the rest as files for the run."""
    files: dict[str, bytes] = {}
    for name, content in contents:
        suffix = name[name.rfind(".") :].lower() if "." in name else ""
        if suffix in CODE_SUFFIXES:
            parts.code.append(read_source(content, name))
        elif suffix in TEXT_SUFFIXES:
            text = content.decode("utf-8", "replace")
            if _is_error(text):
                parts.errors.append(text.strip())
            elif suffix == ".txt" and "stdin" in name.lower():
                parts.stdin = parts.stdin or text
            else:
                # Discord turns a long message into an attached message.txt.
                inside = _take_apart(text) if suffix != ".log" else _Parts(text, [], [])
                parts.code += inside.code
                parts.errors += inside.errors
                parts.prose = f"{parts.prose}\n\n{inside.prose}".strip()
        else:
            files[name] = content
    return files


def _named_backend(arguments: Mapping[str, str]) -> Backend | None:
    return _BACKEND_WORDS.get(arguments.get("backend", "").lower())


def _backend_in(prose: str) -> Backend | None:
    match = _BACKEND.search(prose)
    return _BACKEND_WORDS[match["name"].lower()] if match else None


def _leading_backend(text: str) -> tuple[str, Backend | None]:
    """Split `jax print(1)` or `on jax print(1)` into the code and the backend."""
    match = re.match(r"\s*(?:on\s+|--backend[ =])?(jax|pytorch|torch|tensorflow|tf)\b:?\s+(?=\S)", text, re.IGNORECASE)
    if match and _parses(text[match.end() :]) is not None:
        return text[match.end() :], _BACKEND_WORDS[match[1].lower()]
    return text, None


__all__ = ["COMMANDS", "BadInput", "Request", "asks_to_run_again", "last_error", "named_in", "understand"]
