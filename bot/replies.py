"""Answers, pages and results → replies: short enough for a chat, safe to show, in the person's language."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot import wording
from bot.messages import Button, File, Intent, Link, Progress, Reply
from bot.redaction import disarm, inline, redact, shown, without_paths
from bot.wording import say
from kb.answer import SEE_ALSO_TITLE
from kb.pages import Answer, Page, Source
from runner.job import BACKENDS, Artifact, Job, Result

# What a chat shows of an output; the whole is attached or behind the permalink.
OUTPUT_LINES = 10
OUTPUT_CHARACTERS = 1_000
LINKS_SHOWN = 4
PICTURE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
LONGEST_SIGNATURE = 400
LONGEST_LINE = 72  # of code, that Discord shows without cutting it on a desktop
LONGEST_EXPLANATION = 200

_LINK = re.compile(r"\[(?P<title>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<url>/[^)\s]*)\)")


class Composer:
    """Writes replies for one site; `site` is the public address of our pages, or "" when they have none."""

    def __init__(self, site: str) -> None:
        self.site = site.rstrip("/")

    # -- knowledge -------------------------------------------------------------------------------------------

    def answer(self, answer: Answer, locale: str) -> Reply:
        """Show an answer that was found."""
        text = answer.text.partition(f"\n{SEE_ALSO_TITLE}\n")[0].removesuffix(SEE_ALSO_TITLE).strip()
        code = answer.code or ""
        return Reply(
            text=self._linked(text),
            kind="answer",
            code="" if code.strip() in text else code,
            sources=self.links(answer.sources),
            buttons=(*self.votes(locale), self.sources_button(locale)),
            confidence=answer.confidence,
            locale=locale,
            facts={"sources": [source.id for source in answer.sources]},
        )

    def suggestion(self, answer: Answer, locale: str) -> Reply:
        """Show an answer that nobody asked us for: one line and where to read."""
        first = answer.sources[0]
        return Reply(
            text=f"{say('answer.maybe', locale)} {disarm(first.excerpt)}",
            kind="suggestion",
            sources=self.links(answer.sources[:2]),
            buttons=self.votes(locale),
            confidence=answer.confidence,
            quiet=True,
            locale=locale,
            facts={"sources": [source.id for source in answer.sources]},
        )

    def unsure(self, sources: Sequence[Source], confidence: float, locale: str) -> Reply:
        """Say that no answer was found, what came closest, and offer a human."""
        human = Button(say("button.human", locale), Intent.HUMAN, style="main", emoji="🙋")
        return Reply(
            text=say("answer.unsure" if sources else "answer.nothing", locale),
            kind="unsure",
            sources=self.links(sources[:3]),
            buttons=(human,),
            confidence=confidence,
            locale=locale,
            facts={"sources": [source.id for source in sources]},
        )

    def explained(self, headline: str, sources: Sequence[Source], answer: Answer | None, locale: str) -> Reply:
        """Explain an error: by an answer where there is a sure one, else by the pages about it."""
        if answer is not None:
            reply = self.answer(answer, locale)
            return reply.with_text(f"{headline}\n\n{reply.text}")
        if not sources:
            return self.unsure((), 0.0, locale).with_text(f"{headline}\n\n{say('answer.unexplained', locale)}".strip())
        first = sources[0]
        text = (
            f"{headline}\n\n{say('run.looks_like', locale)} {self._named(first)}: {disarm(_beginning(first.excerpt))}"
        )
        return Reply(
            text=text.strip(),
            kind="answer",
            sources=self.links(sources),
            buttons=self.votes(locale),
            locale=locale,
            facts={"sources": [source.id for source in sources]},
        )

    def page(self, page: Page, locale: str) -> Reply:
        """Show a symbol's page: its signature and first paragraph."""
        signature = (page.signature or "").strip()
        if len(signature) > LONGEST_SIGNATURE:
            signature = signature[: LONGEST_SIGNATURE - 1].rsplit(",", 1)[0] + ", …)"
        first = page.sections[0].text.split("\n\n")[0] if page.sections else page.title
        body = re.sub(r"\s*\n\s*", " ", re.sub(r"```.*", "", first, flags=re.DOTALL)).strip()
        return Reply(
            text=f"**`{page.symbol or page.title}`**\n\n{self._linked(body)}".strip(),
            kind="docs",
            code=_in_lines(signature),
            sources=(self._link(page.symbol or page.title, page.url, page.symbol or "", page.kind, page.meta),),
            locale=locale,
            facts={"symbol": page.symbol, "sources": [page.id]},
        )

    def misspelt(self, wanted: str, nearest: Sequence[str], locale: str) -> Reply:
        """Say that there is no such symbol, with the nearest ones to press."""
        name = disarm(" ".join(redact(wanted).replace("`", "").split()))[:100]
        sentence = say("docs.unknown" if nearest else "docs.nothing", locale, symbol=name)
        listed = "\n".join(f"- `{symbol}`" for symbol in nearest)
        return Reply(
            text=f"{sentence}\n\n{listed}".strip(),
            kind="docs",
            buttons=tuple(Button(symbol, Intent.DOCS, {"symbol": symbol}) for symbol in nearest),
            locale=locale,
            facts={"nearest": list(nearest)},
        )

    # -- runs ------------------------------------------------------------------------------------------------

    def progress(self, progress: Progress, backend: str, locale: str) -> Reply:
        """Show how far a run is."""
        name = wording.BACKEND_NAMES[next(known for known in BACKENDS if known == backend)]
        parts = [say(f"run.{progress.state}", locale, backend=name)]
        if progress.epoch is not None:
            parts.append(say("run.epoch", locale, epoch=progress.epoch, epochs=progress.epochs or "?"))
        parts += [f"{disarm(metric)} {value:.4g}" for metric, value in list(progress.metrics.items())[:4]]
        if progress.seconds_left is not None:
            parts.append(say("run.left", locale, seconds=max(1, round(progress.seconds_left))))
        return Reply(
            text=" · ".join(parts),
            state="progress",
            kind="run",
            output=readable(progress.output, last=True)[0],
            buttons=(Button(say("button.cancel", locale), Intent.CANCEL, {"run": progress.run_id}, "danger", "✖️"),),
            progress=progress,
            run_id=progress.run_id,
            locale=locale,
        )

    def result(self, result: Result, job: Job, locale: str, *, upgradable: bool = False) -> Reply:
        """Show how a run ended, with what explains its error and what to do next."""
        output, cut = readable(_output_of(result))
        lines = [f"**{_plain(wording.run_sentence(result, locale))}** · {wording.run_card(result)}"]
        lines += self._error_lines(result, locale)
        if not output and result.status == "ok" and not result.artifacts:
            lines.append(say("run.no_output", locale))
        pictures = tuple(_file(item) for item in result.artifacts if item.media_type in PICTURE_TYPES)
        files = tuple(_file(item) for item in result.artifacts if item.media_type not in PICTURE_TYPES)
        return Reply(
            text="\n".join(lines),
            kind="run",
            output=output,
            sources=self._suggested(result.suggestions),
            pictures=pictures,
            files=files,
            buttons=self._run_buttons(result, job, locale, upgradable=upgradable),
            run_id=result.id,
            permalink=f"{self.site}/r/{result.id}" if self.site else "",
            locale=locale,
            facts={
                "status": result.status,
                "backend": result.backend,
                "stdout": result.stdout,
                "error": result.error.type if result.error else None,
                "cut": cut or result.truncated,
                "sources": [item.get("id") for item in result.suggestions],
            },
        )

    def _run_buttons(self, result: Result, job: Job, locale: str, *, upgradable: bool) -> tuple[Button, ...]:
        same = {"run": result.id}
        buttons = [Button(say("button.again", locale), Intent.RUN, same, emoji="🔁")]
        buttons += [
            Button(
                say("button.on", locale, backend=wording.BACKEND_NAMES[backend]),
                Intent.RUN,
                {**same, "backend": backend},
            )
            for backend in BACKENDS
            if backend != result.backend
        ]
        if upgradable:
            buttons.append(Button(say("button.upgrade", locale), Intent.UPGRADE, same, emoji="⬆️"))
        if result.error is not None and result.status == "error":
            buttons.append(Button(say("button.explain", locale), Intent.EXPLAIN, same, "main", "💡"))
        buttons.append(Button(say("button.delete", locale), Intent.DELETE, style="danger", emoji="🗑️"))
        return tuple(buttons)

    def _error_lines(self, result: Result, locale: str) -> list[str]:
        error = result.error
        if error is None or (result.status != "error" and error.line is None):
            return []
        where = f" ({say('run.line', locale, line=error.line)})" if error.line is not None else ""
        lines = [f"{inline(f'{error.type}: {error.message}', 300)}{where}"]
        if error.source_line:
            lines.append(inline(error.source_line.strip()))
        if result.suggestions:
            first = result.suggestions[0]
            said = disarm(_beginning(str(first.get("excerpt", ""))))
            title = self._titled(str(first.get("title", "")), str(first.get("url", "")))
            lines.append(f"💡 {say('run.looks_like', locale)} {title}: {said}")
        return lines

    # -- parts -----------------------------------------------------------------------------------------------

    def votes(self, locale: str) -> tuple[Button, ...]:
        """Return the two buttons under an answer."""
        return (
            Button(say("button.up", locale), Intent.FEEDBACK, {"vote": "up"}, emoji="👍"),
            Button(say("button.down", locale), Intent.FEEDBACK, {"vote": "down"}, emoji="👎"),
        )

    def sources_button(self, locale: str) -> Button:
        """Return the button that shows all sources."""
        return Button(say("button.sources", locale), Intent.SOURCES, emoji="📚")

    def links(self, sources: Iterable[Source], limit: int = LINKS_SHOWN) -> tuple[Link, ...]:
        """Return sources as links."""
        return tuple(self._link(s.title, s.url, s.symbol or "", s.kind, {}) for s in list(sources)[:limit])

    def _suggested(self, suggestions: Iterable[Mapping[str, Any]]) -> tuple[Link, ...]:
        return tuple(
            self._link(
                str(s.get("title", "")), str(s.get("url", "")), str(s.get("symbol") or ""), str(s.get("kind")), {}
            )
            for s in suggestions
        )[:LINKS_SHOWN]

    def _link(self, title: str, url: str, symbol: str, kind: str, meta: Mapping[str, Any]) -> Link:
        return Link(disarm(title), self.absolute(str(meta.get("lobby_url") or url) if self.site else url), symbol, kind)

    def absolute(self, url: str) -> str:
        """Return an address that can be followed from a chat, "" when there is none."""
        if not url.startswith("/"):
            return url
        return f"{self.site}{url}" if self.site else ""

    def _named(self, source: Source) -> str:
        return self._titled(source.title, source.url)

    def _titled(self, title: str, url: str) -> str:
        address, said = self.absolute(url), disarm(title).replace("[", "(").replace("]", ")")
        return f"[{said}]({address})" if address else f"**{said}**"

    def _linked(self, text: str) -> str:
        """Make links to our own pages ones that can be followed, or plain words."""

        def mend(match: re.Match[str]) -> str:
            return f"[{match['title']}]({self.site}{match['url']})" if self.site else match["title"]

        return disarm(without_paths(_LINK.sub(mend, text)))


