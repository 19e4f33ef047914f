"""JSON and form bodies → questions and jobs. Every refusal names the field, what it got and what is allowed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.requests import Request

from bot.channels.web.problems import Problem, invalid
from bot.memory.asked import VOTES
from runner.job import BACKENDS, DEVICES, Job, Limits

Name = TypeVar("Name", bound=str)

RUN_FIELDS = ("source", "backend", "device", "timeout_s", "seed", "stdin", "files", "graph")
ASK_FIELDS = ("question",)
UPGRADE_FIELDS = ("source",)
FEEDBACK_FIELDS = ("answer", "question", "vote", "reason")
MAX_REASON = 500
# What a run may ask for unless the operator sets another bound: as much as a GPU run gets.
MAX_TIMEOUT_S = 60.0
MAX_SEED = 2**32 - 1
MAX_FILES = 10
MAX_FILE_NAME_BYTES = 255


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody thinks of an answer, named by its id or its question."""

    answer: str
    question: str
    vote: str
    reason: str


async def read_json(request: Request) -> dict[str, Any]:
    """Read a request's JSON object.

    Raises:
        Problem: another media type (415), no JSON, or JSON that is not an object (400).
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise Problem(
            415,
            "unsupported-media-type",
            f"The body's media type is {media_type or 'not given'}.",
            "Send JSON with the header Content-Type: application/json.",
        )
    body = await request.body()
    try:
        data = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Problem(400, "bad-request", "The body is not valid JSON.", "Send one JSON object in UTF-8.") from None
    if not isinstance(data, dict):
        raise Problem(400, "bad-request", "The body is JSON, but not an object.", 'Send an object, {"…": …}.')
    return data


def parse_ask(data: Mapping[str, Any]) -> str:
    """Return the question of `POST /api/ask`.

    Raises:
        Problem: a field is missing, unknown or not allowed (422).
    """
    _refuse_unknown(data, ASK_FIELDS)
    return _text(data, "question", required=True)


def parse_feedback(data: Mapping[str, Any]) -> Feedback:
    """Return the body of `POST /api/feedback`.

    Raises:
        Problem: a field is missing, unknown or not allowed (422).
    """
    _refuse_unknown(data, FEEDBACK_FIELDS)
    vote = _text(data, "vote", required=True)
    if vote not in VOTES:
        raise invalid(f'The field "vote" is {_shown(vote)}, which is not known.', f"Choose one of {', '.join(VOTES)}.")
    reason = _text(data, "reason")
    if len(reason) > MAX_REASON:
        raise invalid(f'The field "reason" is longer than {MAX_REASON} characters.', "Say it in a sentence or two.")
    return Feedback(_text(data, "answer"), _text(data, "question").strip(), vote, reason)


def parse_run(
    data: Mapping[str, Any], *, wall_s: float = Limits().wall_s, longest_wall_s: float = MAX_TIMEOUT_S
) -> Job:
    """Return the job of `POST /api/runs`, which runs `wall_s` seconds at most or as long as it asks for.

    Raises:
        Problem: a field is missing, unknown or not allowed (422).
    """
    _refuse_unknown(data, RUN_FIELDS)
    asked_s = data.get("timeout_s")
    limits = Limits(wall_s=wall_s if asked_s is None else _number(asked_s, "timeout_s", longest_wall_s))
    return Job(
        source=_text(data, "source", required=True),
        backend=_choice(data, "backend", BACKENDS),
        device=_choice(data, "device", DEVICES),
        limits=limits,
        seed=_seed(data.get("seed")),
        stdin=_text(data, "stdin").encode(),
        files=_files(data.get("files")),
        graph=_flag(data.get("graph"), "graph"),
    )


def parse_source(data: Mapping[str, Any]) -> str:
    """Return the program of `POST /api/upgrade`, of at most as many bytes as a run takes.

    Raises:
        Problem: a field is missing, unknown or not allowed (422).
    """
    _refuse_unknown(data, UPGRADE_FIELDS)
    source = _text(data, "source", required=True)
    if len(source.encode()) > Limits().source_bytes:
        raise invalid(
            f'The field "source" is larger than {Limits().source_bytes // 1024} KiB.',
            "Send the part that uses Keras, or use `lobby upgrade FILE`.",
        )
    return source


async def read_form(request: Request) -> dict[str, str]:
    """Read a posted form's text fields, with newlines as Python has them.

    Raises:
        Problem: the form holds a file or cannot be read (400).
    """
    async with request.form(max_files=0, max_fields=20, max_part_size=1024 * 1024) as form:
        fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    # Browsers send a form's newlines as CR LF.
    return {name: value.replace("\r\n", "\n") for name, value in fields.items()}


def parse_run_form(fields: Mapping[str, str], *, wall_s: float = Limits().wall_s) -> Job:
    """Return the job of the snippet form, where an empty field means the default.

    Raises:
        Problem: a field is not allowed (422).
    """
    data: dict[str, Any] = {"source": fields.get("source", "")}
    for name in ("backend", "device", "stdin"):
        if fields.get(name):
            data[name] = fields[name]
    data["graph"] = parse_flag(fields.get("graph"), "graph")
    seed = fields.get("seed", "").strip()
    if seed:
        if not (seed.isascii() and seed.isdecimal() and len(seed) <= 10):
            raise _bad_seed(seed)
        data["seed"] = int(seed)
    return parse_run(data, wall_s=wall_s)


def parse_flag(value: str | None, name: str) -> bool:
    """Return a query flag; absent means no.

    Raises:
        Problem: the value is neither true nor false (422).
    """
    if value is None or value.lower() in {"false", "0"}:
        return False
    if value.lower() in {"true", "1", ""}:
        return True
    raise invalid(f"The query's {name} is {_shown(value)}, which is neither true nor false.", f"Say {name}=true.")


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _refuse_unknown(data: Mapping[str, Any], known: tuple[str, ...]) -> None:
    unknown = sorted(set(data) - set(known))
    if unknown:
        names = ", ".join(_shown(name) for name in unknown[:5])
        plural = "s" if len(unknown) > 1 else ""
        raise invalid(f"Unknown field{plural} {names}.", f"The fields are {', '.join(known)}.")


def _text(data: Mapping[str, Any], name: str, *, required: bool = False) -> str:
    value = data.get(name)
    if value is None:
        if required:
            raise invalid(f'The field "{name}" is missing.', f'Send {{"{name}": "…"}}.')
        return ""
    if not isinstance(value, str):
        raise invalid(f'The field "{name}" must be text; it is {_shown(value)}.', "Put it in quotation marks.")
    return _encodable(value, name)


def _encodable(value: str, name: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise invalid(f'The field "{name}" holds half of a surrogate pair.', "Send valid Unicode text.") from None
    return value


def _choice(data: Mapping[str, Any], name: str, allowed: tuple[Name, ...]) -> Name:
    value = data.get(name)
    if value is None:
        return allowed[0]
    for candidate in allowed:
        if value == candidate:
            return candidate
    raise invalid(f'The field "{name}" is {_shown(value)}, which is not known.', f"Choose one of {', '.join(allowed)}.")


def _number(value: Any, name: str, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        raise invalid(
            f'The field "{name}" is {_shown(value)}; it must be a number above 0 and at most {most:g}.',
            f'Leave "{name}" out for the default.',
        )
    return float(value)


def _flag(value: Any, name: str) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise invalid(f'The field "{name}" is {_shown(value)}; it must be true or false.', f'Leave "{name}" out for false.')


def _seed(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_SEED:
        raise _bad_seed(value)
    return value


def _bad_seed(value: Any) -> Problem:
    return invalid(
        f'The field "seed" is {_shown(value)}; it must be a whole number from 0 to {MAX_SEED}.',
        "Leave it empty for a new draw each time.",
    )


def _files(value: Any) -> dict[str, bytes]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid(f'The field "files" must be an object; it is {_shown(value)}.', 'Send {"data.csv": "a,b\\n1,2"}.')
    if len(value) > MAX_FILES:
        raise invalid(f"There are {len(value)} files; a run takes at most {MAX_FILES}.", "Send fewer files.")
    files = {}
    for name, text in value.items():
        if not _plain_file_name(name):
            raise invalid(f"{_shown(name)} is not a plain file name.", "Use a name such as data.csv, without a folder.")
        if not isinstance(text, str):
            raise invalid(f"The file {_shown(name)} must be text; it is {_shown(text)}.", "Send its content as text.")
        files[name] = _encodable(text, f"files.{name}").encode()
    return files


def _plain_file_name(name: str) -> bool:
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return False
    return 0 < size <= MAX_FILE_NAME_BYTES and name.isprintable() and "/" not in name and name not in {".", ".."}


def _shown(value: Any) -> str:
    """Return a value as a person would quote it, cut to a readable length."""
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:59] + "…"
