"""How things look in a terminal. Plain text through a pipe, highlighted on a terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from bot import wording
from bot.verify import Verdict
from kb.added import Change
from kb.pages import Answer
from kb.state import Status
from runner.compare import Row
from runner.datasets import Dataset
from runner.job import Result, RunError
from runner.upgrade.repair import Proof
from runner.upgrade.values import Upgrade

# Stands where the runner left out the middle of a long output.
_CUT = re.compile(r"\n\[… [\d,]+ bytes left out …\]\n")

STATUS_STYLE = {"ok": "green", "cancelled": "yellow", "rejected": "yellow"}


def _console() -> Console:
    # Made anew each time: tests and pipes change where standard output leads.
    return Console(highlight=False, emoji=False, markup=False, soft_wrap=not sys.stdout.isatty())


def complain(what: str, remedy: str) -> None:
    """Say on stderr what is wrong, in one line, and what to do, in another."""
    print(f"lobby: {_one_line(what)}", file=sys.stderr)
    if remedy:
        print(f"       {_one_line(remedy)}", file=sys.stderr)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def show_answer(answer: Answer, site: str) -> None:
    """Print an answer, its code and its sources; `site` is the address of our own pages."""
    console = _console()
    # Our own pages are named without a host, which nothing can follow outside a browser.
    text = answer.text.replace("](/", f"]({site.rstrip('/')}/")
    if console.is_terminal:
        console.print(Markdown(text))
    else:
        console.print(text)
    if answer.code:
        console.print()
        _show_code(console, answer.code)
    if answer.sources:
        console.print()
        heading = wording.SOURCES if answer.answered else wording.CLOSEST_PAGES
        if answer.answered:
            heading += f" ({wording.confidence_words(answer.confidence)})"
        console.print(Text(heading, style="bold"))
        _show_sources(console, [source.to_dict() for source in answer.sources], site)


def show_output(stream: str, text: str) -> None:
    """Print what a snippet wrote, as it comes."""
    target = sys.stderr if stream == "stderr" else sys.stdout
    target.write(text)
    target.flush()


def show_rest(result: Result, shown: Mapping[str, str]) -> None:
    """Print what of a run's output did not appear while it ran: all of it, or the tail of what was cut."""
    for stream, text in (("stdout", result.stdout), ("stderr", result.stderr)):
        seen = shown.get(stream, "")
        if not seen:
            rest = text
        else:
            cut = _CUT.search(text)
            rest = f"\n{text[cut.start() :].lstrip()}" if cut else ""
        last = (rest or seen)[-1:]
        show_output(stream, rest + ("" if last in ("", "\n") else "\n"))


def show_ending(result: Result, site: str) -> None:
    """Print how a run ended, after its output: its error with what explains it, what it left, and the run's card."""
    console = _console()
    if result.error is not None and (result.status == "error" or result.error.line is not None):
        _show_error(console, result.error)
    for fit in result.fits:
        figures = ", ".join(
            f"{name} {values[-1]:.4g}" for name, values in fit.history.items() if values and values[-1] is not None
        )
        console.print(Text(f"fit: {fit.epochs} epochs{', ' + figures if figures else ''}", style="dim"))
    for artifact in result.artifacts:
        console.print(Text(f"file: {artifact.path} ({artifact.size:,} bytes)", style="dim"))
    for left in result.left_out:
        size = f" ({left.size:,} bytes)" if left.size else ""
        console.print(Text(f"not kept: {left.name}{size}: {left.why}", style="yellow"))
    if result.truncated:
        console.print(Text("The output was cut.", style="yellow"))
    status = Text(f"{result.status}: ", style=f"bold {STATUS_STYLE.get(result.status, 'red')}")
    console.print(status + Text(wording.run_sentence(result), style="default"))
    console.print(Text(wording.run_card(result), style="dim"))
    if result.suggestions:
        console.print()
        console.print(Text(f"{wording.LOOKS_LIKE}:", style="bold"))
        _show_sources(console, result.suggestions, site)


