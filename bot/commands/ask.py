"""`lobby ask`: one answer with its sources, or one a line for a file of questions."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from bot import printing
from bot.assistant import open_knowledge
from bot.commands.common import common_options, load_settings, print_json
from bot.errors import DONE, FAILED, BadCall
from kb.errors import BadQuestion
from kb.knowledge import KnowledgeBase
from kb.pages import Answer

STDIN = "-"
# More than any question may have, so that the knowledge base itself says what is too long.
MAX_QUESTION_BYTES = 2**20


@click.command()
@click.argument("question", required=False)
@click.option(
    "--batch",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A JSON Lines file of objects with `id` and `question`; prints one answer a line, in order.",
)
@common_options
def ask(question: str | None, batch: Path | None, as_json: bool, data_dir: Path | None) -> int:
    """Answer QUESTION (- reads it from standard input) with its sources."""
    if (question is None) == (batch is None):
        raise BadCall("Ask one question, or name a file of questions.", 'For example: lobby ask "what is masking?"')
    if question == STDIN:
        question = sys.stdin.buffer.read(MAX_QUESTION_BYTES + 1).decode("utf-8", "replace")
    questions = list(_read_batch(batch)) if batch else []
    settings = load_settings(data_dir).settings
    knowledge = open_knowledge(settings)
    try:
        if question is None:
            for item in questions:
                print_json({"id": item["id"], **_answer_or_say_why(knowledge, item["question"]).to_dict()})
            return DONE
        answer = knowledge.ask(question)
    finally:
        knowledge.close()
    if as_json:
        print_json(answer.to_dict())
    else:
        printing.show_answer(answer, settings.address)
    return DONE if answer.answered else FAILED


def _answer_or_say_why(knowledge: KnowledgeBase, question: str) -> Answer:
    """Answer one question of many: an unusable one gets a line that says so, and the rest go on."""
    started = time.perf_counter()
    try:
        return knowledge.ask(question)
    except BadQuestion as error:
        total = (time.perf_counter() - started) * 1000
        return Answer(
            question=question,
            language="en",
            answered=False,
            confidence=0.0,
            text=f"{error.what} {error.remedy}",
            code=None,
            sources=(),
            timings_ms={"embed": 0.0, "search": 0.0, "compose": 0.0, "total": total},
        )


def _read_batch(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the questions of a JSON Lines file.

    Raises:
        BadCall: a line is not an object with `id` and a text `question`.
    """
    remedy = 'Each line must be like {"id": "1", "question": "what is masking?"}.'
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except ValueError:
            raise BadCall(f"Line {number} of {path} is not JSON.", remedy) from None
        if not isinstance(item, dict) or "id" not in item or not isinstance(item.get("question"), str):
            raise BadCall(f"Line {number} of {path} has no `id` or no text `question`.", remedy)
        yield item