def _in_lines(signature: str) -> str:
    """Return a signature in lines that a chat shows whole, as far as it has commas to break at."""
    if len(signature) <= LONGEST_LINE or "(" not in signature:
        return signature
    name, _, arguments = signature.partition("(")
    inside, bracket, after = arguments.rpartition(")")
    # Of a tuple as a default only the end is no place to break, and there it does no harm.
    filled = textwrap.wrap(inside, LONGEST_LINE - 4, break_long_words=False, break_on_hyphens=False)
    return "\n".join([f"{name}(", *(f"    {line}" for line in filled), f"{bracket}{after}"])


def readable(text: str, *, last: bool = False) -> tuple[str, bool]:
    """Cut an output to what a chat shows, safe to show in a fence; also say whether something was cut.

    Args:
        text: the output.
        last: keep its end instead of its beginning.
    """
    text = text.rstrip("\n")
    lines = text.split("\n")
    cut = len(lines) > OUTPUT_LINES
    kept = "\n".join(lines[-OUTPUT_LINES:] if last else lines[:OUTPUT_LINES])
    if len(kept) > OUTPUT_CHARACTERS:
        kept, cut = (kept[-OUTPUT_CHARACTERS:] if last else kept[:OUTPUT_CHARACTERS]), True
    return shown(kept), cut