def show_comparison(rows: Sequence[Row], site: str) -> None:
    """Print the same snippet's runs on several backends: each in full, then a table."""
    console = _console()
    table = Table("backend", "status", "seconds", "last loss", "largest difference")
    for row in rows:
        console.rule(row.backend)
        show_output("stdout", row.result.stdout)
        show_output("stderr", row.result.stderr)
        show_ending(row.result, site)
        table.add_row(row.backend, row.status, f"{row.seconds:.2f}", _figure(row.last_loss), _figure(row.difference))
    console.print(table)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


def show_knowledge_status(status: Status) -> None:
    """Print what the knowledge base holds."""
    console = _console()
    for name, value in status.to_dict().items():
        if name == "added":
            value = [f"{one['name']} ({one['kind']}, {one['pages']} pages, read {one['read_at']})" for one in value]
        if isinstance(value, Mapping):
            value = ", ".join(f"{key} {item}" for key, item in value.items())
        elif isinstance(value, list | tuple):
            value = ", ".join(map(str, value))
        if value not in (None, ""):
            console.print(f"{name.replace('_', ' '):>14}  {value}")


def show_source_change(change: Change) -> None:
    """Print what adding or removing a source changed, and what of it could not be read."""
    console = _console()
    counts = (
        f"{change.added} added",
        f"{change.changed} changed",
        f"{change.removed} removed",
        f"{change.unchanged} unchanged",
    )
    console.print(f"{change.source} ({change.kind}): {', '.join(counts)}.", markup=False, highlight=False)
    if change.kept:
        console.print(f"{change.kept} pages stay as they were: their documents may be among those not read.")
    for problem in change.problems:
        console.print(f"not read: {problem}", style="yellow", markup=False, highlight=False)
    if change.problem_count > len(change.problems):
        console.print(f"and {change.problem_count - len(change.problems):,} more")


def show_checks(checks: Iterable[Mapping[str, Any]], settings: Iterable[Mapping[str, str]]) -> None:
    """Print what the doctor found and the effective settings."""
    console = _console()
    signs = {"ok": ("ok", "green"), "warning": ("!!", "yellow"), "failed": ("no", "red")}
    for check in checks:
        sign, style = signs[check["state"]]
        console.print(
            Text(f" {sign} ", style=f"bold {style}") + Text(f"{check['name']}: {check['what']}", style="default")
        )
        if check["remedy"]:
            console.print(f"      {check['remedy']}")
    console.print()
    table = Table("setting", "value", "from", box=None, pad_edge=False)
    for row in settings:
        table.add_row(row["name"], row["value"], row["origin"])
    console.print(table)


def _show_error(console: Console, error: RunError) -> None:
    if error.traceback:
        frames, _, last = error.traceback.rstrip().rpartition("\n")
        console.print(Text(frames, style="dim"))
        console.print(Text(last, style="bold red"))
        return
    if error.line is not None:
        console.print(f"line {error.line}: {error.source_line or ''}")
    headline = Text(error.type, style="bold red")
    console.print(headline + Text(f": {error.message}" if error.message else "", style="default"))


def _show_code(console: Console, code: str) -> None:
    if console.is_terminal:
        console.print(Syntax(code, "python", background_color="default", padding=(0, 2)))
    else:
        console.print("\n".join(f"    {line}" if line else "" for line in code.splitlines()))


def _show_sources(console: Console, sources: Iterable[Mapping[str, Any]], site: str) -> None:
    for number, source in enumerate(sources, start=1):
        section = f" — {source['section']}" if source.get("section") else ""
        console.print(Text(f"{number:>2}. {source['title']}{section}", style="default"))
        if source.get("symbols"):
            console.print(Text(f"    {', '.join(source['symbols'])}", style="default"))
        url = source["url"]
        console.print(Text(f"    {site + url if url.startswith('/') else url}", style="dim"))