def _output_of(result: Result) -> str:
    """Return what a snippet printed; of its errors only what is not told already."""
    if result.status == "error" and result.error is not None:
        return result.stdout
    return result.stdout + result.stderr if result.status != "ok" or not result.stdout.strip() else result.stdout


def whole_output(result: Result) -> str:
    """Return all that a snippet printed, as a file to attach."""
    both = result.stdout + (f"\n--- stderr ---\n{result.stderr}" if result.stderr.strip() else "")
    return without_paths(both)


def _file(artifact: Artifact) -> File:
    return File(artifact.name, artifact.media_type, artifact.size, Path(artifact.path))


def _plain(text: str) -> str:
    """Return a sentence that may quote a snippet, with nothing of Markdown in it."""
    return re.sub(r"([*_`~|<>\[\]])", r"\\\1", disarm(without_paths(" ".join(text.split()))))


def _beginning(text: str) -> str:
    """Return the first sentences of a passage, as far as they are short; code tends to come after them."""
    first, *others = re.split(r"(?<=[.!?])\s+(?=[A-Z\"'`])", text)
    for sentence in others:
        if len(first) + len(sentence) >= LONGEST_EXPLANATION:
            break
        first = f"{first} {sentence}"
    return first if len(first) <= LONGEST_EXPLANATION else first[: LONGEST_EXPLANATION - 1].rsplit(" ", 1)[0] + "…"