def show_evaluation(figures: Mapping[str, Any]) -> None:
    """Print how well a file of questions was answered."""
    console = _console()
    table = Table("questions", "", "hit@1", "hit@3", "hit@5", "hit@10", "MRR")
    groups = {"all": figures["all"], "English": figures["english"], "other languages": figures["other languages"]}
    for name, row in (groups | dict(figures["by kind"])).items():
        shares = (f"{row[key]:.2f}" for key in ("hit@1", "hit@3", "hit@5", "hit@10", "mrr"))
        table.add_row(name, str(row["questions"]), *shares)
    console.print(table)
    for name in ("off-topic answered", "answerable refused", "wrong at confidence 0.8"):
        console.print(f"{name}: {figures[name]:.1%}")
    console.print(f"time of an answer: p50 {figures['ms']['p50']} ms, p99 {figures['ms']['p99']} ms")
    table = Table("confidence", "questions", "said", "right")
    for row in figures["calibration"]:
        table.add_row(f"from {row['from']:.1f}", str(row["questions"]), f"{row['mean']:.2f}", f"{row['right']:.2f}")
    console.print(table)
    if comparison := figures.get("comparison"):
        table = Table(f"since {comparison['since']}", "before", "now", "chance", "")
        for row in comparison["figures"]:
            if row["before"] != row["now"]:
                before, now, chance = (f"{row[name]:.3f}" for name in ("before", "now", "interval"))
                table.add_row(row["name"], before, now, f"± {chance}", "worse" if row["worse"] else "")
        console.print(table if table.rows else f"No figure changed since {comparison['since']}.")
    for miss in figures.get("misses", ()):
        console.print(
            f"{miss['id']}: {_one_line(miss['question'])[:100]}\n    wanted {miss['gold']}, first {miss['first']}"
        )


def show_datasets(found: Sequence[Dataset]) -> None:
    """Print the data sets that snippets find."""
    console = _console()
    if not found:
        console.print("There are no data sets; add one with `lobby datasets add NAME PATH`.")
        return
    table = Table("name", "size", "found by", box=None, pad_edge=False)
    for one in found:
        table.add_row(one.name, f"{one.bytes:,} bytes", one.serves or "keras.utils.get_file")
    console.print(table)


def show_verdicts(verdicts: Sequence[Verdict], counts: Mapping[str, int]) -> None:
    """Print a table of how the code of each kind of document fared on each backend."""
    console = _console()
    table = Table("what", "backend", "passed", "failed", "seconds")
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault((verdict.document.parent.name, verdict.backend), []).append(verdict)
    for (what, backend), members in sorted(groups.items()):
        passed = sum(member.outcome == "passed" for member in members)
        seconds = sum(member.seconds for member in members)
        failed = sum(member.outcome == "failed" for member in members)  # what needs a GPU is neither
        table.add_row(what, backend, str(passed), str(failed), f"{seconds:.1f}")
    console.print(table)
    console.print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['not run']} blocks not run here")


def show_upgrade(result: Upgrade, proof: Proof | None) -> None:
    """Print an upgrade as a diff, with the reason of each change, what needs a person, and how it ran."""
    console = _console()
    if not result.changed:
        console.print("Nothing to change: this runs on Keras 3 as it is, as far as the rules can tell.")
    elif console.is_terminal:
        console.print(Syntax(result.diff, "diff", background_color="default"))
    else:
        console.print(result.diff, end="")
    if result.changes:
        console.print()
        # The same reason is said once, with every line that it is for.
        reasons: dict[tuple[str, str], list[int]] = {}
        for change in result.changes:
            reasons.setdefault((change.reason, change.link), []).append(change.line)
        for (reason, link), lines in reasons.items():
            where = ", ".join(str(line) for line in dict.fromkeys(lines))
            console.print(
                Text(f"line {where}: ", style="bold") + Text(f"{reason} ", style="default") + Text(link, "dim")
            )
    for finding in result.findings:
        console.print(Text(f"line {finding.line}: ", style="bold yellow") + Text(finding.message, style="yellow"))
    if proof is not None:
        console.print()
        for when, run in (("before", proof.before), ("after", proof.after)):
            style = f"bold {STATUS_STYLE.get(run.status, 'red')}"
            console.print(
                Text(f"{when}: {run.status}: ", style=style) + Text(wording.run_sentence(run), style="default")
            )
            if run.error is not None and run.status == "error":
                _show_error(console, run.error)
            for model in run.models if when == "after" else ():
                parameters = "unknown" if model.parameters is None else f"{model.parameters:,}"
                console.print(Text(f"       model {model.name}: {parameters} parameters", style="dim"))
            for fit in run.fits if when == "after" else ():
                losses = fit.history.get("loss") or [None]
                console.print(Text(f"       fit: {fit.epochs} epochs, loss {losses[-1]}", style="dim"))
